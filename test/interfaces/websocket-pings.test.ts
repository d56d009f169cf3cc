import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Pinged, Pings } from "../../src/interfaces/websocket-pings.ts";

/** A socket as far as it is looked at, and what was done with it. */
function socketOf(name: string, did: string[]) {
  const wire = { bytesRead: 0, paused: false, isPaused: () => wire.paused };
  const socket: Pinged & { readyState: number } = {
    ...{ wire, readyState: 1, seenBytes: 0, quietTicks: 0, isPinged: false },
    ping: () => void did.push(`ping ${name}`),
    terminate: () => void did.push(`drop ${name}`),
  };
  return { wire, socket };
}

/** Pings with a look a second, moved by hand. */
function pingsOf(t: TestContext, settings = { interval: 10, timeout: 10 }) {
  t.mock.timers.enable({ apis: ["setInterval", "setImmediate"] });
  const did: string[] = [];
  const pings = new Pings(settings);
  return {
    pings,
    add(name: string) {
      const made = socketOf(name, did);
      pings.add(made.socket);
      return made;
    },
    since(seconds: number) {
      for (let i = 0; i < seconds; i += 1) t.mock.timers.tick(1_000);
      return did.splice(0);
    },
  };
}

test("a socket is pinged after the interval, dropped after the timeout, and lives on for every byte that comes", (t) => {
  const { add, since } = pingsOf(t);
  const dead = add("dead");
  const alive = add("alive");
  assert.deepEqual(since(9), []);
  assert.deepEqual(since(1), ["ping dead", "ping alive"]);
  alive.wire.bytesRead += 1;
  assert.deepEqual(since(9), []);
  assert.deepEqual(since(1), ["drop dead"]);
  dead.socket.readyState = 2;
  assert.deepEqual(since(1), ["ping alive"]);
});

test("one that is closing, or that its application does not read, is not judged, and has the whole time afterwards", (t) => {
  const { add, since } = pingsOf(t);
  const closing = add("closing");
  const paused = add("paused");
  closing.socket.readyState = 2;
  paused.wire.paused = true;
  assert.deepEqual(since(50), []);
  paused.wire.paused = false;
  assert.deepEqual(since(9), []);
  assert.deepEqual(since(11), ["ping paused", "drop paused"]);
});

test("an interval of 0 never looks, and a timeout of 0 never drops", (t) => {
  const never = pingsOf(t, { interval: 0, timeout: 10 });
  never.add("a");
  assert.deepEqual(never.since(100), []);
  t.mock.timers.reset();
  const patient = pingsOf(t, { interval: 10, timeout: 0 });
  patient.add("b");
  assert.deepEqual(patient.since(100), ["ping b"]);
});

test("there is one timer for all sockets, and none when they are gone", (t) => {
  const started: unknown[] = [];
  const stopped: unknown[] = [];
  const { setInterval: start, clearInterval: stop } = globalThis;
  t.mock.method(globalThis, "setInterval", (...all: Parameters<typeof setInterval>) => {
    started.push(all[1]);
    return start(...all);
  });
  t.mock.method(globalThis, "clearInterval", (timer: NodeJS.Timeout) => {
    stopped.push(timer);
    stop(timer);
  });
  const pings = new Pings({ interval: 20, timeout: 30 });
  const sockets = Array.from({ length: 100 }, (_none, i) => socketOf(String(i), []).socket);
  for (const socket of sockets) pings.add(socket);
  assert.deepEqual(started, [2_000]);
  for (const socket of sockets) pings.delete(socket);
  pings.delete(sockets[0]!);
  assert.equal(stopped.length, 1);
  pings.add(sockets[0]!);
  pings.delete(sockets[0]!);
  assert.deepEqual([started.length, stopped.length], [2, 2]);
});

test("thousands that are due together are pinged some at a time, and a look is not begun before the last one is over", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const held: (() => void)[] = [];
  t.mock.method(globalThis, "setImmediate", (next: () => void) => void held.push(next));
  const did: string[] = [];
  const pings = new Pings({ interval: 10, timeout: 10 });
  for (let i = 0; i < 600; i += 1) pings.add(socketOf(String(i), did).socket);
  for (let i = 0; i < 10; i += 1) {
    t.mock.timers.tick(1_000);
    if (i < 9) while (held.length > 0) held.shift()!();
  }
  assert.equal(did.length, 256);
  t.mock.timers.tick(1_000);
  assert.equal(did.length, 256);
  while (held.length > 0) held.shift()!();
  assert.equal(did.length, 600);
});
