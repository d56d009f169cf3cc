import assert from "node:assert/strict";
import { test } from "node:test";
import { CUT, isFarewell, RequestError, WAIT } from "../../src/gateway/exchange.ts";

test("a RequestError says what the client did and with which status it is answered", () => {
  const error = new RequestError(413, "too large");
  assert.ok(error instanceof Error);
  assert.deepEqual([error.name, error.status, error.message], ["RequestError", 413, "too large"]);
});

test("the two answers that are no send events cannot be changed or mistaken", () => {
  assert.ok(Object.isFrozen(WAIT) && Object.isFrozen(CUT));
  assert.notEqual(WAIT.type, CUT.type);
});

test("an application that ends with the signal's reason, or what others make of it, ended the usual way", () => {
  const reason = new Error("gone");
  for (const error of [reason, new RequestError(499, "x"), new DOMException("stop", "AbortError")]) {
    assert.equal(isFarewell(error, reason), true);
  }
  assert.equal(isFarewell(new Error("gone"), reason), false);
});
