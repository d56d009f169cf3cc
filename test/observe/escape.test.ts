// What a client chose can neither forge a line nor speak to a terminal.

import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeText, escapeWord, isUnsafe } from "../../src/observe/escape.ts";

test("printable ASCII stays as it is, and everything else is escaped by its bytes", () => {
  for (const [text, escaped] of [
    ["/a b?c=%20~", "/a b?c=%20~"],
    ['"\\', '\\"\\\\'],
    ["\x00\n\x1b[2J\x7f\x9b", "\\x00\\x0a\\x1b[2J\\x7f\\x9b"],
    ["漢", "\\xe6\\xbc\\xa2"],
  ] as const) {
    assert.equal(escapeText(text), escaped);
    assert.equal(isUnsafe(text), text !== escaped);
  }
});

test("a word is one column: nothing is -, and a blank is escaped", () => {
  assert.deepEqual(["", "a", "a b", "\n"].map(escapeWord), ["-", "a", "a\\x20b", "\\x0a"]);
});
