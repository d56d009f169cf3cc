import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type TestContext, test } from "node:test";
import express from "express";
import { Server } from "socket.io";
import { io, type Socket } from "socket.io-client";
import { WebSocket, WebSocketServer } from "ws";
import { RequestError } from "../../src/gateway/exchange.ts";
import { server } from "../../src/interfaces/node-api.ts";
import { get, RawClient } from "../support/client.ts";
import { serveNode } from "../support/node-worker.ts";
import { nothing } from "../support/worker.ts";

function clientOf(t: TestContext, port: number, transport: string): Socket {
  const client = io(`http://127.0.0.1:${port}`, { transports: [transport], reconnection: false });
  t.after(() => client.close());
  return client;
}

const heard = (client: Socket, event: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    client.once(event, resolve);
    client.once("connect_error", reject);
  });

test("socket.io and an Express application share tsgi.server: websocket and polling both echo, and the application answers beside them", async (t) => {
  const sockets = new Server(server);
  t.after(() => void sockets.close());
  sockets.on("connection", (socket) =>
    socket.on("say", (text, reply) => reply(`${text} from ${socket.handshake.address}`)),
  );
  const app = express();
  app.get("/", (_request, response) => void response.send("beside"));
  const worker = serveNode(t, app, { accessLog: "-", accessLogFormat: "%(s)s %(U)s" });
  for (const transport of ["websocket", "polling"]) {
    const client = clientOf(t, worker.port, transport);
    assert.equal(await client.emitWithAck("say", transport), `${transport} from 127.0.0.1`);
    assert.equal((client.io.engine.transport as { name: string }).name, transport);
    client.close();
  }
  assert.equal(await (await fetch(`http://127.0.0.1:${worker.port}/`)).text(), "beside");
  assert.equal((await fetch(`http://127.0.0.1:${worker.port}/nowhere`)).status, 404);
  assert.deepEqual(worker.troubles, []);
});

test("a drain ends a websocket of socket.io with 1012, and the application sees a usual close", async (t) => {
  const http = createServer();
  const sockets = new Server(http);
  t.after(() => void sockets.close());
  const left = new Promise((resolve) => sockets.on("connection", (socket) => socket.on("disconnect", resolve)));
  const worker = serveNode(t, http);
  const client = clientOf(t, worker.port, "websocket");
  await heard(client, "connect");
  const closed = new Promise<unknown>((resolve) => client.once("disconnect", (_why, details) => resolve(details)));
  worker.worker.drain(nothing, nothing, "the test drains it", 1012);
  assert.equal(((await closed) as { context: { code: number } }).context.code, 1012);
  assert.equal(await left, "transport close");
});

test("ws on a server of the application: echo, a subprotocol, and a refusal by the library", async (t) => {
  const http = createServer((_request, response) => response.end("plain"));
  const sockets = new WebSocketServer({ server: http, path: "/ws", handleProtocols: () => "chat" });
  sockets.on("connection", (socket, request) => {
    assert.equal(request.socket.remoteAddress, "127.0.0.1");
    socket.on("message", (data) => socket.send(`echo ${data}`));
  });
  const worker = serveNode(t, http, { accessLog: "-", accessLogFormat: "%(s)s %(U)s" });
  const client = new WebSocket(`ws://127.0.0.1:${worker.port}/ws`, ["chat"]);
  await once(client, "open");
  client.send("hi");
  const [data] = await once(client, "message");
  assert.deepEqual([String(data), client.protocol], ["echo hi", "chat"]);
  client.close();
  await once(client, "close");
  const refused = new WebSocket(`ws://127.0.0.1:${worker.port}/other`);
  const [error] = await once(refused, "error");
  assert.match((error as Error).message, /400/);
  while (worker.accessLines.length < 2) await new Promise(setImmediate);
  assert.deepEqual(worker.accessLines, ["101 /ws", "400 /other"]);
});

test("what a client says behind its handshake reaches the listener, and so does what comes later", async (t) => {
  const http = createServer();
  http.on("upgrade", (request, socket, head) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
    socket.write(`${request.url} ${head} `);
    socket.on("data", (bytes) => socket.end(bytes));
  });
  const worker = serveNode(t, http);
  const client = await RawClient.connect(worker.port);
  t.after(() => client.close());
  client.send(`${get("/a", "Upgrade: echo\r\nConnection: Upgrade\r\n")}early`);
  await client.until((received) => received.includes("early"));
  client.send("late");
  assert.match(await client.rest(), /\r\n\r\n\/a early late$/);
});

test("without listeners to upgrade the request is a usual one", async (t) => {
  const worker = serveNode(
    t,
    createServer((_q, s) => s.end("usual")),
  );
  const client = await RawClient.connect(worker.port);
  t.after(() => client.close());
  client.send(get("/", "Upgrade: websocket\r\nConnection: Upgrade\r\n"));
  assert.equal((await client.response()).body, "usual");
});

test("a listener to upgrade that throws, or whose promise fails, is reported and its connection dropped", async (t) => {
  for (const [how, listener] of [
    ["throws", () => assert.fail("no upgrade")],
    ["rejects", () => Promise.reject(new RangeError("no upgrade"))],
  ] as const) {
    const http = createServer();
    http.on("upgrade", listener);
    const worker = serveNode(t, http);
    const client = await RawClient.connect(worker.port);
    client.send(get("/", "Upgrade: websocket\r\nConnection: Upgrade\r\n"));
    assert.equal(await client.rest(), "", how);
    assert.equal(worker.troubles.length, 1, how);
    assert.match(String(worker.troubles[0]!.error), /no upgrade/);
    assert.ok(!(worker.troubles[0]!.error instanceof RequestError));
  }
});
