import assert from "node:assert/strict";
import { test } from "node:test";
import { findJsonError } from "../../src/config/json.ts";

const GOOD = [
  "{}",
  "[]",
  " \n1",
  "-0.5e+3",
  '"a\\u00e9\\n"',
  "true",
  "null",
  '{"a":[1,{"b":[]}],"c":"d"}',
  "[ ]",
  "{ }",
];

const BAD: readonly (readonly [text: string, line: number, column: number, expected: string])[] = [
  ["", 1, 1, "a value"],
  ["{", 1, 2, "a key in double quotes"],
  ['{\n  "a": 1\n  "b": 2\n}', 3, 3, "a comma or }"],
  ['{"a" 1}', 1, 6, "a colon"],
  ['{"a":}', 1, 6, "a value"],
  ["{a:1}", 1, 2, "a key in double quotes"],
  ["{\"a\":'x'}", 1, 6, "a value (text stands in double quotes)"],
  ["[1,]", 1, 4, "another item (a comma may not stand before the end)"],
  ['{"a":1,\n}', 2, 1, "another item (a comma may not stand before the end)"],
  ["[1 2]", 1, 4, "a comma or ]"],
  ["[1", 1, 3, "a comma or ]"],
  ["{} {}", 1, 4, "the end of the file"],
  ["01", 1, 2, "the end of the file"],
  ["nul", 1, 1, "a value"],
  ["nullx", 1, 1, "a value"],
  ["undefined", 1, 1, "a value"],
  ["// no\n{}", 1, 1, "a value"],
  ['"a', 1, 3, 'the closing "'],
  ['"a\nb"', 1, 3, 'the closing "'],
  ['"\\x"', 1, 2, "a valid escape"],
  ["+1", 1, 1, "a value"],
];

test("what JSON.parse takes has no error", () => {
  for (const text of GOOD) {
    JSON.parse(text);
    assert.equal(findJsonError(text), undefined, text);
  }
});

test("what JSON.parse refuses has a line, a column and what belongs there", () => {
  for (const [text, line, column, expected] of BAD) {
    assert.throws(() => JSON.parse(text), SyntaxError, text);
    assert.deepEqual(findJsonError(text), { line, column, expected }, text);
  }
});

test("for every cut and every changed character of a document, JSON.parse and the scan agree on whether it is JSON", () => {
  const document = '{"a": [1.5e3, -2, true], "b": {"c": "d\\n\\u0041"}, "e": null}';
  const variants = Array.from(document, (_char, i) => [
    document.slice(0, i),
    `${document.slice(0, i)}x${document.slice(i + 1)}`,
    `${document.slice(0, i)},${document.slice(i)}`,
  ]).flat();
  for (const variant of variants) {
    let isJson = true;
    try {
      JSON.parse(variant);
    } catch {
      isJson = false;
    }
    assert.equal(findJsonError(variant) === undefined, isJson, variant);
  }
});
