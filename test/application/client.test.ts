// The test client around whole applications of every kind: plain ones, and what a handler signals.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../src/application/client.ts";
import { ContractBreach } from "../../src/application/client-contract.ts";
import { ClientGone } from "../../src/application/client-streams.ts";
import { gotRequestException } from "../../src/application/signals.ts";
import type { Application, Environ } from "../../src/gateway/types.ts";

/** Answers with what it was asked. */
const echo: Application = async (environ, startResponse) => {
  const body = String(await environ["tsgi.input"].read());
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  const { REQUEST_METHOD: method, PATH_INFO: path, QUERY_STRING: query, CONTENT_TYPE: type } = environ;
  const { HTTP_COOKIE: cookie, HTTP_X_A: a, CONTENT_LENGTH: length } = environ as Record<string, unknown>;
  return JSON.stringify({ method, path, query, type, cookie, a, length, body, scheme: environ["tsgi.url_scheme"] });
};

/** Redirects each path to the next; the last one says how it was asked. */
const ways: Record<string, readonly [status: string, location: string]> = {
  "/found": ["302 Found", "/end?x=1"],
  "/kept": ["307 Temporary Redirect", "/end"],
  "/relative/way": ["301 Moved", "../end"],
  "/secure": ["302 Found", "https://other.example/end"],
  "/loop": ["302 Found", "/loop"],
};
const redirecting: Application = (environ, startResponse) => {
  const way = ways[environ.PATH_INFO];
  if (way === undefined) return echo(environ, startResponse);
  startResponse(way[0], [["Location", way[1]]]);
  return [];
};

test("each method asks with its name, HEAD gets no body", async () => {
  const client = new Client(echo);
  for (const method of ["get", "post", "put", "patch", "delete", "options"] as const) {
    assert.equal((await client[method]("/")).json<{ method: string }>().method, method.toUpperCase());
  }
  const head = await client.head("/");
  assert.equal(head.status, 200);
  assert.equal(head.body.length, 0);
  assert.equal((await client.request("PROPFIND", "/")).json<{ method: string }>().method, "PROPFIND");
});

test("path, query, headers and body arrive as they were given", async () => {
  const client = new Client(echo, { headers: { "X-A": "client" }, secure: true });
  const sent = (await client.post("/café/%2F?a=1#part", { query: { b: ["2", 3] }, json: { c: 4 } })).json<Environ>();
  assert.deepEqual(sent, {
    method: "POST",
    path: "/café//",
    query: "a=1&b=2&b=3",
    type: "application/json",
    a: "client",
    length: "7",
    body: '{"c":4}',
    scheme: "https",
  } as unknown as Environ);
  const other = (await client.get("//x/../y", { headers: { "x-a": "request" }, secure: false })).json<Environ>();
  assert.deepEqual([other["path"], other["a"], other["scheme"]], ["//x/../y", "request", "http"]);
});

test("cookies that a response sets are sent from then on", async () => {
  const client = new Client((environ, startResponse) => {
    const deletes = environ.PATH_INFO === "/delete";
    startResponse("200 OK", [
      ["Set-Cookie", deletes ? "a=; Path=/; Max-Age=0" : "a=1; Path=/"],
      ["Set-Cookie", "here=2"],
    ]);
    return String(environ["HTTP_COOKIE"] ?? "none");
  });
  assert.equal((await client.get("/x/y")).text(), "none");
  assert.equal((await client.get("/x/z")).text(), "here=2; a=1");
  assert.equal((await client.get("/delete")).cookies["a"]?.maxAge, 0);
  assert.equal(client.cookies.get("a"), undefined);
});

test("two cookies of one name and different paths are two, and they end by the clock that was given", async () => {
  let now = 0;
  const client = new Client(
    (_environ, startResponse) => {
      startResponse("200 OK", [
        ["Set-Cookie", "a=1; Path=/; Max-Age=10"],
        ["Set-Cookie", "a=2; Path=/x"],
      ]);
      return [];
    },
    { now: () => now },
  );
  await client.get("/");
  assert.equal(client.cookies.header("/x", false), "a=2; a=1");
  now = 10_000;
  assert.equal(client.cookies.header("/x", false), "a=2");
});

