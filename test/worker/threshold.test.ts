// A worker whose code may change, on real sockets: what stops between two requests, what goes in, and what is given back.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { test } from "node:test";
import type { Application } from "../../src/gateway/types.ts";
import { get } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { gated, turns } from "../support/gated.ts";
import { nothing } from "../support/worker.ts";

const echo: Application = async (environ, startResponse) => {
  const body = await environ["tsgi.input"].read();
  startResponse("200 OK", []);
  return [`${environ.PATH_INFO} ${body.toString()}`];
};

const post = (target: string, body: string): string =>
  `POST ${target} HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test("the application is not called before the code is known to be fresh, on a new connection and on an old one", async (t) => {
  const { server, asked, questions, connect } = gated(t, echo);
  const client = await connect();
  for (const ticket of [1, 2, 3]) {
    client.send(get(`/${ticket}`));
    await questions(ticket);
    await turns();
    assert.deepEqual([server.worker.inFlight, client.received], [0, ""]);
    server.worker.gate?.fresh(ticket);
    assert.equal((await client.response()).body, `/${ticket} `);
  }
  assert.deepEqual(asked, [1, 2, 3]);
});

test("requests of a pipeline are asked for one by one, and the last of them belongs to the answer before its own question", async (t) => {
  const { server, asked, questions, connect } = gated(t, echo);
  const client = await connect();
  client.send(post("/a", "one") + post("/b", "two") + get("/c"));
  for (const [at, body] of ["/a one", "/b two", "/c "].entries()) {
    await questions(at + 1);
    await turns();
    assert.equal(client.received, "");
    server.worker.gate?.fresh(at + 1);
    assert.equal((await client.response()).body, body);
  }
  assert.equal(asked.length, 3);
});

test("every cut of two requests gives the same answers", async (t) => {
  const { agree, connect } = gated(t, echo);
  agree();
  const all = post("/a", "one") + post("/b", "two");
  for (let cut = 1; cut < all.length; cut += 1) {
    const client = await connect();
    client.send(all.slice(0, cut));
    await turns(3);
    client.send(all.slice(cut));
    assert.deepEqual([(await client.response()).body, (await client.response()).body], ["/a one", "/b two"], `${cut}`);
    client.close();
  }
});

test("a body that comes after its head, larger than what is read ahead, arrives whole", async (t) => {
  const { server, questions, connect, agree } = gated(t, echo);
  const client = await connect();
  const body = "x".repeat(300_000);
  client.send(post("/a", body) + post("/b", body));
  await questions(1);
  await turns();
  assert.equal(server.worker.inFlight, 0);
  agree();
  assert.equal((await client.response()).body, `/a ${body}`);
  assert.equal((await client.response()).body, `/b ${body}`);
});

test("a client that ends its side behind its requests is answered, and so is one that does while it waits", async (t) => {
  const { questions, connect, agree } = gated(t, echo);
  const client = await connect();
  client.socket.end(get("/a") + get("/b"));
  await questions(1);
  await turns();
  agree();
  assert.equal((await client.response()).body, "/a ");
  assert.equal((await client.response()).body, "/b ");
  assert.equal(await client.rest(), "");
});

test("empty lines before a request are no request: the connection is between two of them again", async (t) => {
  const { server, given, connect, questions, agree } = gated(t, echo);
  agree();
  const client = await connect();
  client.send("\r\n");
  await questions(1);
  await turns();
  server.worker.giveBack(nothing, "a test");
  assert.equal(given.length, 1);
});

test("a client that leaves while it waits is forgotten when its answer comes", async (t) => {
  const { server, connect, questions } = gated(t, echo);
  const client = await connect();
  client.send(get("/a"));
  await questions(1);
  client.socket.resetAndDestroy();
  server.worker.gate?.fresh(1);
  while (server.worker.connections > 0) await new Promise(setImmediate);
  assert.equal(server.worker.inFlight, 0);
});

test("the time for a head begins with its first byte and goes on while it waits: 408 when nobody answers", async (t) => {
  const { connect } = gated(t, echo, { headTimeout: 1 });
  const client = await connect();
  client.send(get("/a"));
  assert.equal((await client.response()).status, 408);
  assert.equal(await client.rest(), "");
});

test("when the master is gone, and when the worker leaves in the usual way, everybody is let in", async (t) => {
  for (const end of ["alone", "drain"] as const) {
    const { server, connect, questions } = gated(t, echo);
    const client = await connect();
    client.send(get("/a"));
    await questions(1);
    if (end === "alone") server.worker.alone();
    else server.worker.drain(nothing, nothing, "a test");
    const { body, fields } = await client.response();
    assert.deepEqual([body, fields["connection"]], ["/a ", end === "alone" ? undefined : "close"]);
  }
});

test("what has no request is given back: nothing of it, the bytes at the gate, or what came behind a request", async (t) => {
  const go = deferred();
  const { server, given, asked, connect, questions } = gated(t, async (environ, startResponse) => {
    if (environ.PATH_INFO === "/slow") await go.promise;
    startResponse("200 OK", [["Content-Length", "2"]]);
    return ["ok"];
  });
  const fresh = (): void => server.worker.gate?.fresh(asked.at(-1)!);
  await connect();
  const [waiting, slow, half] = await Promise.all([connect(), connect(), connect()]);
  slow.send(get("/slow") + get("/behind"));
  await questions(1);
  fresh();
  half.send("GET /half HTTP/1.1\r\n");
  await questions(2);
  fresh();
  waiting.send(get("/waits"));
  await questions(3);
  while (server.worker.connections < 4) await new Promise(setImmediate);
  const empty = deferred();
  server.worker.giveBack(empty.resolve, "a test");
  assert.deepEqual(
    given.map(({ listener, read }) => [listener, String(read)]).sort(),
    [
      [0, ""],
      [0, get("/waits")],
    ].sort(),
  );
  // Late answers change nothing.
  fresh();
  go.resolve();
  half.send("Host: h\r\n\r\n");
  for (const client of [slow, half]) {
    const { body, fields } = await client.response();
    assert.deepEqual([body, fields["connection"]], ["ok", undefined], "the client goes on with this connection");
  }
  await empty.promise;
  assert.deepEqual(
    given
      .slice(2)
      .map(({ read }) => String(read))
      .sort(),
    ["", get("/behind")],
  );
});

test("a connection goes back when its client has read the whole answer, and not before", async (t) => {
  const size = 8_000_000;
  const { server, given, agree, connect } = gated(t, (_environ, startResponse) => {
    startResponse("200 OK", [["Content-Length", String(size)]]);
    return [Buffer.alloc(size, "x")];
  });
  agree();
  const client = await connect();
  client.socket.pause();
  client.send(get("/"));
  while (server.worker.served === 0) await new Promise(setImmediate);
  server.worker.giveBack(nothing, "a test");
  await turns();
  assert.equal(given.length, 0);
  client.socket.resume();
  assert.equal((await client.response()).body.length, size);
  while (given.length === 0) await new Promise(setImmediate);
});

test("an event stream ends whole, and its connection goes back", async (t) => {
  const { server, given, agree, connect } = gated(t, async function* (environ, startResponse) {
    const signal = environ["tsgi.signal"];
    startResponse("200 OK", [["Content-Type", "text/event-stream"]]);
    yield "data: hello\n\n";
    if (!signal.aborted) await once(signal, "abort");
  });
  agree();
  const client = await connect();
  client.send(get("/"));
  await client.until((received) => received.includes("hello"));
  server.worker.giveBack(nothing, "a test");
  assert.equal((await client.response()).body, "data: hello\n\n");
  while (given.length === 0) await new Promise(setImmediate);
});

test("a client that closes after its answer is not given back, and a worker with nothing left says so", async (t) => {
  const go = deferred();
  const { server, given, agree, connect } = gated(t, async (_environ, startResponse) => {
    await go.promise;
    startResponse("200 OK", []);
    return ["ok"];
  });
  agree();
  const client = await connect();
  client.send(get("/", "Connection: close\r\n"));
  while (server.worker.inFlight === 0) await new Promise(setImmediate);
  const empty = deferred();
  server.worker.giveBack(empty.resolve, "a test");
  go.resolve();
  assert.equal((await client.response()).body, "ok");
  client.socket.end();
  await empty.promise;
  assert.equal(given.length, 0);
});

test("when the master goes while connections are given back, those that are left end as in any worker that leaves", async (t) => {
  const go = deferred();
  const { server, agree, connect } = gated(t, async (_environ, startResponse) => {
    await go.promise;
    startResponse("200 OK", []);
    return ["ok"];
  });
  agree();
  const client = await connect();
  client.send(get("/"));
  while (server.worker.inFlight === 0) await new Promise(setImmediate);
  const empty = deferred();
  server.worker.giveBack(empty.resolve, "a test");
  server.worker.alone();
  go.resolve();
  assert.equal((await client.response()).fields["connection"], "close");
  client.close();
  await empty.promise;
});
