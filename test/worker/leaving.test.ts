import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Logger } from "../../src/observe/log.ts";
import { Leaving } from "../../src/worker/leaving.ts";

/** A worker that does what it is told at once or never, on a clock that is moved by hand. */
function leavingOf(t: TestContext, options: { readonly inFlight?: number; readonly shutdown?: Promise<void> } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const calls: string[] = [];
  const codes: unknown[] = [];
  let empty: (() => void) | undefined;
  const leaving = new Leaving({
    worker: {
      ...{ inFlight: options.inFlight ?? 1, connections: 2 },
      drain(stopped, whenEmpty, why, code) {
        calls.push(`drain: ${why}`);
        codes.push(code);
        empty = whenEmpty;
        stopped();
      },
      giveBack(whenEmpty, why) {
        calls.push(`give back: ${why}`);
        empty = whenEmpty;
      },
      hurry: (seconds) => void calls.push(`hurry ${seconds}`),
      abandon(whenEmpty, why, code) {
        calls.push(`abandon: ${why}`);
        codes.push(code);
        empty = whenEmpty;
      },
    },
    lifespan: {
      stop(reason, limitMs) {
        calls.push(`shutdown ${limitMs}: ${reason}`);
        return options.shutdown ?? Promise.resolve();
      },
      hurry: (limitMs) => void calls.push(`hurry shutdown ${limitMs}`),
    },
    logger: {
      debug: (message: string) => void calls.push(message),
      warn: (message: string) => void calls.push(message),
    } as unknown as Logger,
    onDraining: () => void calls.push("draining"),
    leave: () => void calls.push("leave"),
  });
  return {
    leaving,
    codes,
    /** What happened since it was asked last. */
    since: () => calls.splice(0),
    pass(ms: number) {
      now += ms;
      t.mock.timers.tick(ms);
    },
    /** The last connection is gone. */
    async isEmpty() {
      empty!();
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

const DRAINS = ["drain: a test", "no longer accepting connections", "draining"];

test("a worker that is empty in time has the rest of the limit for shutdown, and leaves", async (t) => {
  const { leaving, since, pass, isEmpty } = leavingOf(t);
  leaving.gracefully(30_000, "a test");
  assert.deepEqual(since(), DRAINS);
  pass(10_000);
  await isEmpty();
  assert.deepEqual(since(), ["shutdown 20000: a test", "leave"]);
  pass(60_000);
  assert.deepEqual(since(), []);
});

test("what is open hears five seconds before the limit, or a fifth of a short one, and is cut at the limit", async (t) => {
  for (const [limitMs, atMs, seconds] of [
    [30_000, 25_000, 5],
    [5_000, 4_000, 1],
  ] as const) {
    const { leaving, since, pass, isEmpty } = leavingOf(t);
    leaving.gracefully(limitMs, "a test");
    since();
    pass(atMs - 1);
    assert.deepEqual(since(), []);
    pass(1);
    assert.deepEqual(since(), [`hurry ${seconds}`]);
    pass(limitMs - atMs - 1);
    assert.deepEqual(since(), []);
    pass(1);
    const cut = `cut 1 request that was not finished within ${limitMs / 1_000} s (--graceful-timeout)`;
    assert.deepEqual(since(), [cut, "abandon: a test"]);
    // The master kills a second after the limit: shutdown has most of that.
    await isEmpty();
    assert.deepEqual(since(), ["shutdown 800: a test", "leave"]);
    t.mock.reset();
  }
});

test("a shutdown that begins just before the limit has no less than one that begins at it", async (t) => {
  const { leaving, since, pass, isEmpty } = leavingOf(t);
  leaving.gracefully(5_000, "a test");
  pass(4_900);
  since();
  await isEmpty();
  assert.deepEqual(since(), ["shutdown 800: a test", "leave"]);
});

test("connections that carry no request are cut without a word", (t) => {
  const { leaving, since, pass } = leavingOf(t, { inFlight: 0 });
  leaving.gracefully(1_000, "a test");
  pass(999);
  since();
  pass(1);
  assert.deepEqual(since(), ["abandon: a test"]);
});

test("a quick stop cuts at once, and gives shutdown what the master gives", async (t) => {
  const { leaving, since, isEmpty } = leavingOf(t);
  assert.equal(leaving.hasBegun, false);
  leaving.quickly("a test");
  assert.deepEqual(
    [since(), leaving.hasBegun],
    [["no longer accepting connections", "draining", "abandon: a test"], true],
  );
  await isEmpty();
  assert.deepEqual(since(), ["shutdown 1800: a test", "leave"]);
});

test("a quick stop ends a graceful one, which is forgotten", async (t) => {
  const { leaving, since, pass, isEmpty } = leavingOf(t);
  leaving.gracefully(30_000, "a test");
  since();
  leaving.quickly("hurry");
  leaving.quickly("again");
  leaving.gracefully(30_000, "again");
  assert.deepEqual(since(), ["abandon: hurry"]);
  await isEmpty();
  assert.deepEqual(since(), ["shutdown 1800: hurry", "leave"]);
  pass(60_000);
  assert.deepEqual(since(), []);
});

test("a quick stop while shutdown runs leaves it less time, and never runs it again", async (t) => {
  const { leaving, since, isEmpty } = leavingOf(t, { shutdown: new Promise(() => {}) });
  leaving.gracefully(30_000, "a test");
  await isEmpty();
  since();
  leaving.quickly("hurry");
  assert.deepEqual(since(), ["hurry shutdown 1800"]);
});

test("told twice, the first time counts", (t) => {
  const { leaving, since } = leavingOf(t);
  leaving.gracefully(30_000, "a test");
  leaving.gracefully(1_000, "again");
  assert.deepEqual([since(), leaving.hasBegun], [DRAINS, true]);
});

test("what was upgraded hears one code, with which the worker began to leave", (t) => {
  const { leaving, codes, pass } = leavingOf(t);
  leaving.gracefully(1_000, "a test", 1012);
  leaving.gracefully(1_000, "once more", 1001);
  pass(1_000);
  assert.deepEqual(codes, [1012, 1012]);
});

test("on a quick stop it hears the code of that", (t) => {
  const { leaving, codes } = leavingOf(t);
  leaving.quickly("a test", 1012);
  assert.deepEqual(codes, [1012]);
});

test("a worker whose code is old says at once that it accepts nothing, and ends like any other", async (t) => {
  const { leaving, since, codes, pass, isEmpty } = leavingOf(t);
  leaving.outdated(20_000, "a test");
  leaving.outdated(20_000, "again");
  leaving.gracefully(20_000, "again");
  assert.deepEqual(since(), ["no longer accepting connections", "draining", "give back: a test"]);
  pass(16_000);
  assert.deepEqual(since(), ["hurry 4"]);
  pass(4_000);
  await isEmpty();
  assert.deepEqual(since().slice(-3), ["abandon: a test", "shutdown 800: a test", "leave"]);
  assert.deepEqual(codes, [1012]);
});
