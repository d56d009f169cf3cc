import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { WebSocketServer } from "ws";
import { frameOf, runEcho } from "../../bench/echo.ts";

/** A websocket server that answers each message with `answer`. */
async function serving(
  t: { after(end: () => void): void },
  answer: (data: Buffer) => Buffer | string,
): Promise<string> {
  const server: Server = createServer();
  const websockets = new WebSocketServer({ server });
  websockets.on("connection", (socket) =>
    socket.on("message", (data: Buffer) => socket.send(answer(data), { binary: false })),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const client of websockets.clients) client.terminate();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test("a client's frame is masked, a server's is not, and both are one text message", () => {
  assert.deepEqual([...frameOf(2, "client")], [0x81, 0x82, 0, 0, 0, 0, 0x78, 0x78]);
  assert.deepEqual([...frameOf(2, "server")], [0x81, 2, 0x78, 0x78]);
  assert.throws(() => frameOf(126, "client"), RangeError);
});

test("echoes are counted, and none is a complaint", async (t) => {
  const url = await serving(t, (data) => data);
  const { requests, complaints } = await runEcho(url, { seconds: 0.2, connections: 3, size: 100 });
  assert.deepEqual([complaints, requests > 3], [[], true]);
});

test("what comes back changed is a complaint", async (t) => {
  const url = await serving(t, (data) => `y${data.subarray(1)}`);
  const { requests, complaints } = await runEcho(url, { seconds: 0.2, connections: 1, size: 4 });
  assert.deepEqual([requests, complaints], [0, ["an answer that is no echo: 810479787878", "no message came back"]]);
});

test("a server that lets nobody in is an error that says what it answered", async (t) => {
  const server = createServer((_request, response) => response.writeHead(404).end()).on("upgrade", (_request, socket) =>
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const load = { seconds: 0.1, connections: 1, size: 4 };
  await assert.rejects(runEcho(`http://127.0.0.1:${port}/`, load), /answered HTTP\/1\.1 403/);
});
