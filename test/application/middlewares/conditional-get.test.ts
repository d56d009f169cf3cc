// 304 for what the client has already.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ConditionalGetMiddleware } from "../../../src/application/middlewares/conditional-get.ts";
import { Response, StreamingResponse } from "../../../src/application/response.ts";
import type { View } from "../../../src/application/types.ts";
import { site } from "../../support/site.ts";

let closed = 0;
const DATE = "Sun, 06 Nov 1994 08:49:37 GMT";
const views: Readonly<Record<string, View>> = {
  "": () => new Response("page").setCookie("a", "1").closeWith(() => (closed += 1)),
  bytes: () => new Response(Buffer.from("page")),
  own: () => new Response("x", { headers: { ETag: '"own"', Vary: "Accept" } }),
  dated: () => new StreamingResponse(["x"], { headers: { "Last-Modified": DATE } }),
  secret: () => new Response("x", { headers: { "Cache-Control": "private, no-store" } }),
  stream: () => new StreamingResponse(["x"]),
  made: () => new Response("x", { status: 201 }),
};
const client = site([ConditionalGetMiddleware], { views });

test("a whole page has a tag of its bytes, and the client that shows it gets 304 without a body", async () => {
  const first = await client.get("/");
  const etag = first.headers.get("ETag")!;
  assert.match(etag, /^"[\w-]{27}"$/);
  assert.equal((await client.get("/bytes")).headers.get("ETag"), etag);
  closed = 0;
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const again = await client.get("/", { headers: { "If-None-Match": tag } });
    assert.deepEqual([again.status, again.body.length, again.headers.get("ETag")], [304, 0, etag]);
    assert.equal(again.cookies["a"]?.value, "1");
    assert.equal(again.headers.has("Content-Type"), false);
  }
  assert.equal(closed, 4, "the page that was not sent is closed");
  assert.equal((await client.get("/", { headers: { "If-None-Match": '"other"' } })).status, 200);
});

test("a tag and a date that the view set are used, and Vary stays", async () => {
  const own = await client.get("/own", { headers: { "If-None-Match": '"own"' } });
  assert.deepEqual([own.status, own.headers.get("Vary")], [304, "Accept"]);
  const rows = [
    [DATE, 304],
    ["Sun, 06 Nov 1994 08:49:36 GMT", 200],
    ["nonsense", 200],
  ] as const;
  for (const [since, status] of rows) {
    assert.equal((await client.get("/dated", { headers: { "If-Modified-Since": since } })).status, status);
  }
});

test("a stream, a page that may not be stored, another method and another status get no tag", async () => {
  for (const [method, path] of [
    ["GET", "/stream"],
    ["GET", "/secret"],
    ["POST", "/"],
    ["GET", "/made"],
  ] as const) {
    const response = await client.request(method, path, { headers: { "If-None-Match": "*" } });
    assert.deepEqual([response.headers.has("ETag"), response.status === 304], [false, false], `${method} ${path}`);
  }
});

test("a condition that must hold and does not is 412", async () => {
  assert.equal((await client.get("/", { headers: { "If-Match": '"other"' } })).status, 412);
});
