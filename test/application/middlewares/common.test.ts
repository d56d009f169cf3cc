// Slashes, hosts and lengths.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NotFound } from "../../../src/application/exceptions.ts";
import { CommonMiddleware, commonMiddleware } from "../../../src/application/middlewares/common.ts";
import { Response, StreamingResponse } from "../../../src/application/response.ts";
import type { View } from "../../../src/application/types.ts";
import { type Site, site } from "../../support/site.ts";

const views: Readonly<Record<string, View>> = {
  "": () => new Response("é"),
  "with/": () => new Response("with"),
  without: () => new Response("without"),
  "both/": () => new Response("with"),
  both: () => {
    throw new NotFound();
  },
  "any/<str:name>/": () => new Response("any"),
  stream: () => new StreamingResponse(["x"]),
  none: () => new Response("", { status: 204 }),
  own: () => new Response("four", { headers: { "content-length": "4" } }),
};
const asked = (given: Site = {}) => site([CommonMiddleware], { views, ...given });

test("a path that has a view only with its slash leads there; no other path does", async () => {
  const client = asked();
  const rows = [
    ["/with", 301, "/with/"],
    ["/with?a=%20b", 301, "/with/?a=%20b"],
    ["/any/a%20b%3F", 301, "/any/a%20b%3F/"],
    ["/without/", 404, undefined],
    ["/both", 404, undefined],
    ["/missing", 404, undefined],
    ["/with/", 200, undefined],
  ] as const;
  for (const [path, status, location] of rows) {
    const response = await client.get(path);
    assert.deepEqual([response.status, response.headers.get("Location")], [status, location], path);
  }
  assert.equal((await client.head("/with")).status, 301);
  assert.equal((await client.post("/with")).status, 308);
  assert.equal((await asked({ appendSlash: false }).get("/with")).status, 404);
});

test("two slashes at the start never become another host", async () => {
  const response = await site([CommonMiddleware], { views: { "<path:rest>/": () => new Response("") } }).get(
    "//evil.example/x",
  );
  assert.deepEqual([response.status, response.headers.get("Location")], [301, "/%2Fevil.example/x/"]);
});

test("a path that only lacked its slash is no line in the log, and one that leads nowhere is", async () => {
  const client = asked();
  assert.deepEqual((await client.get("/with")).errors, []);
  assert.deepEqual((await client.get("/missing")).errors, ["Not Found: /missing"]);
});

test("the redirect keeps the script name", async () => {
  const response = await asked({ client: { scriptName: "/app" } }).get("/app/with");
  assert.equal(response.headers.get("Location"), "/app/with/");
});

test("in development a form that would be sent twice is an error that says what to do", async () => {
  const client = asked({ debug: true });
  await assert.rejects(client.post("/with"), /POST \/with has no slash at its end.*appendSlash/s);
  assert.equal((await client.get("/with")).status, 301);
});

test("prependWww leads to the host with www, with the slash at once", async () => {
  const client = asked({ prependWww: true });
  const host = "example.org:8000";
  assert.equal((await client.get("/with?a", { host })).headers.get("Location"), "http://www.example.org:8000/with/?a");
  assert.equal((await client.get("/with/", { host })).headers.get("Location"), "http://www.example.org:8000/with/");
  assert.equal((await client.post("/with/", { host })).status, 308);
  assert.equal((await client.get("/with/", { host: "www.example.org" })).status, 200);
});

test("a host that is not ours is 400, whatever the view", async () => {
  const client = asked({ allowedHosts: [".example.org"] });
  assert.equal((await client.get("/with/", { host: "evil.example" })).status, 400);
  assert.equal((await client.get("/with/", { host: "a.example.org" })).status, 200);
});

test("a whole body has its length, also for HEAD; a stream and no body have none", async () => {
  const client = asked();
  const length = async (method: string, path: string) =>
    (await client.request(method, path)).headers.getAll("Content-Length");
  assert.deepEqual(await length("GET", "/"), ["2"]);
  assert.deepEqual(await length("HEAD", "/"), ["2"]);
  assert.deepEqual(await length("GET", "/own"), ["4"]);
  assert.deepEqual(await length("GET", "/stream"), []);
  assert.deepEqual(await length("GET", "/none"), []);
  assert.deepEqual(await length("GET", "/with"), ["0"]);
});

test("user agents that are not wanted get 403, each time", async () => {
  const client = site([commonMiddleware({ disallowedUserAgents: [/BadBot/g] })]);
  for (const _ of [1, 2]) {
    assert.equal((await client.get("/", { headers: { "User-Agent": "BadBot/1.0" } })).status, 403);
  }
  assert.equal((await client.get("/", { headers: { "User-Agent": "Firefox" } })).status, 200);
  assert.equal((await client.get("/")).status, 200);
  assert.throws(
    () => commonMiddleware({ disallowedUserAgents: ["x" as unknown as RegExp] }),
    /expected regular expressions/,
  );
});
