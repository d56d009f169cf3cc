import assert from "node:assert/strict";
import { test } from "node:test";
import { cookiesOf } from "../../src/application/request-cookies.ts";

test("cookies by name; broken ones are left out or as they are, and never an error", () => {
  const rows = [
    ["a=1; b=2", { a: "1", b: "2" }],
    ["a=1; a=2", { a: "1" }],
    ['q="x y"', { q: '"x y"' }],
    ["e=%C3%A9", { e: "é" }],
    ["bad=%zz", { bad: "%zz" }],
    ["no value; =x; a=1", { "": "x", a: "1" }],
    ["__proto__=1; toString=2", { ["__proto__"]: "1", toString: "2" }],
    [";;;", {}],
    ["", {}],
    [undefined, {}],
  ] as const;
  for (const [field, expected] of rows) {
    const cookies = cookiesOf(field);
    assert.deepEqual(Object.entries(cookies), Object.entries(expected), String(field));
    assert.equal("hasOwnProperty" in cookies, false);
  }
});

test("a megabyte of semicolons is read in no time", () => {
  const start = process.hrtime.bigint();
  cookiesOf(";".repeat(1_000_000));
  cookiesOf("a=1;".repeat(250_000));
  assert.ok(process.hrtime.bigint() - start < 2_000_000_000n);
});
