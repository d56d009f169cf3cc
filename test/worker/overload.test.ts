// What a worker does when there is more than it takes: connections, requests, requests of one connection, bytes to send.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import type { Settings } from "../../src/config/options.ts";
import type { Application } from "../../src/gateway/types.ts";
import { get, RawClient } from "../support/client.ts";
import { type Deferred, deferred } from "../support/deferred.ts";
import { type InProcess, serveInProcess } from "../support/worker.ts";

const hello: Application = (environ, startResponse) => {
  startResponse("200 OK", []);
  return [`hello ${environ.PATH_INFO}`];
};

function serve(t: TestContext, application: Application, settings: Partial<Settings>): InProcess {
  const server = serveInProcess(application, settings);
  t.after(() => server.close());
  return server;
}

async function connect(t: TestContext, server: InProcess): Promise<RawClient> {
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  return client;
}

/** An application that answers when it is told to, by path. */
function gated() {
  const began: string[] = [];
  const gates = new Map<string, Deferred<void>>();
  const gate = (path: string): Deferred<void> => {
    const known = gates.get(path) ?? deferred<void>();
    gates.set(path, known);
    return known;
  };
  const application: Application = async (environ, startResponse) => {
    began.push(environ.PATH_INFO);
    await gate(environ.PATH_INFO).promise;
    return hello(environ, startResponse);
  };
  return { application, began, open: (path: string) => gate(path).resolve() };
}

test("the last request of a connection is answered with Connection: close, and what follows it is not answered", async (t) => {
  const client = await connect(t, serve(t, hello, { limitConnectionRequests: 3 }));
  client.send(get("/1") + get("/2") + get("/3") + get("/4"));
  const answers = [await client.response(), await client.response(), await client.response()];
  assert.deepEqual(
    answers.map(({ body, fields }) => [body, fields["connection"]]),
    [
      ["hello /1", undefined],
      ["hello /2", undefined],
      ["hello /3", "close"],
    ],
  );
  assert.equal(await client.rest(), "");
});

test("a run of pipelined requests ends with Connection: close; a client that waits for its answers goes on", async (t) => {
  const server = serve(t, hello, { limitPipelined: 4 });
  const patient = await connect(t, server);
  for (let i = 0; i < 20; i += 1) {
    patient.send(get(`/${i}`));
    assert.equal((await patient.response()).fields["connection"], undefined);
  }
  const greedy = await connect(t, server);
  greedy.send(get("/x").repeat(10));
  const closes: (string | undefined)[] = [];
  for (let i = 0; i < 4; i += 1) closes.push((await greedy.response()).fields["connection"]);
  assert.deepEqual(closes, [undefined, undefined, undefined, "close"]);
  assert.equal(await greedy.rest(), "");
});

test("a worker with all its connections accepts the next when one closes, and says so once", async (t) => {
  const server = serve(t, hello, { workerConnections: 2 });
  const first = await connect(t, server);
  const second = await connect(t, server);
  for (const client of [first, second]) {
    client.send(get("/in"));
    await client.response();
  }
  // The kernel takes the connection and the request; nobody here does.
  const third = await connect(t, server);
  third.send(get("/third"));
  second.send(get("/still"));
  await second.response();
  assert.equal(server.worker.connections, 2);
  first.close();
  assert.equal((await third.response()).body, "hello /third");
  second.close();
  third.send(get("/again"));
  assert.equal((await third.response()).body, "hello /again");
  assert.deepEqual(
    server.log.map(({ level, message }) => [level, message]),
    [
      [
        "warn",
        "2 connections are open, as many as this worker takes (--worker-connections): it accepts no more until one closes",
      ],
    ],
  );
});

test("with --overload 503 a connection too many is answered with 503 at once and closed", async (t) => {
  const server = serve(t, hello, { workerConnections: 4, overload: "503" });
  const clients = [1, 2, 3, 4].map(() => connect(t, server));
  for (const client of await Promise.all(clients)) {
    client.send(get("/in"));
    assert.equal((await client.response()).status, 200);
  }
  const fifth = await connect(t, server);
  const answer = await fifth.response();
  assert.deepEqual([answer.status, answer.fields["connection"]], [503, "close"]);
  assert.equal(await fifth.rest(), "");
  assert.match(server.log.at(-1)!.message, /^refused a request from 127\.0\.0\.1: --worker-connections connections/);
});

