import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fact } from "../../src/master/facts.ts";
import { noLogs, World } from "../support/plan-world.ts";

const MIB = 1_048_576;

test("a worker that is silent for longer than --timeout, and whose watchdog says nothing either, is killed and replaced; 0 never asks", () => {
  const world = new World({ workers: 2, timeout: 3, bootTimeout: 100 });
  world.start();
  world.report(1, "hello");
  world.up(2);
  assert.deepEqual(world.later(3000, [2]), [], "an import may block");
  world.loaded(1);
  world.report(1, "ready");
  assert.deepEqual(world.later(5500, [2]), []);
  assert.deepEqual(world.later(1, [2]), ["kill 1"]);
  assert.deepEqual(world.later(5000, [2]), []);
  assert.match(
    world.exit(1, null, "SIGKILL").join(),
    /^error: worker 1 was killed: it gave no sign of life for 3 s \(--timeout\): its event loop is blocked, and its watchdog could not say where; it had been there for [\d.]+ s; a successor starts at once,fork 3/,
  );
  assert.deepEqual(World.serving({ workers: 1, timeout: 0 }).later(600_000), []);
});

test("nobody is killed when the master itself stood still: every worker gets its whole time again", () => {
  const quiet = new World({ workers: 2, timeout: 5, bootTimeout: 5 });
  quiet.start();
  quiet.up(1);
  quiet.report(2, "hello");
  quiet.now = 60_000;
  assert.deepEqual(quiet.tell({ fact: "tick" }), []);
  quiet.loaded(2);
  quiet.report(2, "ready");
  assert.deepEqual(quiet.later(7500, [2]), []);
  assert.deepEqual(quiet.later(1, [2]), ["kill 1"]);
});

test("a worker that was told to go and stays is killed a second after its grace", () => {
  const world = World.serving({ workers: 2, gracefulTimeout: 4 });
  assert.deepEqual(noLogs(world.signal("SIGTTOU")), ["quit 2 graceful 4000"]);
  assert.equal(world.wakeAt, world.now + 5000);
  assert.deepEqual(world.later(4999), []);
  assert.deepEqual(world.later(1), ["kill 2", "warn: worker 2 did not leave in time and is killed"]);
  assert.deepEqual(noLogs(world.later(60_000)), []);
  assert.match(
    world.exit(2, null, "SIGKILL").join(),
    /^debug: worker 2 was killed \(fewer workers are wanted; it did not leave in time\)/,
  );
});

test("a first worker that is not loaded at --boot-timeout is asked where it stands, and ends the server; 0 waits for ever", () => {
  const world = new World({ workers: 1, bootTimeout: 5 });
  world.start();
  assert.equal(world.wakeAt, 5000);
  world.report(1, "hello");
  assert.deepEqual(world.later(4999), []);
  assert.deepEqual(world.later(1), ["ask-whereabouts 1"]);
  assert.deepEqual(world.later(2000), [
    "complain: the application was not loaded within 5 s (--boot-timeout)",
    "kill 1",
    "close-all-listeners",
  ]);
  assert.deepEqual(noLogs(world.exit(1, null, "SIGKILL")), ["exit 46"]);

  const mute = new World({ workers: 1, bootTimeout: 5 });
  mute.start();
  assert.match(mute.later(5000).join(), /^complain: the application was not loaded/, "nobody there to ask");

  const patient = new World({ workers: 1, bootTimeout: 0 });
  patient.start();
  assert.deepEqual([patient.wakeAt, patient.later(100_000)], [null, []]);
});

test("the worker that may stand at a breakpoint is never too late or too silent; one whose process does not begin is", () => {
  const limits = { timeout: 3, bootTimeout: 5, inspect: { host: "127.0.0.1", port: 9229 } };
  const world = new World({ workers: 2, ...limits });
  world.start();
  world.report(1, "hello");
  world.up(2);
  assert.deepEqual(world.later(60_000, [2]), []);
  assert.ok(world.wakeAt === null || world.wakeAt > world.now, "nor is it looked at again and again");
  world.loaded(1);
  world.report(1, "ready");
  assert.deepEqual(world.later(60_000, [2]), []);
  assert.deepEqual(noLogs(world.later(5501, [1])), ["kill 2"]);

  const dead = new World({ workers: 1, ...limits });
  dead.start();
  assert.match(dead.later(5000).join(), /^complain: the application was not loaded/);
});

test("a worker is replaced when its life is over", () => {
  const world = World.serving({ workers: 1, maxWorkerLifetime: 100 });
  assert.deepEqual(world.later(39_000, [1]), []);
  assert.deepEqual(world.later(1000, [1]), [
    "info: worker 1 gets a successor: it has served for 100 s",
    "fork 2 (slot 1)",
  ]);
});

test("--max-rss replaces a worker that is larger, but not one that is younger than ten seconds", () => {
  const world = World.serving({ workers: 1, maxRss: 100 * MIB });
  world.beat(1, { rss: 100 * MIB });
  assert.deepEqual(world.later(1000), []);
  world.beat(1, { rss: 101 * MIB });
  assert.deepEqual(world.later(1000), [
    "info: worker 1 gets a successor: its memory of 101 MiB is more than 100 MiB (--max-rss)",
    "fork 2 (slot 1)",
  ]);
  world.up(2);
  world.beat(2, { rss: 300 * MIB });
  assert.deepEqual(world.later(9_999), []);
  assert.deepEqual(noLogs(world.later(1001)), ["fork 3 (slot 1)"]);
});

const seenWith = (mib: number, stopped = false): Fact => ({
  ...{ fact: "tick", seen: new Map([[1, { rss: mib * MIB, stopped }]]) },
});

test("a worker whose process is stopped has no watchdog to wait for, and the line says what it is", () => {
  const world = new World({ workers: 1, timeout: 5 });
  world.start();
  world.up(1);
  world.now += 1000;
  for (let i = 0; i < 4; i += 1) {
    assert.deepEqual(world.tell(seenWith(50, true)), []);
    world.now += 1000;
  }
  assert.deepEqual(world.tell(seenWith(50)), []);
  world.now += 1;
  assert.deepEqual(world.tell(seenWith(50, true)), ["kill 1"]);
  assert.match(
    world.exit(1, null, "SIGKILL").join(),
    /^error: worker 1 was killed: it gave no sign of life for 5 s \(--timeout\): its process is stopped, by SIGSTOP or a debugger; /,
  );
});

test("--max-rss-hard kills at once, by what the kernel says where the worker says nothing", () => {
  const world = World.serving({ workers: 1, maxRssHard: 200 * MIB });
  assert.deepEqual(world.tell(seenWith(200)), []);
  assert.deepEqual(world.tell(seenWith(201)), ["kill 1"]);
  assert.deepEqual(world.tell(seenWith(400)), []);
  assert.match(
    world.exit(1, null, "SIGKILL").join(),
    /^error: worker 1 was killed: its memory of 201 MiB is more than 200 MiB \(--max-rss-hard\); it had been there for/,
  );
});

test("one worker that lives long ends the count of those that died young", () => {
  const world = World.serving({ workers: 2 });
  world.state = { ...world.state, youngDeaths: 5 };
  world.later(1000, [1, 2]);
  assert.equal(world.state.youngDeaths, 0);
  const young = new World({ workers: 1 });
  young.state = { ...young.state, youngDeaths: 5 };
  young.tell({ fact: "tick" });
  assert.equal(young.state.youngDeaths, 5);
});
