// Compares what is there with what should be there and moves one towards the other: places without a worker, a reload, a worker that
// wants a successor, a stop. Pure, like plan.ts, which calls it after every fact. Knows no fact.

import { type Action, dismiss, forEach, fork, log, open, plural, promote, type Step, step, then } from "./moves.ts";
import {
  isBooting,
  mayRespawn,
  type State,
  type Stop,
  settingsOf,
  team,
  type WorkerHandle,
  wantedCount,
} from "./state.ts";

/** One move after another until nothing is amiss that could be mended now. */
export function settle(state: State): Step {
  if (state.stop !== null) return finishStop(state, state.stop);
  return [fill, trim, openServing, advanceReload, recycle, announce].reduce<Step>(then, step(state));
}

/** Every place of the serving generation has a worker, or waits for the end of its delay. */
function fill(state: State): Step {
  const { generation } = state;
  const taken = new Set(team(state, generation).map(({ slot }) => slot));
  const empty = slots(wantedCount(state)).filter((slot) => !taken.has(slot) && mayRespawn(state, slot));
  return forEach(state, empty, (current, slot) => fork(current, { slot, generation }));
}

const slots = (count: number): readonly number[] => Array.from({ length: count }, (_none, index) => index + 1);

function openServing(state: State): Step {
  return forEach(state, loaded(team(state, state.generation)), open);
}

const loaded = (workers: readonly WorkerHandle[]): readonly WorkerHandle[] =>
  workers.filter(({ phase }) => phase === "loaded");

/** One worker of the next generation boots at a time; all are loaded before one accepts, and all accept before an old one goes. */
function advanceReload(state: State): Step {
  const { next } = state;
  if (next === null) return step(state);
  const wanted = slots(wantedCount(state, next.settings));
  const members = team(state, next.number);
  if (members.some(isBooting)) return step(state);
  const missing = wanted.find((slot) => !members.some((worker) => worker.slot === slot));
  if (missing !== undefined) return fork(state, { slot: missing, generation: next.number });
  if (members.every(({ phase }) => phase === "ready")) return promote(state, next);
  return forEach(state, loaded(members), open);
}

/** A worker that asked for it is succeeded before it goes, one place at a time. A reload replaces it anyway. */
function recycle(state: State): Step {
  if (state.next !== null) return step(state);
  const members = team(state, state.generation);
  const tired = members.filter(({ recycling }) => recycling !== null);
  const successorOf = ({ id, slot }: WorkerHandle): WorkerHandle | undefined =>
    members.find((worker) => worker.slot === slot && worker.id > id);
  const relieved = tired.find((worker) => successorOf(worker)?.phase === "ready");
  if (relieved !== undefined) return then(dismiss(state, relieved, "graceful"), recycle);
  const first = tired[0];
  if (first === undefined || tired.some(successorOf) || !mayRespawn(state, first.slot)) return step(state);
  return fork(state, { slot: first.slot, generation: first.generation });
}

/** TTOU leaves a place too many. */
function trim(state: State): Step {
  const surplus = state.workers.filter(
    ({ slot, generation, leaving }) => !leaving && slot > wantedCount(state, settingsOf(state, generation)),
  );
  return forEach(state, surplus, (current, worker) => dismiss(current, worker, "graceful"));
}

/** Once, when the first complete generation accepts. */
function announce(state: State): Step {
  const { settings, listeners } = state;
  const wanted = wantedCount(state);
  const ready = team(state, state.generation).filter(({ phase }) => phase === "ready");
  if (state.announced || ready.length < wanted) return step(state);
  const who = `tsgi ${state.version} (pid ${state.pid})`;
  return step(
    { ...state, announced: true },
    log("info", `${who} serving ${settings.app} with ${plural(wanted, "worker")}`),
    ...listeners.map(({ url }) => log("info", `listening on ${url}`)),
    log("info", `ready in ${Math.round(state.now - state.startedAt)} ms`),
  );
}

/** Listeners are closed when nobody accepts any more, so that whoever is still in the queue gets served. */
function finishStop(state: State, stop: Stop): Step {
  const nobodyAccepts = stop.style === "quick" || state.workers.every(({ draining }) => draining);
  const close: readonly Action[] = nobodyAccepts && !stop.listenersClosed ? [{ do: "close-listeners" }] : [];
  const over = state.workers.length === 0;
  const exit: readonly Action[] = over ? [{ do: "exit", code: stop.exitCode }] : [];
  const listenersClosed = stop.listenersClosed || nobodyAccepts;
  return step({ ...state, stop: { ...stop, listenersClosed, over } }, ...close, ...exit);
}
