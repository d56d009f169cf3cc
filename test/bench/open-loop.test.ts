// The load at a fixed rate, against real sockets.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { runOpenLoop } from "../../bench/open-loop.ts";

const answer = (head = ""): string => `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${head}\r\nhi`;

async function serve(t: TestContext, hear: (socket: Socket, count: number) => void): Promise<string> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("data", () => hear(socket, count++));
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
}

const LOAD = { rate: 1_000, seconds: 0.1, warmSeconds: 0.05, graceSeconds: 5, connections: 4, body: "hi" };

test("every planned request is sent and answered", async (t) => {
  let served = 0;
  const url = await serve(t, (socket) => {
    served += 1;
    socket.write(answer());
  });
  const found = await runOpenLoop(url, LOAD);
  assert.deepEqual([found.answered, served, found.complaints], [150, 150, []]);
  assert.ok(found.p50Ms > 0 && found.p99Ms >= found.p50Ms);
});

test("an answer in two pieces counts once, when it is whole", async (t) => {
  const url = await serve(t, (socket) => {
    socket.write(answer().slice(0, 20));
    setImmediate(() => socket.write(answer().slice(20)));
  });
  const found = await runOpenLoop(url, LOAD);
  assert.deepEqual([found.answered, found.complaints], [150, []]);
});

test("a request that had to wait for a server that stood still is late from when it was due", async (t) => {
  // The first answer comes only when all the other requests are overdue; they could not even be sent on the one connection.
  const url = await serve(t, (socket, count) => {
    if (count > 0) socket.write(answer());
    else setTimeout(() => socket.write(answer()), 200);
  });
  const found = await runOpenLoop(url, { ...LOAD, warmSeconds: 0, connections: 1 });
  assert.equal(found.answered, 100);
  // Sent and answered one by one each of them took next to nothing: half of them would not be as late as the plan is long.
  assert.ok(found.p50Ms >= 100, `${found.p50Ms}`);
});

test("an announced close is followed by a new connection, and is no complaint", async (t) => {
  const url = await serve(t, (socket, count) => {
    if (count % 10 === 9) socket.end(answer("Connection: close\r\n"));
    else socket.write(answer());
  });
  const found = await runOpenLoop(url, LOAD);
  assert.deepEqual([found.answered, found.complaints], [150, []]);
});

test("a close without a word and an answer that is no success are complaints", async (t) => {
  const closing = await serve(t, (socket) => socket.destroy());
  const closed = await runOpenLoop(closing, LOAD);
  assert.match(closed.complaints.join(), /closed a connection without a word.*no request was answered/);
  const failing = await serve(t, (socket) => socket.write("HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nhi"));
  const failed = await runOpenLoop(failing, LOAD);
  assert.match(failed.complaints.join(), /no success: HTTP\/1\.1 500/);
});

test("what is never answered counts as late, and is no complaint while other requests are answered", async (t) => {
  const url = await serve(t, (socket, count) => {
    if (count < 10) socket.write(answer());
  });
  const found = await runOpenLoop(url, { ...LOAD, graceSeconds: 0.5, seconds: 0.01, warmSeconds: 0, rate: 2_000 });
  assert.deepEqual([found.answered, found.p99Ms, found.complaints], [10, 500, []]);
});

test("a port that nobody listens on is an error", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  await assert.rejects(runOpenLoop(`http://127.0.0.1:${port}/`, LOAD), /ECONNREFUSED/);
});
