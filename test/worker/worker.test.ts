import assert from "node:assert/strict";
import { test } from "node:test";
import type { Application } from "../../src/gateway/types.ts";
import { FAULTS } from "../../src/protocol/faults.ts";
import { monotonicMs } from "../../src/worker/board.ts";
import type { ListenHandle } from "../../src/worker/transport.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { nothing, serveInProcess } from "../support/worker.ts";

const hello: Application = (environ, startResponse) => {
  startResponse("200 OK", []);
  environ["tsgi.errors"].write("a line\n");
  return [environ["tsgi.request_id"]];
};

test("a worker counts connections, requests in progress and requests served", async (t) => {
  const go = deferred();
  const server = serveInProcess(async (environ, startResponse) => {
    await go.promise;
    return hello(environ, startResponse) as string[];
  });
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  client.send(get("/"));
  while (server.worker.inFlight === 0) await new Promise(setImmediate);
  assert.deepEqual([server.worker.connections, server.worker.inFlight, server.worker.served], [1, 1, 0]);
  go.resolve();
  await client.response();
  assert.deepEqual([server.worker.inFlight, server.worker.served], [0, 1]);
  client.close();
  while (server.worker.connections > 0) await new Promise(setImmediate);
});

test("a worker counts as errors what it answered with 5xx, and what the application cut", async (t) => {
  const server = serveInProcess(function* (environ, startResponse) {
    startResponse(environ["PATH_INFO"] === "/500" ? "500 Internal Server Error" : "404 Not Found", []);
    yield "a part";
    if (environ["PATH_INFO"] === "/cut") throw new Error("too late");
  });
  t.after(() => server.close());
  for (const [path, errors] of [
    ["/404", 0],
    ["/500", 1],
    ["/cut", 2],
    ["/404", 2],
  ] as const) {
    const client = await RawClient.connect(server.port);
    client.send(get(path, "Connection: close\r\n"));
    await client.rest();
    client.close();
    assert.equal(server.worker.errors, errors, path);
  }
  assert.equal(server.worker.served, 4);
});

test("a client that leaves is no error of the worker's", async (t) => {
  const server = serveInProcess(() => new Promise<string[]>(() => {}));
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  client.send(get("/"));
  while (server.worker.inFlight === 0) await new Promise(setImmediate);
  client.close();
  while (server.worker.inFlight > 0) await new Promise(setImmediate);
  assert.deepEqual([server.worker.served, server.worker.errors], [1, 0]);
});

test("a worker knows the requests that the application has, and no others", async (t) => {
  const go = deferred();
  const server = serveInProcess(async (environ, startResponse) => {
    await go.promise;
    return hello(environ, startResponse) as string[];
  });
  t.after(() => server.close());
  const idle = await RawClient.connect(server.port);
  const clients = [await RawClient.connect(server.port), await RawClient.connect(server.port)];
  for (const [i, client] of clients.entries()) {
    client.send(get(`/${i}?x=${i}`));
    while (server.worker.inFlight <= i) await new Promise(setImmediate);
  }
  const before = monotonicMs();
  const open = server.worker.openRequests(10);
  assert.deepEqual(
    open.map(({ id, method, target }) => [id, method, target]),
    [
      ["id-1", "GET", "/0?x=0"],
      ["id-2", "GET", "/1?x=1"],
    ],
  );
  for (const { startedAt } of open) assert.ok(startedAt <= monotonicMs() && startedAt > before - 60_000);
  assert.equal(server.worker.openRequests(1).length, 1);
  go.resolve();
  for (const client of clients) await client.response();
  assert.deepEqual(server.worker.openRequests(10), []);
  for (const client of [idle, ...clients]) client.close();
});

test("lines of tsgi.errors carry the id of their request", async (t) => {
  const server = serveInProcess(hello);
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  client.send(get("/"));
  const id = (await client.response()).body;
  assert.deepEqual(server.log, [{ level: "error", message: "a line", fields: { requestId: id } }]);
});

test("an empty worker that drains is empty at once, and draining twice tells nobody twice", async (t) => {
  const server = serveInProcess(hello);
  t.after(() => server.close());
  const empty = deferred();
  let stops = 0;
  const stopped = () => {
    stops += 1;
  };
  server.worker.drain(stopped, empty.resolve, "a test");
  server.worker.drain(stopped, () => assert.fail("told twice"), "a test");
  await empty.promise;
  assert.equal(stops, 1);
});

test("connections that were queued when a worker begins to drain are accepted and answered", async (t) => {
  const server = serveInProcess(hello);
  t.after(() => server.close());
  // Each asks as soon as it is connected: an idle connection of a leaving worker has only half a second.
  const connecting = Array.from({ length: 20 }, async () => {
    const client = await RawClient.connect(server.port);
    client.send(get("/"));
    return client;
  });
  server.worker.drain(nothing, nothing, "a test");
  for (const client of await Promise.all(connecting)) {
    const response = await client.response();
    assert.deepEqual([response.status, response.fields["connection"]], [200, "close"]);
    client.close();
  }
});

test("abandon drops every connection", async (t) => {
  const server = serveInProcess(() => new Promise(() => {}));
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  client.send(get("/"));
  while (server.worker.inFlight === 0) await new Promise(setImmediate);
  server.worker.abandon(nothing, "a test");
  await client.rest();
  assert.deepEqual([server.worker.connections, server.worker.inFlight], [0, 0]);
});

test("the access log has the client that a trusted proxy names, and the peer of a request that was refused", async (t) => {
  const server = serveInProcess(hello, { accessLog: "-", accessLogFormat: "%(h)s %(s)s" });
  t.after(() => server.close());
  await ask(server.port, get("/", "X-Forwarded-For: 203.0.113.9\r\n"));
  await ask(server.port, get("/", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: ftp\r\n"));
  await ask(server.port, get("/"));
  assert.deepEqual(server.accessLines, ["203.0.113.9 200", "127.0.0.1 400", "127.0.0.1 200"]);
});

test("a proxy that cannot be believed is a warning, but not one for each request", async (t) => {
  const server = serveInProcess(hello);
  t.after(() => server.close());
  for (let i = 0; i < 3; i += 1) await ask(server.port, get("/", "X-Forwarded-Proto: ftp\r\n"));
  const { why } = FAULTS["edge.bad-forwarded-proto"];
  assert.deepEqual(server.log, [
    {
      level: "warn",
      message: `refused a request from 127.0.0.1: ${why}`,
      fields: { status: 400, fault: "edge.bad-forwarded-proto", at: 0, requestId: "id-1" },
    },
  ]);
  assert.deepEqual(server.troubles, []);
});

test("a client's field with an underscore is refused without a warning", async (t) => {
  const server = serveInProcess(hello, { underscores: "refuse" });
  t.after(() => server.close());
  assert.equal((await ask(server.port, get("/", "X_Y: z\r\n"))).status, 400);
  assert.deepEqual(
    server.log.map(({ level, fields }) => [level, (fields as { fault: string }).fault]),
    [["info", "edge.underscore-field"]],
  );
});

test("a listener that comes to a worker that leaves is not opened: what waits there is left to others", async (t) => {
  const server = serveInProcess(hello);
  t.after(() => server.close());
  const empty = deferred();
  server.worker.drain(nothing, empty.resolve, "a test");
  await empty.promise;
  const listener = { index: 1, url: "unix:/nowhere", address: { kind: "unix", path: "/nowhere" } } as const;
  server.worker.listen({} as ListenHandle, listener, 511);
  const again = deferred();
  server.worker.abandon(again.resolve, "a test");
  await again.promise;
});
