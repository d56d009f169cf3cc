// What the interface does in a worker beside its requests: the classes it installs, and the work that outlives a response.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchInterface } from "../../src/interfaces/fetch.ts";
import { NativeResponse } from "../../src/interfaces/fetch-native.ts";
import { LightResponse } from "../../src/interfaces/fetch-response.ts";
import { get, RawClient } from "../support/client.ts";
import { serveGateway } from "../support/worker.ts";

test("with nativeResponse, the platform's classes stay; without it, the light ones serve", async (t) => {
  const plain = serveGateway(fetchInterface({ fetch: () => new Response("x") }, { nativeResponse: true }).gateway);
  t.after(() => plain.close());
  assert.equal(globalThis.Response, NativeResponse);
  const client = await RawClient.connect(plain.port);
  t.after(() => client.close());
  client.send(get("/"));
  assert.equal((await client.response()).body, "x");
  const light = serveGateway(fetchInterface({ fetch: () => new Response("x") }).gateway);
  t.after(() => light.close());
  assert.equal(globalThis.Response as unknown, LightResponse);
});

test("shutdown waits for what waitUntil was given, and no longer than there is time", async (t) => {
  let finish: () => void = () => {};
  const work = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const target = {
    calls: 0,
    fetch(_request: Request, _env: unknown, context: { waitUntil(promise: Promise<unknown>): void }) {
      this.calls += 1;
      context.waitUntil(work);
      return new Response(String(this.calls));
    },
  };
  const served = fetchInterface(target);
  const server = serveGateway(served.gateway);
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  client.send(get("/"));
  assert.equal((await client.response()).body, "1");
  const over = new AbortController();
  const departure = { slot: 1, generation: 1, workers: 1, reason: "a test", signal: over.signal };
  let late = false;
  const waiting = Promise.resolve(served.shutdown!(departure)).then(() => {
    late = true;
  });
  await new Promise(setImmediate);
  assert.equal(late, false);
  finish();
  await waiting;
  over.abort();
  await served.shutdown!(departure);
});
