import assert from "node:assert/strict";
import { test } from "node:test";
import { codeFrame } from "../../src/modules/code-frame.ts";

const source = "one\ntwo\nthree\nfour\nfive\nsix\n";

test("the frame has two lines on each side and a caret under the column, which counts from 1", () => {
  assert.equal(
    codeFrame(source, { line: 3, column: 2 }),
    ["  1 | one", "  2 | two", "> 3 | three", "    |  ^", "  4 | four", "  5 | five"].join("\n"),
  );
});

test("the frame stops at the first and the last line of the file", () => {
  assert.equal(
    codeFrame(source, { line: 1, column: 1 }),
    ["> 1 | one", "    | ^", "  2 | two", "  3 | three"].join("\n"),
  );
  assert.equal(
    codeFrame(source, { line: 6, column: 4 }),
    ["  4 | four", "  5 | five", "> 6 | six", "    |    ^"].join("\n"),
  );
});

test("a line that is not there gives no frame, and the end of the text is no line", () => {
  assert.equal(codeFrame(source, { line: 7, column: 1 }), "");
  assert.equal(codeFrame(source, { line: 0, column: 1 }), "");
  assert.equal(codeFrame("", { line: 1, column: 1 }), "");
});

test("a column of 0 marks the line without a caret", () => {
  assert.equal(codeFrame("a\nb", { line: 2, column: 0 }), "  1 | a\n> 2 | b");
});

test("numbers are aligned where they grow a digit", () => {
  const long = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`).join("\n");
  const frame = codeFrame(long, { line: 10, column: 1 }).split("\n");
  assert.deepEqual(frame.slice(1, 5), ["   9 | line 9", "> 10 | line 10", "     | ^", "  11 | line 11"]);
});

test("every kind of line end divides lines, and tabs before the column stay tabs", () => {
  assert.equal(codeFrame("a\r\n\tb\rc", { line: 2, column: 2 }), "  1 | a\n> 2 | \tb\n    | \t^\n  3 | c");
});

test("a very long line is cut to a window that has the column in it", () => {
  const minified = `${"a".repeat(5_000)}X${"b".repeat(5_000)}`;
  const [line = "", caret = ""] = codeFrame(minified, { line: 1, column: 5_001 }).split("\n");
  assert.ok(line.length < 140);
  assert.equal(line[caret.indexOf("^")], "X");
  const [last = "", below = ""] = codeFrame(minified, { line: 1, column: 10_001 }).split("\n");
  assert.equal(below.indexOf("^"), last.length - 1);
});
