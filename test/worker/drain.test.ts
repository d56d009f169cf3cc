// A worker that leaves, on real sockets: what open requests are told, which deadlines still hold, what the ready path answers, and how
// what is left is cut.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { Application } from "../../src/gateway/types.ts";
import { askApplication } from "../../src/worker/own-request.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { type InProcess, nothing, open } from "../support/worker.ts";

const hello: Application = (environ, startResponse) => {
  startResponse("200 OK", []);
  return [`hello ${environ.PATH_INFO}`];
};

const echo: Application = async (environ, startResponse) => {
  const body = await environ["tsgi.input"].read();
  startResponse("200 OK", []);
  return [body];
};

/** Events until the signal aborts, then one more. */
const events: Application = async function* (environ, startResponse) {
  const signal = environ["tsgi.signal"];
  startResponse("200 OK", [["Content-Type", "text/event-stream"]]);
  yield "data: hello\n\n";
  if (!signal.aborted) await once(signal, "abort");
  yield `data: ${(signal.reason as Error).message}\n\n`;
};

/** Begins to drain, and is back when nothing more is accepted. */
async function drain({ worker }: InProcess): Promise<void> {
  const stopped = deferred();
  worker.drain(stopped.resolve, nothing, "a test");
  await stopped.promise;
}

const inFlight = async ({ worker }: InProcess, count: number): Promise<void> => {
  while (worker.inFlight !== count) await new Promise(setImmediate);
};

test("an event stream is told at once, sends its last event and ends whole, with its connection", async (t) => {
  const [client, server] = await open(t, events);
  client.send(get("/"));
  await client.until((received) => received.includes("hello"));
  await drain(server);
  const { body } = await client.response();
  assert.equal(body, "data: hello\n\ndata: the worker leaves: a test\n\n");
  assert.equal(await client.rest(), "");
  assert.deepEqual(server.troubles, []);
});

test("an event stream that begins on a connection of a worker that leaves ends at once, and closes", async (t) => {
  const [client, server] = await open(t, events);
  await drain(server);
  client.send(get("/"));
  const { body, fields } = await client.response();
  assert.deepEqual([body, fields["connection"]], ["data: hello\n\ndata: the worker leaves: a test\n\n", "close"]);
});

test("a long poll hears tsgi.draining and answers; a request that listens to neither finishes in its own time", async (t) => {
  const go = deferred();
  const [poll, server] = await open(t, async (environ, startResponse) => {
    if (environ.PATH_INFO === "/poll") await once(environ["tsgi.draining"], "abort");
    else await go.promise;
    startResponse("200 OK", []);
    return [String(environ["tsgi.signal"].aborted)];
  });
  const slow = await RawClient.connect(server.port);
  t.after(() => slow.close());
  poll.send(get("/poll"));
  slow.send(get("/slow"));
  await inFlight(server, 2);
  await drain(server);
  assert.equal((await poll.response()).body, "false");
  await inFlight(server, 1);
  go.resolve();
  const { body, fields } = await slow.response();
  assert.deepEqual([body, fields["connection"]], ["false", "close"]);
});

test("when the grace is nearly over, every open request hears it by tsgi.signal, and those that begin later too", async (t) => {
  const [client, server] = await open(t, async (environ, startResponse) => {
    const signal = environ["tsgi.signal"];
    if (!signal.aborted) await once(signal, "abort");
    startResponse("200 OK", []);
    return [(signal.reason as Error).message];
  });
  const late = await RawClient.connect(server.port);
  t.after(() => late.close());
  late.send("GET / HTTP/1.1\r\n");
  client.send(get("/"));
  await inFlight(server, 1);
  await drain(server);
  server.worker.hurry(5);
  const soon = "the worker leaves, and cuts in 5 s what is still open";
  assert.equal((await client.response()).body, soon);
  late.send("Host: h\r\n\r\n");
  assert.equal((await late.response()).body, soon);
});

test("a head that was half sent has its deadline in a worker that leaves", async (t) => {
  const [client, server] = await open(t, hello, { headTimeout: 1 });
  client.send("GET / HTTP/1.1\r\nHo");
  while (server.worker.connections === 0) await new Promise(setImmediate);
  await drain(server);
  assert.equal((await client.response()).status, 408);
  assert.equal(await client.rest(), "");
});

test("a body that stops has its deadline in a worker that leaves", async (t) => {
  const [client, server] = await open(t, echo, { bodyTimeout: 1 });
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  await inFlight(server, 1);
  await drain(server);
  const { status, fields } = await client.response();
  assert.deepEqual([status, fields["connection"]], [408, "close"]);
});

test("a reader that stops has its deadline in a worker that leaves, and the worker is then empty", async (t) => {
  let reason: unknown;
  const [client, server] = await open(
    t,
    (environ, startResponse) => {
      const signal = environ["tsgi.signal"];
      signal.addEventListener("abort", () => {
        reason = signal.reason;
      });
      startResponse("200 OK", []);
      return (function* () {
        for (;;) yield "x".repeat(65_536);
      })();
    },
    { writeTimeout: 1 },
  );
  client.socket.pause();
  client.send(get("/"));
  await inFlight(server, 1);
  const empty = deferred();
  server.worker.drain(nothing, empty.resolve, "a test");
  await empty.promise;
  assert.match(String(reason), /--write-timeout/);
});

