import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { type TestContext, test } from "node:test";
import type { Command } from "../../src/ipc/messages.ts";
import { Dispatcher, Rota } from "../../src/master/dispatcher.ts";
import { createHandle, listenWithoutAccepting } from "../../src/master/handles.ts";

const rotaOf = (...ids: number[]): Rota => {
  const rota = new Rota();
  for (const id of ids) rota.add(id, [0]);
  return rota;
};
const takes = (rota: Rota, count: number, listener = 0): (number | undefined)[] =>
  Array.from({ length: count }, () => rota.take(listener));

test("workers take turns, and one that has not acknowledged, or has no room, is passed over", () => {
  const rota = rotaOf(1, 2, 3);
  assert.deepEqual(takes(rota, 4), [1, 2, 3, undefined]);
  for (const id of [3, 2, 1]) rota.change(id, { busy: false });
  // The turns follow who had one longest ago, not who was quick.
  rota.change(1, { room: false });
  assert.deepEqual(takes(rota, 3), [2, 3, undefined]);
  rota.change(1, { room: true });
  rota.change(99, { room: true });
  assert.deepEqual(takes(rota, 2), [1, undefined]);
  rota.change(2, { busy: false });
  rota.remove(2);
  rota.remove(99);
  assert.deepEqual(takes(rota, 1), [undefined]);
});

test("one that leaves gets something only where nobody stays", () => {
  const rota = rotaOf(1, 2);
  rota.change(1, { leaving: true });
  assert.deepEqual([rota.canSpare(1), rota.canSpare(2)], [true, true]);
  assert.deepEqual(takes(rota, 2), [2, undefined]);
  rota.change(2, { leaving: true });
  assert.equal(rota.canSpare(1), false);
  assert.deepEqual(takes(rota, 2), [1, undefined]);
});

test("each listener's connections go to those who take them", () => {
  const rota = rotaOf(1);
  rota.add(2, [0, 5]);
  assert.deepEqual([rota.has(0), rota.has(5), rota.has(6)], [true, true, false]);
  assert.deepEqual(takes(rota, 2, 5), [2, undefined]);
  rota.change(1, { leaving: true });
  assert.equal(rota.canSpare(1), true);
  rota.change(1, { leaving: false });
  rota.change(2, { leaving: true });
  assert.equal(rota.canSpare(2), false, "nobody else takes those of 5");
});

interface Sent {
  readonly worker: number;
  readonly command: Command;
}

/** A dispatcher on a real socket; its workers are numbers. */
function dispatcherOf(t: TestContext) {
  const handle = createHandle({ host: "127.0.0.1", port: 0, family: 4 });
  assert.ok(typeof handle === "object");
  assert.equal(listenWithoutAccepting(handle, 128), undefined);
  const name: { port?: number } = {};
  handle.getsockname?.(name);
  const sent: Sent[] = [];
  const dispatcher = new Dispatcher({
    send: (worker, command) => void sent.push({ worker, command }),
    failed: (failure) => assert.fail(failure),
  });
  dispatcher.open(0, handle, 128);
  const clients: net.Socket[] = [];
  t.after(() => {
    dispatcher.close(0);
    handle.close();
    for (const client of clients) client.destroy();
  });
  const ticketOf = ({ command }: Sent): number => (command.tsgi === "connection" ? command.ticket : 0);
  return {
    ...{ dispatcher, sent, clients },
    async connect(count = 1): Promise<void> {
      for (let n = 0; n < count; n += 1) {
        const client = net.connect(name.port!, "127.0.0.1").on("error", () => {});
        clients.push(client);
        await once(client, "connect");
      }
    },
    async until(count: number): Promise<void> {
      while (sent.length < count) await new Promise(setImmediate);
    },
    acknowledge(at: number): void {
      const one = sent[at]!;
      dispatcher.accepted(one.worker, ticketOf(one));
    },
    /** `worker:ticket` of connections, `worker:no-more`. */
    words: (): string[] =>
      sent.map((one) => `${one.worker}:${one.command.tsgi === "connection" ? ticketOf(one) : one.command.tsgi}`),
  };
}

const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
};

test("nothing is accepted while no worker is ready; then each gets one until it has acknowledged", async (t) => {
  const { dispatcher, connect, until, acknowledge, words, sent } = dispatcherOf(t);
  await connect(4);
  await turns();
  assert.deepEqual(sent, []);
  dispatcher.ready(1, [0]);
  dispatcher.ready(2, [0]);
  await until(2);
  await turns();
  assert.deepEqual(words(), ["1:1", "2:2"]);
  acknowledge(1);
  dispatcher.accepted(1, 99);
  await until(3);
  assert.deepEqual(words(), ["1:1", "2:2", "2:3"]);
  acknowledge(0);
  await until(4);
  assert.equal(words()[3], "1:4");
});

