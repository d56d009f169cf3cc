// A websocket as an application has it, on a worker's own connection.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { RequestError } from "../../src/gateway/exchange.ts";
import type { WebSocketConnection } from "../../src/gateway/types.ts";
import { RawClient } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { CLOSE, closing, codeOf, frame, framesOf, handshake, TEXT } from "../support/websocket.ts";
import { type InProcess, serveInProcess } from "../support/worker.ts";

interface Talk {
  readonly client: WebSocket;
  readonly socket: WebSocketConnection;
  readonly server: InProcess;
  /** Lets the handler be over. */
  readonly leave: () => void;
}

/** Both ends of one websocket; the handler does nothing until it is let go. */
async function talk(t: TestContext): Promise<Talk> {
  const held = deferred<WebSocketConnection>();
  const over = deferred();
  const server = serveInProcess((environ) =>
    environ["tsgi.upgrade"]!((socket) => {
      held.resolve(socket);
      return over.promise;
    }),
  );
  t.after(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  t.after(() => client.terminate());
  await once(client, "open");
  return { client, server, socket: await held.promise, leave: () => over.resolve() };
}

const isGone = (message: RegExp) => (error: unknown) =>
  error instanceof RequestError && error.status === 499 && message.test(error.message);

test("messages that came before they were asked for are kept in their order, and the iteration ends with the connection", async (t) => {
  const { client, socket } = await talk(t);
  for (const sent of ["a", "b", "c"]) client.send(sent);
  client.close(3_000, "enough");
  assert.deepEqual(await socket.closed, { code: 3_000, reason: "enough" });
  const got: unknown[] = [];
  for await (const message of socket) got.push(message);
  assert.deepEqual(got, ["a", "b", "c"]);
});

test("a loop that is left leaves the connection alone: the next one goes on, and several askers are answered in turn", async (t) => {
  const { client, socket } = await talk(t);
  client.send("one");
  for await (const message of socket) {
    assert.equal(message, "one");
    break;
  }
  const iterator = socket[Symbol.asyncIterator]();
  const asked = [iterator.next(), iterator.next(), iterator.next()];
  client.send("two");
  client.send("three");
  client.close();
  assert.deepEqual(
    (await Promise.all(asked)).map(({ value }) => value),
    ["two", "three", undefined],
  );
});

test("a client that is gone without a word: 1006, the signal aborts, and a send is rejected with the same reason", async (t) => {
  const { client, socket } = await talk(t);
  const { signal } = socket;
  assert.deepEqual([signal.aborted, signal], [false, socket.signal]);
  client.terminate();
  assert.deepEqual(await socket.closed, { code: 1_006, reason: "" });
  assert.equal(signal.aborted, true);
  await assert.rejects(socket.send("x"), isGone(/closed/));
  await assert.rejects(socket.send("x"), (error) => error === signal.reason);
});

test("what is first looked at after the end is as if it had been looked at before", async (t) => {
  const { client, socket, server } = await talk(t);
  client.close(4_000);
  await once(client, "close");
  while (server.worker.connections > 0) await new Promise(setImmediate);
  assert.deepEqual([(await socket.closed).code, socket.signal.aborted], [4_000, true]);
  await assert.rejects(socket.send("x"), isGone(/\(4000\)/));
  socket.close();
});

test("a send that nobody awaits and that comes too late ends nothing", async (t) => {
  const { client, socket } = await talk(t);
  client.terminate();
  await socket.closed;
  void socket.send("x");
  await new Promise(setImmediate);
});

test("a send that is under way when the connection is lost is rejected", async (t) => {
  const { client, socket } = await talk(t);
  // Nobody reads, so that the system takes no more.
  client.pause();
  const sends = Array.from({ length: 40 }, () => socket.send(Buffer.alloc(1_000_000)));
  client.terminate();
  const outcomes = await Promise.allSettled(sends);
  assert.equal(outcomes.at(-1)?.status, "rejected");
});

test("only strings and bytes are messages", async (t) => {
  const { socket } = await talk(t);
  for (const wrong of [5, null, { a: 1 }]) {
    await assert.rejects(socket.send(wrong as never), { name: "TypeError", message: /expected a string or bytes/ });
  }
});

test("a close has the code and the reason that are given, and 1000 without", async (t) => {
  for (const [given, heard] of [
    [undefined, 1_000],
    [4_321, 4_321],
  ] as const) {
    const { client, socket } = await talk(t);
    socket.close(given, "é");
    const [code, reason] = await once(client, "close");
    assert.deepEqual([code, String(reason)], [heard, "é"]);
  }
});

test("a code or a reason that may not be sent is a RangeError, and nothing is closed", async (t) => {
  const { client, socket } = await talk(t);
  for (const code of [0, 999, 1_004, 1_005, 1_006, 1_015, 1_016, 2_999, 5_000, 1_000.5, "1000"]) {
    assert.throws(() => socket.close(code as number), { name: "RangeError", message: /close code/ }, String(code));
  }
  for (const reason of ["x".repeat(124), "é".repeat(62), 5]) {
    assert.throws(() => socket.close(1_000, reason as string), { name: "RangeError", message: /at most 123 bytes/ });
  }
  client.send("still here");
  assert.deepEqual(await socket[Symbol.asyncIterator]().next(), { done: false, value: "still here" });
  for (const code of [1_000, 1_003, 1_007, 1_014, 3_000, 4_999]) assert.doesNotThrow(() => socket.close(code));
});

test("an application that does not ask is read ahead of by little, and has all in the end", async (t) => {
  const { client, socket } = await talk(t);
  const size = 10_000;
  const count = 3_000;
  for (let i = 0; i < count; i += 1) client.send(Buffer.alloc(size, i % 256));
  // What the systems hold between the two is a few megabytes; the rest stays with the client.
  let before = -1;
  for (let still = 0; still < 200; still += 1) {
    await new Promise(setImmediate);
    if (client.bufferedAmount !== before) still = 0;
    before = client.bufferedAmount;
  }
  assert.ok(before > 10_000_000, `${before} bytes of ${size * count} are still with the client`);
  let at = 0;
  for await (const message of socket) {
    assert.deepEqual([message.length, message[0]], [size, at % 256]);
    at += 1;
    if (at === count) break;
  }
});

test("whoever closes while much is unread sees the close of the other side", async (t) => {
  const { client, socket } = await talk(t);
  client.send(Buffer.alloc(100_000));
  client.send("more");
  await socket[Symbol.asyncIterator]().next();
  for (let i = 0; i < 20; i += 1) client.send(Buffer.alloc(10_000));
  socket.close(4_000);
  assert.equal((await socket.closed).code, 4_000);
});

test("a handler that is over while much is unread ends the websocket with 1000", async (t) => {
  const { client, leave } = await talk(t);
  for (let i = 0; i < 50; i += 1) client.send(Buffer.alloc(10_000));
  leave();
  const [code] = await once(client, "close");
  assert.equal(code, 1_000);
});

test("what a client sends behind our close frame is not a message", async (t) => {
  const server = serveInProcess((environ) =>
    environ["tsgi.upgrade"]!(async (socket) => {
      socket.close(4_000);
      for await (const message of socket) assert.fail(`came ${message}`);
    }),
  );
  t.after(() => server.close());
  const raw = await RawClient.connect(server.port);
  raw.send(handshake({}));
  await raw.response();
  raw.send(frame({ first: TEXT, payload: "late" }));
  raw.send(frame({ first: CLOSE, payload: closing(4_000) }));
  assert.deepEqual(framesOf(await raw.rest()).map(codeOf), [4_000]);
  raw.close();
  while (server.worker.connections > 0) await new Promise(setImmediate);
  assert.deepEqual(server.troubles, []);
});
