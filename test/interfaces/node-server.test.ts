import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { test } from "node:test";
import { offeredServer, WorkerServer } from "../../src/interfaces/node-server.ts";
import { get, RawClient } from "../support/client.ts";
import { INFO } from "../support/exchange.ts";
import { serveNode } from "../support/node-worker.ts";

test("the server that is offered stays the same until it has an application, and an adopted one takes its place", () => {
  const offered = offeredServer();
  assert.equal(offeredServer(), offered);
  assert.equal(new WorkerServer(() => {}).server, offered);
  assert.notEqual(new WorkerServer(() => {}).server, offered);
  const own = createServer();
  assert.equal(new WorkerServer(own).server, own);
  assert.equal(offeredServer(), own);
});

test("a server that is served says that it listens, where, and tells who waits for it", async () => {
  const server = createServer();
  const worker = new WorkerServer(server);
  const listening = once(server, "listening");
  worker.started();
  await listening;
  assert.deepEqual([server.listening, server.address()], [true, null]);
  worker.met(INFO);
  assert.deepEqual(server.address(), { address: "127.0.0.1", family: "IPv4", port: 8000 });
  worker.stopped();
  assert.equal(server.listening, false);
});

test("close waits until the worker stops, `close` comes once, and later calls are answered at once", async () => {
  const server = createServer();
  const worker = new WorkerServer(server);
  const heard: string[] = [];
  server.on("close", () => heard.push("close"));
  server.close(() => heard.push("done"));
  await new Promise(setImmediate);
  assert.deepEqual(heard, []);
  worker.stopped();
  worker.stopped();
  assert.deepEqual(heard, ["close", "done"]);
  await new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
});

test("connection comes once a connection, with the socket of its requests, and Node's own listener does not read it", async (t) => {
  const server = createServer((q, s) => s.end(String(sockets.includes(q.socket))));
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  const worker = serveNode(t, server);
  const client = await RawClient.connect(worker.port);
  t.after(() => client.close());
  for (let i = 0; i < 2; i += 1) {
    client.send(get("/"));
    assert.equal((await client.response()).body, "true");
  }
  assert.equal(sockets.length, 1);
  client.close();
  await once(sockets[0]!, "close");
});

test("the classes that a server was made with are those of its requests", async (t) => {
  const { IncomingMessage, ServerResponse } = await import("node:http");
  class Request extends IncomingMessage {
    get greeting(): string {
      return `hello ${this.url}`;
    }
  }
  class Response<R extends InstanceType<typeof IncomingMessage>> extends ServerResponse<R> {
    say(text: string): void {
      this.end(text);
    }
  }
  const server = createServer({ IncomingMessage: Request, ServerResponse: Response }, (q, s) => s.say(q.greeting));
  assert.equal(await (await fetch(`${serveNode(t, server).url}/ada`)).text(), "hello /ada");
});
