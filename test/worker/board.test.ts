import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker as Thread } from "node:worker_threads";
import { Board, monotonicMs, type OpenRequest } from "../../src/worker/board.ts";

const open = (n: number, startedAt: number): OpenRequest => ({
  ...{ id: `id-${n}`, method: "GET", target: `/${n}?é`, startedAt },
});

/** The same memory, as the other thread has it. */
function both(): readonly [main: Board, thread: Board] {
  const main = new Board();
  return [main, new Board(main.memory)];
}

test("the age of the last beat is right, also when the clock's 32 bits go round", () => {
  const [main, thread] = both();
  for (const now of [5, 2 ** 31 - 100, 2 ** 32 - 100, 7 * 2 ** 32 + 12.75]) {
    main.beat(now);
    assert.equal(thread.beatAgeMs(now + 3_000), 3_000);
  }
});

test("a stage is known until there is none, and one that is too long is cut", () => {
  const [main, thread] = both();
  assert.equal(thread.stageText, null);
  main.stage("the module is being imported");
  assert.equal(thread.stageText, "the module is being imported");
  main.stage("x".repeat(10_000));
  assert.equal(String(thread.stageText), "x".repeat(256));
  main.stage(null);
  assert.equal(thread.stageText, null);
});

test("the open requests are known with their ages, the first of them where there are too many", () => {
  const [main, thread] = both();
  assert.equal(thread.known(50), null);
  main.list([open(1, 1_000), open(2, 1_500.5)], 2_000);
  assert.deepEqual(thread.known(3_000), {
    requests: [
      { id: "id-1", method: "GET", target: "/1?é", ageMs: 2_000 },
      { id: "id-2", method: "GET", target: "/2?é", ageMs: 1_500 },
    ],
    agoMs: 1_000,
  });
  const long = Array.from({ length: 500 }, (_none, n) => ({
    ...open(n, 0),
    target: `/${n}/${"x\n\u0001".repeat(5_000)}`,
  }));
  main.list(long, 4_000);
  const some = thread.known(4_000)!.requests;
  assert.ok(some.length > 3 && some.length < 500);
  assert.deepEqual(
    some.map(({ id }) => id),
    long.slice(0, some.length).map(({ id }) => id),
  );
  main.list([], 5_000);
  assert.deepEqual(thread.known(5_100), { requests: [], agoMs: 100 });
});

test("a block that is over is counted, with its length", () => {
  const [main, thread] = both();
  main.blocked(301.5);
  main.blocked(77);
  assert.deepEqual(thread.blockedSoFar, { count: 2, ms: 77 });
});

test("no session is opened once the process leaves, and its end waits for one that is open", async (t) => {
  const [main, thread] = both();
  assert.ok(thread.openSession());
  // Another thread, because this one is about to wait.
  const closer = new Thread(
    `const { workerData: { memory, at } } = require("node:worker_threads");
     const words = new Int32Array(memory);
     while (Atomics.load(words, at.leaving) === 0) Atomics.wait(words, at.leaving, 0, 2);
     Atomics.store(words, at.session, 0);
     Atomics.notify(words, at.session);`,
    { eval: true, workerData: { memory: main.memory, at: { session: 3, leaving: 4 } }, execArgv: [] },
  );
  t.after(() => closer.terminate());
  await new Promise((online) => closer.once("online", online));
  const startedAt = performance.now();
  main.leave(20_000);
  assert.ok(performance.now() - startedAt < 20_000);
  assert.equal(thread.openSession(), false);
  // Nobody is waited for any more.
  main.leave(20_000);
});

test("the end of a process does not wait for a session for ever", () => {
  const [main, thread] = both();
  assert.ok(thread.openSession());
  main.leave(10);
  thread.closeSession();
});

test("the clock is that of the other threads too", async () => {
  const before = monotonicMs();
  const there = await new Promise<number>((told) => {
    new Thread(
      `const [s, ns] = process.hrtime(); require("node:worker_threads").parentPort.postMessage(s * 1e3 + ns / 1e6);`,
      { eval: true, execArgv: [] },
    ).once("message", told);
  });
  assert.ok(before <= there && there <= monotonicMs());
});
