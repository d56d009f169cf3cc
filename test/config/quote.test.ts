import assert from "node:assert/strict";
import { test } from "node:test";
import { quote } from "../../src/config/quote.ts";

test("plain words are shown as they are, everything else on one line and without control characters", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  for (const [given, shown] of [
    ["0", "0"],
    ["", '""'],
    ["two words", '"two words"'],
    ["a\n\x1b[31mb", '"a\\n\\u001b[31mb"'],
    [true, "true"],
    [null, "null"],
    [undefined, "undefined"],
    [{ a: [1] }, '{"a":[1]}'],
    [() => 1, "a function"],
    [1n, "1"],
    [Symbol("x"), "Symbol(x)"],
    [cycle, "an object"],
  ] as const) {
    assert.equal(quote(given), shown);
  }
});

test("more than 60 characters are cut", () => {
  assert.equal(quote("x".repeat(60)), "x".repeat(60));
  assert.equal(quote("x".repeat(61)), `${"x".repeat(60)}...`);
});
