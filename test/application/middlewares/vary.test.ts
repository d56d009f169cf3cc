// Vary, said once, whatever was there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { varyOnCookie, varyOnEncoding } from "../../../src/application/middlewares/vary.ts";
import { ResponseHeaders } from "../../../src/application/response-headers.ts";

test("the names are added to what is there, each once", () => {
  const headers = new ResponseHeaders();
  varyOnCookie(headers);
  assert.equal(headers.get("Vary"), "Cookie");
  varyOnCookie(headers);
  varyOnEncoding(headers);
  varyOnEncoding(headers);
  assert.equal(headers.get("Vary"), "Cookie, Accept-Encoding");
  const other = new ResponseHeaders();
  varyOnEncoding(other);
  assert.equal(other.get("Vary"), "Accept-Encoding");
});

test("what varies on everything stays so", () => {
  const headers = new ResponseHeaders().set("Vary", "*");
  varyOnCookie(headers);
  assert.equal(headers.get("Vary"), "*");
});
