// Connections that wait, and when memory has come to rest.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { holdIdle, isAtRest, openFilesLimit } from "../../bench/idle.ts";

async function serve(t: TestContext, listener: RequestListener) {
  const server = createServer(listener);
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}/`, sockets };
}

test("each connection is opened, served once and kept; one that the server closes is counted as lost", async (t) => {
  let served = 0;
  const { url, sockets } = await serve(t, (_request, response) => {
    served += 1;
    response.end("hi");
  });
  const idle = await holdIdle(url, 100);
  assert.deepEqual([served, sockets.length, idle.lost()], [100, 100, 0]);
  sockets[0]!.destroy();
  while (idle.lost() === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(idle.lost(), 1);
  // What comes is a reset, so `once` of node:events would reject for the error before the close.
  const closed = Promise.all(sockets.slice(1).map((socket) => new Promise((resolve) => socket.once("close", resolve))));
  idle.close();
  await closed;
});

test("an answer that is no 200, and a close instead of one, are errors", async (t) => {
  const failing = await serve(t, (_request, response) => response.writeHead(503).end("no"));
  await assert.rejects(holdIdle(failing.url, 3), /answered HTTP\/1\.1 503/);
  const closing = await serve(t, (request) => request.socket.destroy());
  await assert.rejects(holdIdle(closing.url, 3), /closed before it was served|ECONNRESET/);
});

test("memory is at rest when the last five samples lie within two thousandths", () => {
  assert.equal(isAtRest([1_000, 1_000, 1_000, 1_000]), false);
  assert.equal(isAtRest([1_000, 1_000, 1_002, 1_000, 1_000]), true);
  assert.equal(isAtRest([1_000, 1_000, 1_003, 1_000, 1_000]), false);
  assert.equal(isAtRest([500, 1_000, 1_000, 1_000, 1_000, 1_000]), true);
});

test("the limit of open files is read from what the kernel prints", () => {
  const line = "Max open files            20000                20000                files     \n";
  assert.equal(openFilesLimit(`Limit  Soft Limit\nMax processes  1  1  processes\n${line}`), 20_000);
  assert.equal(openFilesLimit("Max open files  unlimited  unlimited  files\n"), Number.POSITIVE_INFINITY);
});