test("requests beyond --limit-in-flight wait for their turn, and one whose client leaves gives its place away", async (t) => {
  const { application, began, open } = gated();
  const server = serve(t, application, { limitInFlight: 1 });
  const a = await connect(t, server);
  a.send(get("/a"));
  while (began.length === 0) await new Promise(setImmediate);
  const b = await connect(t, server);
  const c = await connect(t, server);
  b.send(get("/b"));
  c.send(get("/c"));
  while (server.worker.waiting < 2) await new Promise(setImmediate);
  assert.deepEqual([began, server.worker.inFlight], [["/a"], 1]);
  b.socket.destroy();
  while (server.worker.waiting > 1) await new Promise(setImmediate);
  open("/a");
  assert.equal((await a.response()).body, "hello /a");
  open("/c");
  assert.equal((await c.response()).body, "hello /c");
  assert.deepEqual([began, server.worker.inFlight], [["/a", "/c"], 0]);
});

test("a request that waits for its turn keeps its body, and its neighbours on the connection stay in order", async (t) => {
  const { application, began, open } = gated();
  const echo: Application = async (environ, startResponse) => {
    if (environ.REQUEST_METHOD === "GET") return application(environ, startResponse);
    const body = await environ["tsgi.input"].read();
    startResponse("200 OK", []);
    return [body];
  };
  const server = serve(t, echo, { limitInFlight: 1 });
  const a = await connect(t, server);
  a.send(get("/a"));
  while (began.length === 0) await new Promise(setImmediate);
  const b = await connect(t, server);
  b.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  while (server.worker.waiting < 1) await new Promise(setImmediate);
  b.send(`cde${get("/a")}`);
  open("/a");
  assert.equal((await a.response()).body, "hello /a");
  assert.deepEqual([(await b.response()).body, (await b.response()).body], ["abcde", "hello /a"]);
});

test("with --overload 503 a request beyond --limit-in-flight is answered with 503, and the one in progress goes on", async (t) => {
  const { application, began, open } = gated();
  const server = serve(t, application, { limitInFlight: 1, overload: "503", accessLog: "-" });
  const a = await connect(t, server);
  a.send(get("/a"));
  while (began.length === 0) await new Promise(setImmediate);
  const b = await connect(t, server);
  b.send(get("/b"));
  const answer = await b.response();
  assert.deepEqual([answer.status, answer.fields["connection"], server.worker.inFlight], [503, "close", 1]);
  assert.match(server.accessLines[0]!, /"GET \/b HTTP\/1\.1" 503 /);
  assert.match(server.log[0]!.message, /--limit-in-flight requests are in progress/);
  open("/a");
  assert.equal((await a.response()).status, 200);
});

test("a client that takes nothing of its response is dropped after --write-timeout, and the application hears of it", async (t) => {
  const ended = deferred<Error>();
  const closed = deferred<void>();
  const server = serve(
    t,
    (environ, startResponse) => {
      environ["tsgi.signal"].addEventListener("abort", () => ended.resolve(environ["tsgi.signal"].reason as Error));
      startResponse("200 OK", []);
      const block = Buffer.alloc(1 << 20);
      return {
        *[Symbol.iterator]() {
          for (;;) yield block;
        },
        close: () => closed.resolve(),
      };
    },
    { writeTimeout: 0.2 },
  );
  const client = await connect(t, server);
  client.socket.pause();
  client.send(get("/"));
  assert.match((await ended.promise).message, /took nothing of the response for --write-timeout/);
  await closed.promise;
  while (server.worker.connections > 0) await new Promise(setImmediate);
  assert.match(server.log.at(-1)!.message, /took nothing of the response/);
});

test("a client that takes nothing of its last response does not hold the connection for ever", async (t) => {
  const big = Buffer.alloc(8 << 20);
  const server = serve(
    t,
    (_environ, startResponse) => {
      startResponse("200 OK", []);
      return [big];
    },
    { writeTimeout: 0.2 },
  );
  const client = await connect(t, server);
  client.socket.pause();
  client.socket.on("error", () => {});
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  client.socket.resume();
  await once(client.socket, "data");
  client.socket.pause();
  while (server.worker.connections > 0) await new Promise(setImmediate);
  assert.match(server.log.at(-1)!.message, /took nothing of the response/);
});

test("what was refused has a line in the access log", async (t) => {
  const server = serve(t, hello, { accessLog: "-" });
  const client = await connect(t, server);
  client.send("GET / HTTP/1.1\r\nHost : h\r\n\r\n");
  await client.response();
  assert.match(server.accessLines[0]!, /^127\.0\.0\.1 - - \[[^\]]+\] "-" 400 \d+ "-" "-"$/);
});
