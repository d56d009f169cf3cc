import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import type { Carrier } from "../../src/gateway/exchange.ts";
import { Companion, NodeSocket } from "../../src/interfaces/node-socket.ts";
import type { ConnectionInfo } from "../../src/protocol/events.ts";
import { INFO } from "../support/exchange.ts";

const UNIX: ConnectionInfo = { remoteAddress: "", remotePort: "", localAddress: "", localPort: "", scheme: "http" };

function connection(): Carrier & { drops: number } {
  return {
    unsent: 0,
    drops: 0,
    destroy() {
      this.drops += 1;
    },
  };
}

const socketOf = (info: ConnectionInfo, carrier: Carrier | undefined = connection()): NodeSocket =>
  new NodeSocket({ info, carrier, server: createServer() });

test("a socket has the ends of its connection; on a Unix socket none, as under Node", () => {
  const socket = socketOf({ ...INFO, scheme: "https" });
  assert.ok(socket instanceof Socket);
  assert.deepEqual(
    [socket.remoteAddress, socket.remotePort, socket.remoteFamily, socket.localAddress, socket.localPort],
    ["192.0.2.7", 50123, "IPv4", "127.0.0.1", 8000],
  );
  assert.deepEqual(socket.address(), { address: "127.0.0.1", family: "IPv4", port: 8000 });
  assert.deepEqual(
    [socket.encrypted, socket.pending, socket.connecting, socket.readyState],
    [true, false, false, "open"],
  );
  assert.equal(socketOf({ ...INFO, remoteAddress: "2001:db8::1" }).remoteFamily, "IPv6");
  const unix = socketOf(UNIX);
  assert.deepEqual(
    [unix.remoteAddress, unix.remotePort, unix.remoteFamily, unix.address()],
    [...[undefined, undefined, undefined, {}]],
  );
});

test("destroy drops the connection once, and `close` comes when it is gone", async () => {
  const carrier = connection();
  const socket = socketOf(INFO, carrier);
  let closed = false;
  socket.on("close", () => {
    closed = true;
  });
  assert.equal(socket.destroy().destroyed, true);
  socket.destroy();
  await new Promise(setImmediate);
  assert.deepEqual([carrier.drops, closed], [1, false]);
  socket.gone();
  await new Promise(setImmediate);
  assert.equal(closed, true);
});

test("end drops it too, and what is written to it goes nowhere: the error says what to do instead", async () => {
  const carrier = connection();
  socketOf(INFO, carrier).end();
  await new Promise(setImmediate);
  assert.equal(carrier.drops, 1);
  const socket = socketOf(INFO);
  const error = await new Promise<Error | null | undefined>((resolve) => socket.write("x", resolve));
  assert.match(String(error), /the server writes to this connection/);
});

test("a timeout that is heard leaves the connection alone, one that is not drops it, and a touch puts it off", async (t) => {
  // The timers of a socket hold no process.
  const alive = setInterval(() => {}, 1_000);
  t.after(() => clearInterval(alive));
  const carrier = connection();
  const socket = socketOf(INFO, carrier);
  socket.server.on("timeout", () => {});
  socket.setTimeout(5);
  await once(socket, "timeout");
  assert.equal(carrier.drops, 0);
  socket.server.removeAllListeners("timeout");
  socket.touch();
  await once(socket, "timeout");
  assert.equal(carrier.drops, 1);
});

test("a connection has one socket, and one for each client that a proxy names; a late look at the first shows no other's address", () => {
  const carrier = connection();
  const parts = { info: INFO, carrier, server: createServer() };
  const companion = Companion.of(parts);
  assert.equal(Companion.of(parts), companion);
  const own = companion.socketFor(undefined);
  assert.equal(companion.socketFor(undefined), own);
  const ada = companion.socketFor({ ...INFO, remoteAddress: "203.0.113.7" });
  assert.equal(companion.socketFor({ ...INFO, remoteAddress: "203.0.113.7" }), ada);
  const bob = companion.socketFor({ ...INFO, remoteAddress: "203.0.113.8" });
  assert.deepEqual(
    [own, ada, bob].map(({ remoteAddress }) => remoteAddress),
    ["192.0.2.7", "203.0.113.7", "203.0.113.8"],
  );
  companion.closed();
  assert.deepEqual([own.destroyed, bob.destroyed], [true, true]);
});
