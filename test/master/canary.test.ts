import assert from "node:assert/strict";
import { test } from "node:test";
import { beginTrial, noteDelay, verdict } from "../../src/master/canary.ts";
import type { NextGeneration, State, WorkerHandle } from "../../src/master/state.ts";
import { FIGURES, settingsWith, World } from "../support/plan-world.ts";

/** Two old workers and a canary (id 3), with figures from before the trial. */
function trialOf(delays: { readonly canary?: readonly number[]; readonly old?: readonly number[] } = {}) {
  const { state } = World.serving({ workers: 2 });
  const [one, other] = state.workers.map((worker) => ({ ...worker, figures: { ...FIGURES, served: 100, errors: 50 } }));
  const canary: WorkerHandle = { ...one!, id: 3, generation: 2, figures: null };
  const before: State = { ...state, workers: [one!, other!, canary] };
  const trial = { ...beginTrial(before), canaryDelaysMs: delays.canary ?? [], oldDelaysMs: delays.old ?? [] };
  const next: NextGeneration = {
    ...{ number: 2, settings: settingsWith({ canary: 10 }), listeners: [], startedAt: 0 },
    ...{ stage: "canary", stageSince: 0, movedAt: 0, trial },
  };
  return { next, state: { ...before, next } };
}

const withFigures = (state: State, figures: Readonly<Record<number, { served: number; errors: number }>>): State => ({
  ...state,
  workers: state.workers.map((worker) => ({
    ...worker,
    figures: { ...FIGURES, ...worker.figures, ...figures[worker.id] },
  })),
});

test("three errors and five points more than the old ones is worse; what was before the trial does not count", () => {
  const { state, next } = trialOf();
  const judge = (canary: [served: number, errors: number], old: [served: number, errors: number]): boolean =>
    verdict(
      withFigures(state, {
        1: { served: 100 + old[0], errors: 50 + old[1] },
        3: { served: canary[0], errors: canary[1] },
      }),
      next,
      false,
    ).worse;
  assert.equal(judge([10, 2], [100, 0]), false);
  assert.equal(judge([10, 3], [100, 0]), true);
  assert.equal(judge([100, 5], [100, 0]), false);
  assert.equal(judge([100, 6], [100, 0]), true);
  assert.equal(judge([100, 16], [100, 10]), true);
  assert.equal(judge([100, 15], [100, 10]), false);
  assert.equal(judge([0, 0], [0, 0]), false);
});

test("delays are judged when the time is over: more than twice the old ones' and 100 ms above them, in the middle", () => {
  const judge = (canary: number[], old: number[], over = true): boolean => {
    const { state, next } = trialOf({ canary, old });
    return verdict(state, next, over).worse;
  };
  assert.equal(judge([300, 300, 300], [10, 10, 10]), true);
  assert.equal(judge([300, 300, 300], [10, 10, 10], false), false);
  assert.equal(judge([5, 900, 5], [10, 10, 10]), false);
  assert.equal(judge([105, 105, 105], [10, 10, 10]), false);
  assert.equal(judge([300, 300, 300], [160, 160, 160]), false);
  assert.equal(judge([], []), false);
});

test("a worker that came during the trial counts from its first answer, and one that leaves does not count", () => {
  const { state, next } = trialOf();
  const fresh = { ...state.workers[0]!, id: 9, figures: { ...FIGURES, served: 10, errors: 0 } };
  const gone = { ...state.workers[1]!, draining: true, figures: { ...FIGURES, served: 100_000, errors: 0 } };
  const { words } = verdict({ ...state, workers: [state.workers[0]!, fresh, gone] }, next, true);
  assert.match(words, /^0 of 0 answers were errors \(0\.0 %\), the old ones 0 of 10 answers/);
});

test("beats are taken down only during a trial, on the side they belong to", () => {
  const { state, next } = trialOf();
  const [old, , canary] = state.workers;
  const noted = noteDelay(noteDelay(state, old!, 4), canary!, 7).next?.trial;
  assert.deepEqual([noted?.oldDelaysMs, noted?.canaryDelaysMs], [[4], [7]]);
  assert.equal(noteDelay({ ...state, next: null }, old!, 4).next, null);
  const settling = { ...state, next: { ...next, stage: "settling" as const } };
  assert.equal(noteDelay(settling, old!, 4), settling);
  assert.equal(noteDelay(state, { ...old!, leaving: true }, 4), state);
  const untried = { ...state, next: { ...next, trial: null } };
  assert.equal(noteDelay(untried, old!, 4), untried);
});
