// What a test may ask of a response.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ClientCookie, readSetCookie } from "../../src/application/client-cookies.ts";
import { ClientHeaders, ClientResponse } from "../../src/application/client-response.ts";
import type { HeaderList } from "../../src/gateway/types.ts";

const response = (
  headers: HeaderList,
  cookies: readonly ClientCookie[],
  ...chunks: (string | Uint8Array)[]
): ClientResponse =>
  new ClientResponse({
    result: {
      status: 200,
      reason: "OK",
      headers,
      chunks: chunks.map((chunk) => Buffer.from(chunk as string)),
      earlyHints: [],
      trailers: [],
      left: false,
    },
    method: "GET",
    url: "http://testserver/a/b",
    cookies,
    errors: [],
    exception: undefined,
    history: [],
  });

test("headers are found in any case, several as a list or joined", () => {
  const headers = new ClientHeaders([
    ["Vary", "Cookie"],
    ["vary", "Accept"],
  ]);
  assert.equal(headers.get("VARY"), "Cookie, Accept");
  assert.deepEqual(headers.getAll("Vary"), ["Cookie", "Accept"]);
  assert.equal(headers.get("X"), undefined);
  assert.equal(headers.has("vary"), true);
  assert.equal([...headers].length, 2);
});

test("the body is there as bytes, as text in its charset, and as JSON", () => {
  const latin = response([["Content-Type", "text/plain; charset=iso-8859-1"]], [], Buffer.from("é", "latin1"));
  assert.equal(latin.text(), "é");
  assert.deepEqual([...latin.body], [0xe9]);
  assert.deepEqual(response([], [], '{"a"', ":1}").json(), { a: 1 });
  assert.throws(
    () => response([], [], "<html>").json(),
    /200 response to GET http:\/\/testserver\/a\/b is no JSON: <html>/,
  );
});

test("cookies are there by name, the last of several, and nothing else is", () => {
  const read = (field: string) => readSetCookie(field, "/a/b", 0)!;
  const { cookies, requests } = response([], [read("a=1; Path=/"), read("a=2; HttpOnly")]);
  assert.deepEqual([cookies["a"]?.value, cookies["a"]?.httpOnly, cookies["a"]?.path], ["2", true, "/a"]);
  assert.equal(cookies["toString"], undefined);
  assert.equal(requests, 1);
});