test("redirects are followed when asked to, as a browser would, and a loop ends", async () => {
  const client = new Client(redirecting);
  assert.equal((await client.post("/found")).status, 302);
  const found = await client.post("/found", { form: { a: 1 }, query: { q: 1 }, follow: true });
  assert.deepEqual(found.json<Record<string, unknown>>(), {
    method: "GET",
    path: "/end",
    query: "x=1",
    body: "",
    scheme: "http",
  });
  assert.equal(found.requests, 2);
  assert.equal(found.history[0]?.status, 302);
  const kept = await client.post("/kept", { body: "data", follow: true });
  assert.equal(kept.json<{ method: string }>().method, "POST");
  assert.equal(kept.json<{ body: string }>().body, "data");
  assert.equal((await client.get("/relative/way", { follow: true })).url, "http://testserver/end");
  const secure = await client.get("/secure", { follow: true });
  assert.equal(secure.url, "https://other.example/end");
  assert.equal(secure.json<{ scheme: string }>().scheme, "https");
  await assert.rejects(client.get("/loop", { follow: true }), /more than 20 redirects.*\/loop/);
});

test("what an application throws is thrown into the test, or answered with the status that a server would give", async () => {
  const client = new Client(() => {
    throw Object.assign(new Error("too big"), { status: 413 });
  });
  await assert.rejects(client.get("/"), /too big/);
  const response = await client.get("/", { raiseExceptions: false });
  assert.equal(response.status, 413);
  assert.match(String(response.exception), /too big/);
});

test("an exception that a handler made a response of is thrown too; that of another request is not", async () => {
  const application: Application = (environ, startResponse) => {
    gotRequestException.send({
      request: { environ: { "tsgi.request_id": "another" } },
      error: new Error("not mine"),
    } as never);
    if (environ.PATH_INFO === "/")
      gotRequestException.send({ request: { environ }, error: new Error("mine") } as never);
    startResponse("500 Internal Server Error", []);
    return [];
  };
  await assert.rejects(new Client(application).get("/"), /^Error: mine$/);
  const client = new Client(application, { raiseExceptions: false });
  const response = await client.get("/");
  assert.equal(response.status, 500);
  assert.match(String(response.exception), /mine/);
  assert.equal((await client.get("/other")).exception, undefined);
});

test("a breach of the contract is thrown, whatever is to be raised", async () => {
  const client = new Client(() => [], { raiseExceptions: false });
  await assert.rejects(client.get("/"), ContractBreach);
});

test("a signal makes the client leave: its reason is thrown, and the application learns of it", async () => {
  const leaving = new AbortController();
  let seen: unknown;
  const client = new Client(async (environ) => {
    environ["tsgi.signal"].addEventListener("abort", () => {
      seen = environ["tsgi.signal"].reason;
    });
    setImmediate(() => leaving.abort(new Error("enough")));
    await environ["tsgi.input"].read();
    return await new Promise<never>(() => {});
  });
  await assert.rejects(client.get("/", { signal: leaving.signal }), /^Error: enough$/);
  assert.ok(seen instanceof ClientGone);
  await assert.rejects(client.get("/", { signal: leaving.signal }), /enough/);
});

test("a response without an end is left after so many chunks", async () => {
  const client = new Client(async function* (environ, startResponse) {
    startResponse("200 OK", [["Content-Type", "text/event-stream"]]);
    for (let i = 0; ; i += 1) {
      environ["tsgi.errors"].write(`sent ${i}\n`);
      yield `data: ${i}\n\n`;
    }
  });
  const response = await client.get("/", { leaveAfter: 2 });
  assert.deepEqual(response.chunks.map(String), ["data: 0\n\n", "data: 1\n\n"]);
  assert.deepEqual(response.errors, ["sent 0", "sent 1"]);
  assert.equal(response.left, true);
});

test("a stream is sent as the application reads it, with trailers, and what is no function is refused", async () => {
  async function* stream(): AsyncGenerator<string> {
    yield "a";
    yield "b";
  }
  const client = new Client(async (environ, startResponse) => {
    const body = await environ["tsgi.input"].read();
    startResponse("200 OK", []);
    return [body, JSON.stringify(environ["tsgi.input"].trailers), String(environ.CONTENT_LENGTH)];
  });
  const response = await client.post("/", { body: stream(), trailers: [["X-Sum", "1"]] });
  assert.equal(response.text(), 'ab[["x-sum","1"]]undefined');
  assert.throws(() => new Client({} as Application), /expected a TSGI application/);
});
