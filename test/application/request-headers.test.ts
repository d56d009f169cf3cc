import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestHeaders } from "../../src/application/request-headers.ts";
import { environOf } from "../support/application.ts";

const headers = new RequestHeaders(
  environOf({ headers: { "x-one": "1", "content-type": "text/plain", "content-length": "3" } }),
);

test("names are found in any case, and nothing of the server's is a field", () => {
  assert.equal(headers.get("X-One"), "1");
  assert.equal(headers.get("x-ONE"), "1");
  assert.equal(headers.get("Content-Type"), "text/plain");
  assert.equal(headers.get("content-length"), "3");
  assert.equal(headers.has("Host"), true);
  for (const name of ["request-method", "tsgi.input", "toString", "__proto__", "X-Two"]) {
    assert.equal(headers.get(name), undefined, name);
    assert.equal(headers.has(name), false, name);
  }
});

test("iterated, they are pairs with names in lower case", () => {
  assert.deepEqual(Object.fromEntries(headers), {
    host: "example.com",
    "x-one": "1",
    "content-type": "text/plain",
    "content-length": "3",
  });
});
