// A worker that is told to leave, in a real server: what its open requests hear, and how long it may take. And requests that take too long.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, get, RawClient } from "../support/client.ts";
import { assertShutDown, serveLifecycle } from "../support/lifecycle.ts";

test("TERM: an event stream says goodbye at once, a slow request finishes", async (t) => {
  const server = await serveLifecycle(t, []);
  const [events, slow] = [await RawClient.connect(server.port), await RawClient.connect(server.port)];
  events.send(get("/events"));
  await events.until((received) => received.includes("hello"));
  slow.send(get("/later?1500"));
  await ask(server.port, get("/"));
  server.signal("SIGTERM");
  const { body } = await events.response();
  assert.equal(body, "data: hello\n\ndata: the worker leaves: the server stops on SIGTERM\n\n");
  events.close();
  // The goodbye did not wait for this one.
  assert.equal(slow.received, "");
  assert.equal((await slow.response()).status, 200);
  slow.close();
  assert.equal((await server.ended).code, 0);
});

test("TERM with 100 half heads and 100 idle connections: the idle ones are closed, and the server is gone within the limit", async (t) => {
  const server = await serveLifecycle(t, ["--graceful-timeout", "5"]);
  const connect = (): Promise<RawClient[]> =>
    Promise.all(Array.from({ length: 100 }, () => RawClient.connect(server.port)));
  const [idle, slow] = [await connect(), await connect()];
  t.after(() => {
    for (const client of [...idle, ...slow]) client.close();
  });
  for (const client of idle) client.send(get("/"));
  for (const client of idle) await client.response();
  for (const client of slow) client.send("GET / HTTP/1.1\r\nHo");
  await ask(server.port, get("/"));
  server.signal("SIGTERM");
  const at = performance.now();
  for (const client of idle) assert.equal(await client.rest(), "");
  assert.ok(
    slow.every(({ ended }) => !ended),
    "half a head has its own deadline",
  );
  assert.equal((await server.ended).code, 0);
  const took = performance.now() - at;
  assert.ok(took < 9_000, `took ${took} ms`);
  assertShutDown(server, /./);
});

test("--request-timeout answers 504 for an application that does not, and its worker lives", async (t) => {
  const server = await serveLifecycle(t, ["--request-timeout", "500ms"]);
  const before = server.serving();
  const { status } = await ask(server.port, get("/never"));
  assert.equal(status, 504);
  const said = await server.says(/^gave up GET \/never from 127\.0\.0\.1: it was not over within --request-timeout$/);
  assert.equal(said.level, "warn");
  assert.equal((await ask(server.port, get("/"))).body, String(before[0]));
  assert.deepEqual(server.serving(), before);
});
