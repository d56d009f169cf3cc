import assert from "node:assert/strict";
import { test } from "node:test";
import { shellWords } from "../../src/config/shell-words.ts";

test("words are cut as a POSIX shell cuts them", () => {
  for (const [line, words] of [
    ["", []],
    [" \t\n ", []],
    ["a b\tc\nd", ["a", "b", "c", "d"]],
    [`--env A="x y" --env 'B=z w'`, ["--env", "A=x y", "--env", "B=z w"]],
    [`a'b'"c"d`, ["abcd"]],
    [`'' ""`, ["", ""]],
    [String.raw`a\ b \' \\`, ["a b", "'", "\\"]],
    [String.raw`'a\b' "a\b" "a\"b" "a\\b" "a\$b" "a\'b"`, ["a\\b", "a\\b", 'a"b', "a\\b", "a$b", "a\\'b"]],
    ['"a\\\nb" c\\\nd', ["ab", "cd"]],
    ['"a\\\\\nb"', ["a\\\nb"]],
    ["$HOME ~ *", ["$HOME", "~", "*"]],
  ] as const) {
    assert.deepEqual(shellWords(line), words, line);
  }
});

test("an open quote or a final backslash is no line", () => {
  for (const line of ["'a", '"a', '"a\\"', "a\\", `a "b' c`]) assert.equal(shellWords(line), undefined, line);
});
