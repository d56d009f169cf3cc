// Compares what is there with what should be there and moves one towards the other: places without a worker, a reload, a worker that
// wants a successor, listeners that nobody wants, a stop. Pure, like plan.ts, which calls it after every fact. Knows no fact.

import { announce } from "./announce.ts";
import { concludeRestart, isHeld } from "./development.ts";
import { advanceReload } from "./generation.ts";
import { dismiss, forEach, fork, open, type Step, step, then } from "./moves.ts";
import { keepSpare, start } from "./spare.ts";
import { isBooting, mayRespawn, type State, settingsOf, team, type WorkerHandle, wantedCount } from "./state.ts";
import { finishStop } from "./stopping.ts";

/** One move after another until nothing is amiss that could be mended now. */
export function settle(state: State): Step {
  const { stop } = state;
  if (stop !== null && stop.serveUntil === null) return finishStop(state, stop);
  const moves = [fill, trim, openServing, advanceReload, recycle, closeIdle, keepSpare, concludeRestart, announce];
  const served = moves.reduce<Step>(then, step(state));
  return then(served, (now) => (now.stop === null ? step(now) : finishStop(now, now.stop)));
}

/** Every place of the serving generation has a worker, or waits for the end of its delay. */
function fill(state: State): Step {
  // What is on disk is not complete yet, or the settings are not known.
  if (isHeld(state)) return step(state);
  const { generation } = state;
  const taken = new Set(team(state, generation).map(({ slot }) => slot));
  const empty = slots(wantedCount(state)).filter((slot) => !taken.has(slot) && mayRespawn(state, slot));
  return forEach(state, empty, (current, slot) => start(current, { slot, generation }));
}

const slots = (count: number): readonly number[] => Array.from({ length: count }, (_none, index) => index + 1);

/** An heir begins to serve as a whole, as a new generation does: until all its workers are loaded, the old master serves alone. */
function openServing(state: State): Step {
  const members = team(state, state.generation);
  if (state.parent !== null && !state.everReady && members.some(isBooting)) return step(state);
  const loaded = members.filter(({ phase }) => phase === "loaded");
  return forEach(state, loaded, open);
}

/** A worker that asked for it is succeeded before it goes, one place at a time. A reload replaces it anyway. */
function recycle(state: State): Step {
  if (state.next !== null) return step(state);
  const members = team(state, state.generation);
  const tired = members.filter(({ recycling }) => recycling !== null);
  const successorOf = ({ id, slot }: WorkerHandle): WorkerHandle | undefined =>
    members.find((worker) => worker.slot === slot && worker.id > id);
  const relieved = tired.find((worker) => successorOf(worker)?.phase === "ready");
  if (relieved !== undefined) {
    return then(dismiss(state, relieved, { style: "graceful", why: relieved.recycling! }), recycle);
  }
  const first = tired[0];
  if (first === undefined || tired.some(successorOf) || !mayRespawn(state, first.slot)) return step(state);
  return fork(state, { slot: first.slot, generation: first.generation });
}

/** TTOU leaves a place too many. */
function trim(state: State): Step {
  const surplus = state.workers.filter(
    ({ slot, generation, leaving }) => !leaving && slot > wantedCount(state, settingsOf(state, generation)),
  );
  return forEach(state, surplus, (current, worker) =>
    dismiss(current, worker, { style: "graceful", why: "fewer workers are wanted" }),
  );
}

/** A listener that no generation wants is closed when no worker accepts on it, so that whoever is in its queue gets served. */
function closeIdle(state: State): Step {
  // The configuration that is being read may want it again.
  if (state.reading !== "no") return step(state);
  const busy = new Set(state.workers.flatMap(({ draining, listeners }) => (draining ? [] : listeners)));
  const idle = state.closing.filter((index) => !busy.has(index));
  if (idle.length === 0) return step(state);
  return step(
    { ...state, closing: state.closing.filter((index) => busy.has(index)) },
    { do: "close-listeners", listeners: idle },
  );
}
