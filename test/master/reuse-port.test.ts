import assert from "node:assert/strict";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { createHandle, listenWithoutAccepting, type NativeHandle } from "../../src/master/handles.ts";
import { bindFirst, explainReusePort, PortSockets } from "../../src/master/reuse-port.ts";
import { canReusePort } from "../support/reuse-port.ts";

const LOCAL = { host: "127.0.0.1", port: 0, family: 4 } as const;
const skip = { skip: !canReusePort() && "this Node cannot share a port between sockets" };

function held(t: TestContext, handle: NativeHandle | string): NativeHandle {
  assert.ok(typeof handle === "object", String(handle));
  t.after(() => handle.close());
  return handle;
}

function portOf(handle: NativeHandle): number {
  const name: { port?: number } = {};
  handle.getsockname?.(name);
  return name.port!;
}

test("the first socket has the port to itself, and others join it when they are asked for, once each", skip, (t) => {
  const first = held(t, bindFirst(LOCAL));
  assert.equal(listenWithoutAccepting(first, 8), undefined);
  const port = portOf(first);
  assert.equal(bindFirst({ ...LOCAL, port }), "EADDRINUSE");
  const sockets = PortSockets.beside(first, { host: LOCAL.host, port }, { backlog: 8 })!;
  assert.deepEqual([sockets.numbers, sockets.others], [[1], []]);
  assert.equal(sockets.get(1), first);
  const third = sockets.get(3);
  assert.ok(typeof third === "object");
  assert.equal(portOf(third), port);
  assert.equal(sockets.get(3), third);
  assert.deepEqual([sockets.numbers, sockets.others], [[1, 3], [third.fd]]);
  sockets.close();
  assert.deepEqual([sockets.numbers, portOf(first)], [[1], port]);
});

test("nobody joins a port that was not bound so", skip, (t) => {
  const alone = held(t, createHandle(LOCAL));
  assert.equal(listenWithoutAccepting(alone, 8), undefined);
  const port = portOf(alone);
  assert.equal(PortSockets.beside(alone, { host: LOCAL.host, port }, { backlog: 8 }), undefined);
  assert.equal(bindFirst({ ...LOCAL, port }), "EADDRINUSE");
});

test("an address that cannot be bound is told by its error, as without it", skip, () => {
  assert.equal(bindFirst({ host: "192.0.2.1", port: 0, family: 4 }), "EADDRNOTAVAIL");
});

test("where it cannot be had, the message says why, and what works", () => {
  const said = (["EADDRINUSE", "ENOTSUP"] as const).map((name) => explainReusePort(name));
  assert.deepEqual(
    said.map(({ code }) => code),
    ["usage", "usage"],
  );
  assert.equal(
    said[0]!.message,
    `--accept reuse-port: it needs Node 22.12 or newer, and this is Node ${process.versions.node}; shared and round-robin work here`,
  );
  assert.match(
    said[1]!.message,
    /^--accept reuse-port: this system \(\w+\) does not .*; shared and round-robin work here$/,
  );
  if (!canReusePort()) assert.throws(() => bindFirst(LOCAL), said[0]);
});
