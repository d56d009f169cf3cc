import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isServing,
  listenersOf,
  type NextGeneration,
  nextDeadline,
  type Stop,
  settingsOf,
  stageEnd,
  wantedCount,
} from "../../src/master/state.ts";
import { listener, settingsWith, World } from "../support/plan-world.ts";

const nextWith = (changes: Partial<NextGeneration>): NextGeneration => ({
  ...{ number: 2, settings: settingsWith({ timeout: 7, settle: 3, canary: 9 }), listeners: [listener("unix:/b", 1)] },
  ...{ startedAt: 0, stage: "booting", stageSince: 60_000, movedAt: 0, trial: null, ...changes },
});

test("the wanted count outlives a reload that does not change it, and new bounds take it back", () => {
  const { state } = new World({ workers: 4 });
  assert.equal(wantedCount({ ...state, count: 7 }), 7);
  assert.equal(wantedCount({ ...state, count: 7 }, settingsWith({ workers: 4, timeout: 1 })), 7);
  assert.equal(wantedCount({ ...state, count: 7 }, settingsWith({ workers: 2 })), 2);
  assert.equal(wantedCount({ ...state, count: 7 }, settingsWith({ workers: { min: 2, max: 6 } })), 6);
  assert.equal(wantedCount({ ...state, count: 1 }, settingsWith({ workers: { min: 2, max: 6 } })), 2);
  assert.equal(wantedCount({ ...state, resting: true }), 0);
});

test("a worker lives under the settings and on the listeners of its generation", () => {
  const state = { ...new World({ timeout: 5 }, ["unix:/a"]).state, next: nextWith({}) };
  assert.deepEqual([settingsOf(state, 1).timeout, settingsOf(state, 2).timeout], [5, 7]);
  assert.deepEqual([listenersOf(state, 1)[0]?.url, listenersOf(state, 2)[0]?.url], ["unix:/a", "unix:/b"]);
});

test("a worker serves from when it is ready until it drains", () => {
  const [worker] = World.serving({ workers: 1 }).state.workers;
  assert.equal(isServing(worker!), true);
  assert.equal(isServing({ ...worker!, draining: true }), false);
  assert.equal(isServing({ ...worker!, phase: "opening" }), false);
});

test("the next deadline is the earliest that is still to come, and none when nothing waits for time", () => {
  const { state } = World.serving({ workers: 2, bootTimeout: 0 });
  assert.equal(nextDeadline(state), null);
  const trouble = [60_500, 59_000].map((respawnAt, slot) => ({ slot, failures: 2, respawnAt }));
  assert.equal(nextDeadline({ ...state, trouble }), 60_500);
  const workers = state.workers.map((worker, index) => ({ ...worker, goneBy: 60_400 + index }));
  assert.equal(nextDeadline({ ...state, trouble, workers }), 60_400);
  assert.equal(nextDeadline({ ...state, heir: { pid: 1, stage: "booting", by: 60_100 } }), 60_100);
  const stop: Stop = {
    ...{
      style: "graceful",
      exitCode: 0,
      by: "SIGTERM",
      at: 0,
      serveUntil: 60_050,
      listenersClosed: false,
      over: false,
    },
  };
  assert.equal(nextDeadline({ ...state, trouble, stop }), 60_050);
  assert.equal(nextDeadline({ ...state, next: nextWith({}) }), null);
  assert.equal(nextDeadline({ ...state, next: nextWith({ stage: "settling" }) }), 63_000);
});

test("a stage that time ends is over after --settle, and the trial of a canary after --canary", () => {
  assert.equal(stageEnd(nextWith({ stage: "settling" })), 63_000);
  assert.equal(stageEnd(nextWith({ stage: "canary" })), 69_000);
});
