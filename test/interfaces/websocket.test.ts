// Websockets through the worker's own connections: a client of the `ws` library, real sockets.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { WebSocket } from "ws";
import { WAIT } from "../../src/gateway/exchange.ts";
import type { WebSocketAcceptance } from "../../src/gateway/host.ts";
import type { Gateway } from "../../src/worker/reception.ts";
import { nothing, serveGateway } from "../support/worker.ts";

/** Makes a websocket of every request. */
const accepting =
  (acceptance: WebSocketAcceptance): Gateway =>
  (host) =>
  ({ head }) => {
    let asked = false;
    return {
      requestId: host.nextRequestId(),
      next: () => {
        if (asked) return WAIT;
        asked = true;
        return host.websockets!.accept(head, acceptance);
      },
      ...{ lookup: nothing, drain: nothing, warn: nothing, abort: nothing },
      expire: () => assert.fail("there is no limit"),
    };
  };

const echo: WebSocketAcceptance = {
  open: (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
};

test("a request becomes a websocket on the worker's own socket, with the protocol and the fields of its answer", async (t) => {
  const acceptance = { ...echo, protocol: "chat", fields: ["X-Served-By", "tsgi \xe9"] };
  const server = serveGateway(accepting(acceptance), { accessLog: "-" });
  t.after(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/chat`, ["chat"]);
  const [[response]] = await Promise.all([once(client, "upgrade"), once(client, "open")]);
  assert.deepEqual(
    [response.statusCode, response.headers["x-served-by"], response.headers.server],
    [101, "tsgi \xe9", undefined],
  );
  assert.deepEqual([client.protocol, server.worker.websockets, server.worker.inFlight], ["chat", 1, 0]);
  for (const [sent, isBinary] of [
    ["text", false],
    [Buffer.alloc(200_000, 7), true],
  ] as const) {
    client.send(sent);
    const [data, binary] = await once(client, "message");
    assert.deepEqual([Buffer.from(sent).equals(data), binary], [true, isBinary]);
  }
  client.close(1000);
  const [code] = await once(client, "close");
  assert.equal(code, 1000);
});

test("a websocket counts as a connection and not as a request in flight, and its line is written when it is over", async (t) => {
  const server = serveGateway(accepting(echo), { accessLog: "-", accessLogFormat: "%(r)s %(s)s" });
  t.after(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/chat`);
  await once(client, "open");
  assert.deepEqual([server.worker.connections, server.worker.served, server.accessLines.length], [1, 1, 0]);
  client.terminate();
  while (server.worker.connections > 0) await new Promise(setImmediate);
  assert.deepEqual([server.worker.websockets, server.accessLines], [0, ["GET /chat HTTP/1.1 101"]]);
});

for (const [how, code] of [
  ["restarts", 1012],
  ["stops", 1001],
] as const) {
  test(`when the worker ${how}, a client hears ${code} and the connection ends`, async (t) => {
    const server = serveGateway(accepting(echo));
    t.after(() => server.close());
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
    await once(client, "open");
    const empty = new Promise<void>((resolve) => server.worker.drain(nothing, resolve, "a test", code));
    const [heard] = await once(client, "close");
    await empty;
    assert.equal(heard, code);
  });
}
