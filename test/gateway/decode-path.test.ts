import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePath } from "../../src/gateway/decode-path.ts";

test("a path is decoded once", () => {
  assert.equal(decodePath("/%252F"), "/%2F");
});

test("bytes are UTF-8, escaped or not; what is not UTF-8 becomes U+FFFD, and a broken escape stays", () => {
  assert.equal(decodePath("/%c3%a9\xc3\xa9"), "/éé");
  assert.equal(decodePath("/%ff%zz%4"), "/\ufffd%zz%4");
});
