import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cause } from "../../src/master/autopsy.ts";
import { countDeath, isHopeless, livedLong, respawnDelay } from "../../src/master/respawn.ts";
import type { State } from "../../src/master/state.ts";
import { World } from "../support/plan-world.ts";

test("the delay before a successor is none for the first two tries, then doubles from 0.25 s to 30 s and stays there", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 8, 9, 5000].map((failures) => respawnDelay(failures)),
    [0, 0, 250, 500, 16_000, 30_000, 30_000],
  );
});

test("each place has its own delay, up to a fifth longer by chance and never above 30 s; ten healthy seconds reset it", () => {
  const world = World.serving({ workers: 2 });
  let state: State = { ...world.state, workers: world.state.workers.map((one) => ({ ...one, readyAt: world.now })) };
  const [first, second] = state.workers;
  const die = (worker = first!): number => {
    const counted = countDeath(state, worker, "exited");
    state = counted.state;
    return counted.delay;
  };
  const delays = Array.from({ length: 11 }, () => die());
  for (const [failures, delay] of delays.entries()) {
    const least = respawnDelay(failures + 1);
    assert.ok(delay >= least && delay <= Math.min(30_000, least * 1.2), `${delay} after ${failures + 1}`);
  }
  assert.ok(
    delays.some((delay, i) => delay > respawnDelay(i + 1)),
    "chance makes a difference",
  );
  assert.equal(die(second), 0);
  assert.deepEqual(
    state.trouble.map(({ slot, failures }) => [slot, failures]),
    [
      [1, 11],
      [2, 1],
    ],
  );
  state = { ...state, now: world.now + 9_999 };
  assert.equal(livedLong(state, first!), false);
  state = { ...state, now: world.now + 10_000 };
  assert.equal(livedLong(state, first!), true);
  assert.equal(die(), 0);
  assert.equal(state.youngDeaths, 0);
  assert.equal(livedLong(state, { ...first!, readyAt: null }), false);
});

test("kills by somebody else delay for a second at the most, and are no failures of the code", () => {
  const world = World.serving({ workers: 1 });
  const [worker] = world.state.workers;
  let state: State = { ...world.state, workers: [{ ...worker!, readyAt: world.now }] };
  const die = (cause: Cause, readyAt: number | null = world.now): number => {
    const counted = countDeath(state, { ...worker!, readyAt }, cause);
    state = counted.state;
    return counted.delay;
  };
  const delays = Array.from({ length: 9 }, () => die("killed"));
  assert.deepEqual(delays.slice(0, 1), [0]);
  assert.ok(
    delays.slice(3).every((delay) => delay >= 1_000 && delay <= 1_200),
    delays.join(),
  );
  assert.equal(state.youngDeaths, 0);
  // The next ones are of the code again: they go on from there, and a kill takes nothing of that back.
  assert.ok(die("exited") >= 2_000);
  assert.ok(die("killed") >= 2_000);
  assert.ok(die("killed", null) >= 4_000, "one that never got ready may have died of its import");
  assert.equal(state.youngDeaths, 2);
});

test("it is hopeless when so many died young in a row and nobody serves; 0 is never", () => {
  const { state } = World.serving({ workers: 1, maxBootFailures: 3 });
  const dead = { ...state, workers: [] };
  assert.equal(isHopeless({ ...dead, youngDeaths: 3 }), true);
  assert.equal(isHopeless({ ...dead, youngDeaths: 2 }), false);
  assert.equal(isHopeless({ ...state, youngDeaths: 3 }), false);
  const patient = { ...dead, settings: { ...dead.settings, maxBootFailures: 0 } };
  assert.equal(isHopeless({ ...patient, youngDeaths: 5000 }), false);
});
