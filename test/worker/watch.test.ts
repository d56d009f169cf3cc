import assert from "node:assert/strict";
import { test } from "node:test";
import { Watch } from "../../src/worker/watch.ts";

const LIMITS = { timeoutMs: 3_000, slowLoopMs: 0, beatMs: 250 };
const well = (lookInMs: number) => ({ is: "well", lookInMs });

test("while the loop beats, it is looked at as seldom as the limit allows", () => {
  const watch = new Watch(LIMITS);
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 0, lateMs: 0 }), well(3_150));
  assert.deepEqual(watch.look({ beatAt: 2, ageMs: 200, lateMs: 0 }), well(2_950));
});

test("a silence is called stuck once it is certain to exceed the limit, at the second sight of it, and once", () => {
  const watch = new Watch(LIMITS);
  watch.look({ beatAt: 1, ageMs: 0, lateMs: 0 });
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 3_150, lateMs: 1 }), well(100));
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 3_250, lateMs: 1 }), { is: "stuck" });
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 3_400, lateMs: 0 }), well(1_000));
  // The loop turns again, and is blocked once more.
  assert.deepEqual(watch.look({ beatAt: 2, ageMs: 3_200, lateMs: 0 }), well(100));
  assert.deepEqual(watch.look({ beatAt: 2, ageMs: 3_300, lateMs: 0 }), { is: "stuck" });
});

test("a loop that beats between the two sights is well", () => {
  const watch = new Watch(LIMITS);
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 3_200, lateMs: 0 }), well(100));
  assert.deepEqual(watch.look({ beatAt: 2, ageMs: 100, lateMs: 0 }), well(3_050));
});

test("a process that was stopped, or a machine that slept, has a moment to beat again", () => {
  const watch = new Watch(LIMITS);
  watch.look({ beatAt: 1, ageMs: 0, lateMs: 0 });
  // We slept as well: the look is 60 seconds late.
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 63_000, lateMs: 60_000 }), well(500));
  assert.deepEqual(watch.look({ beatAt: 2, ageMs: 10, lateMs: 2 }), well(3_140));
  // Stopped between the two sights.
  assert.deepEqual(watch.look({ beatAt: 2, ageMs: 3_160, lateMs: 0 }), well(100));
  assert.deepEqual(watch.look({ beatAt: 2, ageMs: 9_000, lateMs: 5_700 }), well(500));
  assert.deepEqual(watch.look({ beatAt: 3, ageMs: 0, lateMs: 0 }), well(3_150));
});

test("a machine that is always late does not keep a blocked loop alive", () => {
  const watch = new Watch(LIMITS);
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 4_000, lateMs: 800 }), well(500));
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 5_000, lateMs: 500 }), well(500));
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 6_000, lateMs: 500 }), { is: "stuck" });
});

test("a slow loop is told once for each silence, before it is stuck", () => {
  const watch = new Watch({ timeoutMs: 3_000, slowLoopMs: 200, beatMs: 50 });
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 10, lateMs: 0 }), well(240));
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 250, lateMs: 1 }), { is: "slow" });
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 300, lateMs: 0 }), well(2_650));
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 2_950, lateMs: 0 }), well(100));
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 3_050, lateMs: 0 }), { is: "stuck" });
  assert.deepEqual(watch.look({ beatAt: 2, ageMs: 260, lateMs: 0 }), { is: "slow" });
});

test("a loop is not called slow for the time in which we did not run either", () => {
  const watch = new Watch({ timeoutMs: 0, slowLoopMs: 200, beatMs: 50 });
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 5_000, lateMs: 4_800 }), well(1_000));
  assert.deepEqual(watch.look({ beatAt: 2, ageMs: 250, lateMs: 100 }), { is: "slow" });
});

test("without limits nothing is ever wrong", () => {
  const watch = new Watch({ timeoutMs: 0, slowLoopMs: 0, beatMs: 250 });
  assert.deepEqual(watch.look({ beatAt: 1, ageMs: 1e9, lateMs: 0 }), well(1_000));
});
