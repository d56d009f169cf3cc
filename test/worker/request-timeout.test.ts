// --request-timeout, on real sockets: the client has an answer or sees a cut, the application hears of it, and the worker goes on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Application } from "../../src/gateway/types.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { nothing, open } from "../support/worker.ts";

const SETTINGS = { requestTimeout: 0.2, accessLog: "-", accessLogFormat: "%(m)s %(U)s %(s)s" };
const NEVER = 1_000_000;

const hello: Application = (environ, startResponse) => {
  startResponse("200 OK", []);
  return [`hello ${environ.PATH_INFO}`];
};

/** Answers at once, but for /slow, which waits until its signal aborts, or longer. */
const slow =
  (wait: (signal: AbortSignal) => Promise<unknown>): Application =>
  async (environ, startResponse) => {
    if (environ.PATH_INFO === "/slow") await wait(environ["tsgi.signal"]);
    return hello(environ, startResponse);
  };

for (const [name, wait] of [
  ["lets the signal's abort through", (signal: AbortSignal) => sleep(NEVER, undefined, { signal })],
  ["ignores the signal", () => new Promise(nothing)],
] as const) {
  test(`an application that ${name} is answered for with 504, and its connection goes on`, async (t) => {
    let signal: AbortSignal | undefined;
    const [client, server] = await open(
      t,
      slow((given) => {
        signal = given;
        return wait(given);
      }),
      SETTINGS,
    );
    client.send(get("/slow"));
    const { status, fields, body } = await client.response();
    assert.deepEqual([status, fields["connection"], body], [504, undefined, "504 Gateway Timeout\nrequest id-1\n"]);
    assert.match(String(signal!.reason), /the request was not over within 0\.2 s \(--request-timeout\)/);
    client.send(get("/next"));
    assert.equal((await client.response()).body, "hello /next");
    assert.deepEqual(server.accessLines, ["GET /slow 504", "GET /next 200"]);
    assert.deepEqual(server.troubles, []);
    assert.deepEqual(server.log, [
      {
        level: "warn",
        message: "gave up GET /slow from 127.0.0.1: it was not over within --request-timeout",
        fields: { requestId: "id-1", request: "GET /slow", answer: 504 },
      },
    ]);
    assert.deepEqual([server.worker.inFlight, server.worker.served], [0, 2]);
  });
}

test("what was pipelined behind a request that had its time is answered", async (t) => {
  const [client] = await open(
    t,
    slow(() => new Promise(nothing)),
    SETTINGS,
  );
  client.send(get("/slow") + get("/next"));
  assert.equal((await client.response()).status, 504);
  assert.equal((await client.response()).body, "hello /next");
});

test("the time that a client takes for its body counts; the connection closes, since the rest may still come", async (t) => {
  const failed = deferred<unknown>();
  const [client, server] = await open(
    t,
    async (environ, startResponse) => {
      const body = await environ["tsgi.input"].read().catch((error: unknown) => {
        failed.resolve(error);
        throw error;
      });
      startResponse("200 OK", []);
      return [body];
    },
    SETTINGS,
  );
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  const { status, fields } = await client.response();
  assert.deepEqual([status, fields["connection"]], [504, "close"]);
  assert.equal(await client.rest(), "");
  assert.match(String(await failed.promise), /--request-timeout/);
  assert.deepEqual(server.troubles, []);
});

test("a response that is not over in time is cut so that its client can see it, an event stream too", async (t) => {
  const ended: string[] = [];
  const [client, server] = await open(
    t,
    async function* (environ, startResponse) {
      startResponse("200 OK", [["Content-Type", "text/event-stream"]]);
      try {
        yield "data: x\n\n";
        await sleep(NEVER, undefined, { signal: environ["tsgi.signal"] });
      } finally {
        ended.push(environ.SERVER_PROTOCOL);
      }
    },
    { ...SETTINGS, requestTimeout: 1 },
  );
  client.send(get("/"));
  await assert.rejects(client.response(), /ended early/);
  const old = await RawClient.connect(server.port);
  t.after(() => old.close());
  old.send("GET / HTTP/1.0\r\n\r\n");
  // Read before the reset comes: libuv takes one that comes together with data for an end.
  await old.until((received) => received.includes("data: x"));
  await old.rest();
  assert.equal((old.error as NodeJS.ErrnoException).code, "ECONNRESET");
  while (ended.length < 2) await new Promise(setImmediate);
  assert.deepEqual(ended, ["HTTP/1.1", "HTTP/1.0"]);
  assert.deepEqual(
    server.log.map(({ fields }) => (fields as { answer: unknown }).answer),
    ["cut"],
  );
});

test("a request that waits for its turn has its time too: it is answered without having begun", async (t) => {
  const called: string[] = [];
  const [, server] = await open(
    t,
    (environ, startResponse) => {
      called.push(environ.PATH_INFO);
      return environ.PATH_INFO === "/held" ? new Promise(nothing) : hello(environ, startResponse);
    },
    { ...SETTINGS, limitInFlight: 1 },
  );
  const { worker } = server;
  for (;;) {
    const [held, waits] = [await RawClient.connect(server.port), await RawClient.connect(server.port)];
    t.after(() => held.close());
    t.after(() => waits.close());
    const { now } = worker.deadlines;
    held.send(get("/held"));
    while (worker.inFlight === 0) await new Promise(setImmediate);
    waits.send(get("/waits"));
    while (worker.waiting === 0 && worker.deadlines.now === now) await new Promise(setImmediate);
    // Both began between two looks at the clock, or the place would be free before the second has had its time.
    const together = worker.deadlines.now === now;
    const statuses = [(await held.response()).status, (await waits.response()).status];
    if (together) {
      assert.deepEqual([statuses, called.filter((path) => path === "/waits")], [[504, 504], []]);
      break;
    }
    called.length = 0;
  }
  assert.deepEqual([worker.inFlight, worker.waiting], [0, 0]);
  assert.equal((await ask(server.port, get("/after"))).body, "hello /after");
});

test("a request within its time is not touched, however many came before it on its connection", async (t) => {
  const [client, server] = await open(t, hello, { ...SETTINGS, requestTimeout: 1 });
  const until = performance.now() + 1_500;
  while (performance.now() < until) {
    client.send(get("/x"));
    assert.equal((await client.response()).status, 200);
    await sleep(50);
  }
  assert.deepEqual(server.log, []);
});

test("without the setting a request has all the time there is", async (t) => {
  const go = deferred();
  const [client, server] = await open(
    t,
    slow(() => go.promise),
    { requestTimeout: 0 },
  );
  client.send(get("/slow"));
  await sleep(600);
  go.resolve();
  assert.deepEqual([(await client.response()).body, server.log], ["hello /slow", []]);
});
