import assert from "node:assert/strict";
import { test } from "node:test";
import { nextDeadline, respawnDelay, settingsOf, wantedCount } from "../../src/master/state.ts";
import { settingsWith, World } from "../support/plan-world.ts";

test("the delay before a successor is none for the first two tries, then doubles from 0.25 s to 30 s and stays there", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 8, 9, 5000].map((failures) => respawnDelay(failures)),
    [0, 0, 250, 500, 16_000, 30_000, 30_000],
  );
});

test("the wanted count is the setting plus TTIN less TTOU, and never less than one", () => {
  const { state } = new World({ workers: 4 });
  assert.deepEqual(
    [0, 3, -3, -4, -9].map((offset) => wantedCount({ ...state, offset })),
    [4, 7, 1, 1, 1],
  );
  assert.equal(wantedCount({ ...state, offset: 1 }, settingsWith({ workers: 2 })), 3);
});

test("a worker lives under the settings of its generation", () => {
  const next = { number: 2, settings: settingsWith({ timeout: 7 }), startedAt: 0 };
  const state = { ...new World({ timeout: 5 }).state, next };
  assert.deepEqual([settingsOf(state, 1).timeout, settingsOf(state, 2).timeout], [5, 7]);
});

test("the next deadline is the earliest that is still to come, and none when nothing waits for time", () => {
  const { state } = World.serving({ workers: 2, bootTimeout: 0 });
  assert.equal(nextDeadline(state), null);
  const trouble = [60_500, 59_000].map((respawnAt, slot) => ({ slot, failures: 2, respawnAt }));
  assert.equal(nextDeadline({ ...state, trouble }), 60_500);
  const workers = state.workers.map((worker, index) => ({ ...worker, goneBy: 60_400 + index }));
  assert.equal(nextDeadline({ ...state, trouble, workers }), 60_400);
});
