import assert from "node:assert/strict";
import { test } from "node:test";
import { ContractError } from "../../src/gateway/body.ts";
import { firstOf, hasNoBody, toPiece, unwantedBody, wrongLength } from "../../src/gateway/chunk.ts";

test("ASCII text and bytes are pieces as they are, other text becomes its UTF-8 bytes", () => {
  const bytes = new Uint8Array([0xff]);
  assert.equal(toPiece("plain"), "plain");
  assert.equal(toPiece(bytes), bytes);
  assert.deepEqual(toPiece("\u00e9"), Buffer.from([0xc3, 0xa9]));
  assert.equal(toPiece("\u{1f600}").length, 4);
});

test("the length of a piece is its number of bytes", () => {
  for (const text of ["", "abc", "\u00e9", "\u20ac uro", "\ud800"]) {
    assert.equal(toPiece(text).length, Buffer.byteLength(text));
  }
});

for (const chunk of [undefined, null, 5, {}, [1], new ArrayBuffer(1), Symbol("s")]) {
  test(`${typeof chunk === "object" ? JSON.stringify(chunk) : String(chunk)} is no chunk`, () => {
    assert.throws(() => toPiece(chunk), ContractError);
  });
}

test("firstOf cuts text and bytes alike", () => {
  assert.equal(firstOf("abc", 2), "ab");
  assert.deepEqual(firstOf(Buffer.from("abc"), 2), Buffer.from("ab"));
});

test("204, 205 and 304 have no body, and no other status is like them", () => {
  const without = Array.from({ length: 800 }, (_, i) => i + 200).filter(hasNoBody);
  assert.deepEqual(without, [204, 205, 304]);
  assert.equal(hasNoBody(undefined), false);
  assert.match(unwantedBody(204).message, /status 204, which has none/);
});

test("a wrong length names both numbers", () => {
  assert.match(wrongLength(5, 3).message, /said Content-Length 5 and gave 3 bytes/);
  assert.match(wrongLength(5, 9, "at least ").message, /gave at least 9 bytes/);
});
