// Which responses are compressed, and what that does to their headers.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { ClientResponse } from "../../../src/application/client-response.ts";
import { CommonMiddleware } from "../../../src/application/middlewares/common.ts";
import { CompressMiddleware } from "../../../src/application/middlewares/compress.ts";
import { ConditionalGetMiddleware } from "../../../src/application/middlewares/conditional-get.ts";
import { EventStreamResponse, JsonResponse, Response, StreamingResponse } from "../../../src/application/response.ts";
import type { View } from "../../../src/application/types.ts";
import { site } from "../../support/site.ts";

const PAGE = "<p>a page</p>".repeat(100);
let closed = 0;
const views: Readonly<Record<string, View>> = {
  "": () => new Response(PAGE, { headers: { ETag: '"tag"', Vary: "Cookie" } }),
  json: () => new JsonResponse({ page: PAGE }),
  small: () => new Response("x".repeat(199)),
  noise: () => new Response(randomBytes(300), { contentType: "text/plain" }),
  image: () => new Response(PAGE, { contentType: "image/png" }),
  svg: () => new Response(PAGE, { contentType: "image/svg+xml" }),
  encoded: () => new Response(PAGE, { headers: { "Content-Encoding": "zstd" } }),
  fixed: () => new Response(PAGE, { headers: { "Cache-Control": "public, no-transform" } }),
  fixedToo: () =>
    new Response(PAGE, {
      headers: [
        ["Cache-Control", "public"],
        ["Cache-Control", "no-transform"],
      ],
    }),
  part: () => new Response(PAGE, { status: 206, headers: { "Content-Range": "bytes 0-1/2" } }),
  large: () =>
    new Response(PAGE.repeat(100), { status: 201, headers: { "X-A": "1" } })
      .setCookie("c", "1")
      .closeWith(() => (closed += 1)),
  stream: () =>
    new StreamingResponse(["one ", "two "], { contentType: "text/plain", headers: { "Content-Length": "8" } }),
  events: () =>
    new EventStreamResponse(
      (async function* () {
        try {
          for (let i = 0; ; i += 1) yield { data: `event ${i}` };
        } finally {
          closed += 1;
        }
      })(),
    ),
};
const client = site([CompressMiddleware, CommonMiddleware], { views });
const GZIP = { headers: { "Accept-Encoding": "gzip" } };
const BOTH = { headers: { "Accept-Encoding": "gzip, deflate, br" } };

const unpacked = ({ headers, body }: ClientResponse): string =>
  String(headers.get("Content-Encoding") === "br" ? brotliDecompressSync(body) : gunzipSync(body));

test("a page is compressed as the client likes it: length, tag and Vary say so", async () => {
  for (const [options, coding] of [
    [GZIP, "gzip"],
    [BOTH, "br"],
  ] as const) {
    const response = await client.get("/", options);
    assert.equal(response.headers.get("Content-Encoding"), coding);
    assert.equal(response.headers.get("Content-Length"), String(response.body.length));
    assert.equal(response.headers.get("ETag"), 'W/"tag"');
    assert.equal(response.headers.get("Vary"), "Cookie, Accept-Encoding");
    assert.ok(response.body.length < PAGE.length / 2);
    assert.equal(unpacked(response), PAGE);
  }
  assert.equal(JSON.parse(unpacked(await client.get("/json", BOTH))).page, PAGE);
});

test("a client that takes none gets it as it is, and caches keep the two apart", async () => {
  for (const options of [{}, { headers: { "Accept-Encoding": "identity" } }]) {
    const response = await client.get("/", options);
    assert.deepEqual([response.text(), response.headers.get("Content-Encoding")], [PAGE, undefined]);
    assert.deepEqual(
      [response.headers.get("ETag"), response.headers.get("Vary")],
      ['"tag"', "Cookie, Accept-Encoding"],
    );
  }
});

test("what is small, compressed already, a part, or not to be changed stays", async () => {
  for (const path of ["small", "image", "fixed", "fixedToo", "part"]) {
    const response = await client.get(`/${path}`, BOTH);
    assert.deepEqual([response.headers.has("Content-Encoding"), response.headers.has("Vary")], [false, false], path);
  }
  assert.equal((await client.get("/encoded", BOTH)).headers.get("Content-Encoding"), "zstd");
  assert.equal((await client.get("/noise", BOTH)).headers.has("Content-Encoding"), false);
  assert.equal((await client.get("/svg", BOTH)).headers.get("Content-Encoding"), "br");
  const low = site([CompressMiddleware], { views, compress: { minSize: 100 } });
  assert.equal(unpacked(await low.get("/small", BOTH)), "x".repeat(199));
});

test("a large page goes out as it is compressed, with all that the view said, and is closed", async () => {
  closed = 0;
  const response = await client.get("/large", BOTH);
  assert.equal(unpacked(response), PAGE.repeat(100));
  assert.deepEqual([response.status, response.headers.get("X-A"), response.cookies["c"]?.value], [201, "1", "1"]);
  assert.deepEqual(response.headers.getAll("Content-Type"), ["text/html; charset=utf-8"]);
  assert.equal(response.headers.has("Content-Length"), false);
  assert.equal(closed, 1);
});

test("a stream loses its length, and an event stream holds nothing back", async () => {
  const stream = await client.get("/stream", GZIP);
  assert.deepEqual([unpacked(stream), stream.headers.has("Content-Length")], ["one two ", false]);
  for (const options of [GZIP, BOTH]) {
    closed = 0;
    const events = await client.get("/events", { ...options, leaveAfter: 3 });
    assert.equal(events.chunks.length, 3, "a chunk for each event");
    assert.equal(events.headers.has("Content-Encoding"), true);
    assert.equal(closed, 1);
  }
});

test("HEAD has the headers of GET", async () => {
  const head = await client.head("/", GZIP);
  assert.deepEqual([head.headers.get("Content-Encoding"), head.body.length], ["gzip", 0]);
});

test("inside of ConditionalGetMiddleware it is refused when it is loaded; outside of it a page keeps its tag", async () => {
  assert.throws(
    () => site([ConditionalGetMiddleware, CompressMiddleware]),
    /CompressMiddleware \(at 1\) must come before ConditionalGetMiddleware/,
  );
  const both = site([CompressMiddleware, ConditionalGetMiddleware], { views });
  const etag = (await both.get("/json", BOTH)).headers.get("ETag")!;
  assert.match(etag, /^W\//);
  assert.equal((await both.get("/json", { headers: { ...BOTH.headers, "If-None-Match": etag } })).status, 304);
});

test("a 304 says what the page said, with the tag that the client has of it", async () => {
  const client = site([CompressMiddleware, ConditionalGetMiddleware], { views });
  const whole = await client.get("/", { headers: { "Accept-Encoding": "gzip" } });
  assert.equal(whole.headers.get("ETag"), 'W/"tag"');
  for (const [held, tag] of [
    ['W/"tag"', 'W/"tag"'],
    ['"tag"', '"tag"'],
    ['"other", W/"tag"', 'W/"tag"'],
  ] as const) {
    const again = await client.get("/", { headers: { "If-None-Match": held } });
    const said = [again.status, again.headers.get("ETag"), again.headers.get("Vary")];
    assert.deepEqual(said, [304, tag, "Cookie, Accept-Encoding"], held);
  }
});