test("a hundred idle connections are closed after their moment; a hundred half heads are cut when the worker is told to", async (t) => {
  const [client, server] = await open(t, hello);
  const connect = () => RawClient.connect(server.port);
  const idle = [client, ...(await Promise.all(Array.from({ length: 99 }, connect)))];
  const slow = await Promise.all(Array.from({ length: 100 }, connect));
  t.after(() => {
    for (const one of [...idle, ...slow]) one.close();
  });
  for (const one of idle.slice(50)) one.send(get("/"));
  for (const one of idle.slice(50)) await one.response();
  for (const one of slow) one.send("GET / HT");
  while (server.worker.connections < 200) await new Promise(setImmediate);
  await drain(server);
  for (const one of idle) assert.equal(await one.rest(), "");
  assert.ok(slow.every((one) => !one.ended));
  const empty = deferred();
  server.worker.abandon(empty.resolve, "a test");
  await empty.promise;
  for (const one of slow) assert.equal(await one.rest(), "");
  assert.equal(server.worker.connections, 0);
});

test("what is cut hears why, its body is closed, and no client takes a part for the whole", async (t) => {
  const reasons: string[] = [];
  let closed = 0;
  const [client, server] = await open(
    t,
    (environ, startResponse) => {
      const signal = environ["tsgi.signal"];
      signal.addEventListener("abort", () => reasons.push((signal.reason as Error).message));
      startResponse("200 OK", []);
      const chunks = (async function* () {
        yield "part";
        await new Promise(nothing);
      })();
      return Object.assign(chunks, {
        close: () => {
          closed += 1;
        },
      });
    },
    { accessLog: "-", accessLogFormat: "%(m)s %(s)s" },
  );
  const old = await RawClient.connect(server.port);
  t.after(() => old.close());
  client.send(get("/"));
  old.send("GET / HTTP/1.0\r\n\r\n");
  for (const one of [client, old]) await one.until((received) => received.includes("part"));
  const empty = deferred();
  server.worker.abandon(empty.resolve, "a test");
  await empty.promise;
  assert.deepEqual(reasons, ["the worker leaves: a test", "the worker leaves: a test"]);
  assert.deepEqual([closed, server.worker.inFlight, server.accessLines], [2, 0, ["GET 200", "GET 200"]]);
  await assert.rejects(client.response(), /ended early/);
  // Without a length and chunks only a reset tells a cut from an end.
  await old.rest();
  assert.equal((old.error as NodeJS.ErrnoException).code, "ECONNRESET");
});

test("a server that will stop answers its ready path with 503 and closes; everything else as before", async (t) => {
  const [client, server] = await open(t, hello, {
    ...{ readyPath: "/healthz?full=1", limitInFlight: 1 },
    ...{ accessLog: "-", accessLogFormat: "%(U)s %(s)s" },
  });
  client.send(get("/healthz"));
  assert.equal((await client.response()).body, "hello /healthz");
  server.worker.unready();
  for (const target of ["/healthz", "/healthz?full=1&x", "http://example.com/healthz"]) {
    const { status, fields } = await ask(server.port, get(target));
    assert.deepEqual([status, fields["connection"]], [503, "close"], target);
  }
  assert.equal((await ask(server.port, get("/healthz/"))).body, "hello /healthz/");
  // A probe on a connection that it shares with clients' requests, as proxies do.
  client.send(get("/a") + get("/healthz"));
  assert.equal((await client.response()).body, "hello /a");
  assert.equal((await client.response()).status, 503);
  assert.equal(await client.rest(), "");
  assert.equal(server.accessLines.filter((line) => line === "/healthz 503").length, 4);
});

test("a probe of a server that will stop does not wait until a worker at its limit has time", async (t) => {
  const go = deferred();
  const [client, server] = await open(
    t,
    async (environ, startResponse) => {
      await go.promise;
      return hello(environ, startResponse);
    },
    { readyPath: "/healthz", limitInFlight: 1 },
  );
  client.send(get("/slow"));
  await inFlight(server, 1);
  server.worker.unready();
  assert.equal((await ask(server.port, get("/healthz"))).status, 503);
  await inFlight(server, 1);
  go.resolve();
  assert.equal((await client.response()).body, "hello /slow");
  await inFlight(server, 0);
});

test("a worker that drains without having been unready, as in a reload, leaves its ready path to the application", async (t) => {
  const [client, server] = await open(t, hello, { readyPath: "/healthz" });
  await drain(server);
  client.send(get("/healthz"));
  assert.equal((await client.response()).body, "hello /healthz");
});

test("a request of the server's own is no client's: it is not counted and not in the access log", async (t) => {
  const [, server] = await open(t, hello, { accessLog: "-" });
  const own = server.worker.serveOwn(() => assert.fail("no trouble"));
  const answer = await askApplication(own, { target: "/healthz", agent: "tsgi/test", limitMs: 60_000 });
  assert.deepEqual(answer, { status: 200, end: "whole" });
  assert.deepEqual([server.worker.served, server.worker.inFlight, server.accessLines], [0, 0, []]);
});

test("what an application throws in a request of the server's own is told to whoever asked", async (t) => {
  const [, server] = await open(t, () => {
    throw new Error("no database");
  });
  const told: unknown[] = [];
  const own = server.worker.serveOwn(({ error }) => told.push((error as Error).message));
  const answer = await askApplication(own, { target: "/healthz", agent: "tsgi/test", limitMs: 60_000 });
  assert.deepEqual([answer.status, told, server.troubles], [500, ["no database"], []]);
});