test("a worker whose code is old gets nothing more, and what comes waits in the kernel until its successor is ready", async (t) => {
  const { dispatcher, connect, until, acknowledge, words } = dispatcherOf(t);
  dispatcher.ready(1, [0]);
  await connect(1);
  await until(1);
  dispatcher.outdated(1);
  acknowledge(0);
  await connect(2);
  await turns();
  assert.deepEqual(words(), ["1:1"]);
  dispatcher.gone(1);
  dispatcher.ready(2, [0]);
  await until(2);
  assert.equal(words()[1], "2:2");
});

test("a worker that dies gives what it had not acknowledged to another one, before those that wait", async (t) => {
  const { dispatcher, connect, until, acknowledge, words, clients } = dispatcherOf(t);
  dispatcher.ready(1, [0]);
  dispatcher.ready(2, [0]);
  await connect(3);
  await until(2);
  await turns();
  dispatcher.gone(1);
  assert.deepEqual(words(), ["1:1", "2:2"]);
  acknowledge(1);
  await until(3);
  acknowledge(2);
  await until(4);
  assert.deepEqual(words().slice(2), ["2:1", "2:3"]);
  assert.ok(clients.every((client) => !client.readableEnded && !client.destroyed));
});

test("with every worker gone connections wait, and the next one gets them all", async (t) => {
  const { dispatcher, connect, until, acknowledge, words } = dispatcherOf(t);
  dispatcher.ready(1, [0]);
  await connect(3);
  await until(1);
  dispatcher.gone(1);
  await connect(30);
  await turns();
  dispatcher.ready(2, [0]);
  for (let at = 1; at <= 33; at += 1) {
    await until(at + 1);
    acknowledge(at);
  }
  assert.deepEqual(
    words()
      .slice(1)
      .map((word) => word.split(":")[0]),
    Array(33).fill("2"),
  );
  assert.equal(new Set(words().slice(1)).size, 33);
});

test("a worker without room gets none, and those that it can have when there is room again", async (t) => {
  const { dispatcher, connect, until, words } = dispatcherOf(t);
  dispatcher.ready(1, [0]);
  dispatcher.room(1, false);
  await connect();
  await turns();
  assert.deepEqual(words(), []);
  dispatcher.room(1, true);
  await until(1);
});

test("a connection that is not acknowledged is asked for at the second beat, and handed over again when it never arrived", async (t) => {
  const { dispatcher, connect, until, acknowledge, words } = dispatcherOf(t);
  dispatcher.ready(1, [0]);
  dispatcher.beat(1);
  await connect();
  await until(1);
  for (let count = 0; count < 3; count += 1) dispatcher.beat(1);
  assert.deepEqual(words(), ["1:1", "1:missing"]);
  dispatcher.lost(1, 7);
  dispatcher.lost(2, 1);
  assert.equal(words().length, 2);
  dispatcher.lost(1, 1);
  assert.deepEqual(words().slice(2), ["1:1"]);
  dispatcher.beat(1);
  dispatcher.beat(1);
  acknowledge(0);
  dispatcher.lost(1, 1);
  await turns();
  assert.deepEqual(words().slice(3), ["1:missing"], "it has arrived meanwhile");
});

test("one that leaves beside others hears at once that it has had its last one", async (t) => {
  const { dispatcher, connect, until, words } = dispatcherOf(t);
  dispatcher.ready(1, [0]);
  dispatcher.ready(2, [0]);
  dispatcher.leaving(1);
  await connect();
  await until(1);
  dispatcher.asks(1);
  assert.deepEqual(words(), ["2:1", "1:no-more"]);
});

test("the last ones to leave are given what is queued, and hear then that it was the last", async (t) => {
  const { dispatcher, connect, until, acknowledge, words } = dispatcherOf(t);
  dispatcher.ready(1, [0]);
  await connect(5);
  await until(1);
  dispatcher.leaving(1);
  dispatcher.asks(1);
  for (let at = 0; at < 5; at += 1) {
    await until(at + 1);
    acknowledge(at);
  }
  await until(6);
  assert.deepEqual(words(), ["1:1", "1:2", "1:3", "1:4", "1:5", "1:no-more"]);
  await connect();
  await turns();
  assert.equal(words().length, 6);
});

test("a listener that is closed drops what nobody has, and leaves what a worker may have to the worker", async (t) => {
  const { dispatcher, connect, until, acknowledge, clients } = dispatcherOf(t);
  dispatcher.ready(1, [0]);
  await connect(2);
  await until(1);
  await turns();
  dispatcher.close(0);
  dispatcher.close(0);
  await once(clients[1]!.resume(), "close");
  assert.ok(!clients[0]!.destroyed);
  acknowledge(0);
  await once(clients[0]!.resume(), "close");
});
