// A reload, from the configuration that is read again to the old generation that leaves, or to the new one that is withdrawn.
// The new workers boot beside the old ones, last for --settle without a client, and for as long again with clients; the old ones serve
// to the end of that. Pure.

import { beginTrial, verdict } from "./canary.ts";
import { failInDevelopment, onUnreadable, reconfigure, restart } from "./development.ts";
import type { Configuration } from "./facts.ts";
import {
  type Action,
  answerAll,
  callHook,
  closeUnwanted,
  condemn,
  dismiss,
  dropNext,
  forEach,
  fork,
  indexes,
  inSeconds,
  log,
  open,
  plural,
  readConfiguration,
  type Step,
  step,
  then,
} from "./moves.ts";
import {
  type Blame,
  isBooting,
  type NextGeneration,
  type State,
  stageEnd,
  team,
  updateWorker,
  type WorkerHandle,
  wantedCount,
} from "./state.ts";
import { halt } from "./stopping.ts";

/** A generation that boots and has not come a step further for so long makes way for a newer one. */
const STANDS_STILL_MS = 5000;

/** HUP, or an order with somebody who waits for the outcome. Not in a stop. */
export function reload(state: State, tickets: readonly number[]): Step {
  if (state.development !== null) return restart(state, tickets);
  const waiting = { ...state, tickets: [...state.tickets, ...tickets] };
  const { next, now } = state;
  if (next === null || state.reading !== "no") return readConfiguration(waiting);
  if (next.stage === "booting" && now - next.movedAt > STANDS_STILL_MS) {
    const still = `generation ${next.number} has not come further for ${inSeconds(now - next.movedAt)}`;
    return then(step(waiting, log("warn", `${still}: a newer one takes its place`)), readConfiguration);
  }
  const queued: State = { ...state, queued: [...(state.queued ?? []), ...tickets] };
  return state.queued !== null
    ? step(queued)
    : step(queued, log("info", `generation ${next.number} is on its way already: another reload follows it`));
}

/** Whether the configuration that came must be read once more before it counts. */
const isStale = (state: State): boolean => state.reading === "again" && state.stop === null;

const readAgain = (state: State): Step => readConfiguration({ ...state, reading: "no" });

export function onConfigured(state: State, configuration: Configuration): Step {
  const { settings, listeners } = configuration;
  // What was bound for a configuration that does not count is nobody's.
  if (isStale(state)) return readAgain(closeUnwanted(state, listeners));
  const idle: State = { ...state, reading: "no" };
  if (state.stop !== null) return step(closeUnwanted(idle, listeners));
  const notes = configuration.restart.map(keptNote);
  if (state.development !== null) return reconfigure(idle, configuration, notes);
  const number = state.lastGeneration + 1;
  const next: NextGeneration = {
    ...{ number, settings, listeners, startedAt: state.now },
    ...{ stage: "booting", stageSince: state.now, movedAt: state.now, trial: null },
  };
  // One that was given up a moment ago, and is wanted again before it was closed, is kept.
  const wanted = new Set(indexes(listeners));
  return then(dropNext(idle, "a newer generation takes its place"), (current) =>
    step(
      { ...current, lastGeneration: number, next, closing: current.closing.filter((index) => !wanted.has(index)) },
      ...notes,
      log("info", `reloading: generation ${number} boots beside generation ${state.generation}`),
      callHook({ name: "onReload", event: { generation: number, settings } }),
    ),
  );
}

const keptNote = (key: string): Action =>
  log("warn", `${key} needs a restart to change, and keeps its old value until then`);

export function onNotConfigured(state: State, message: string): Step {
  if (isStale(state)) return readAgain(state);
  // Whoever waited for the outcome was told when the stop began, which has also ended the reading.
  if (state.stop !== null) return step({ ...state, reading: "no" });
  if (state.development !== null) return onUnreadable({ ...state, reading: "no" }, message);
  return conclude({ ...state, reading: "no" }, false, `reload failed, nothing has changed: ${message}`);
}

/** The outcome of a reload: it is logged, those who wait are told, and the reload that waits for this one begins. */
function conclude(state: State, ok: boolean, message: string): Step {
  const done = step(
    { ...state, tickets: [], lastReload: { at: state.now, ok, message } },
    log(ok ? "info" : "error", message),
    ...answerAll(state.tickets, ok, message),
  );
  const { queued } = state;
  if (queued === null || state.stop !== null) return done;
  return then(done, (current) => reload({ ...current, queued: null }, queued));
}

/** The new generation will not do: the old one goes on. */
export const withdraw = (state: State, reason: string): Step =>
  then(dropNext(state, "its generation is withdrawn"), (current) =>
    conclude(current, false, `reload failed, generation ${state.generation} goes on: ${reason}`),
  );

/**
 * A worker did not get ready. With `--reload` its failure is shown instead. Nothing has ever served: the server gives up. It was to take over: its whole generation is withdrawn.
 * Otherwise its place gets another attempt when its exit is seen.
 */
export function failBoot(state: State, worker: WorkerHandle, blame: Blame): Step {
  // It leaves with the others, and its exit has a reason of its own.
  if (state.development !== null) return failInDevelopment(state, worker, blame);
  const blamed = updateWorker(state, worker.id, { blame });
  if (!state.everReady) return halt(blamed, blame);
  if (worker.generation === state.next?.number) return withdraw(blamed, blame.message);
  return condemn(state, worker, blame);
}

/** One step towards the end of a reload, if there is one to take. */
export function advanceReload(state: State): Step {
  const { next } = state;
  if (next === null || state.stop !== null) return step(state);
  switch (next.stage) {
    case "booting":
      return bootNext(state, next);
    case "quiet":
      return state.now >= stageEnd(next) ? openNext(toStage(state, next, "booting"), next.number) : step(state);
    case "canary":
      return tryCanary(state, next);
    case "settling":
      return state.now >= stageEnd(next) ? promote(state, next) : step(state);
  }
}

const toStage = (state: State, next: NextGeneration, stage: NextGeneration["stage"]): State => ({
  ...state,
  next: { ...next, stage, stageSince: state.now, movedAt: state.now },
});

/** All are loaded before one accepts, so that code which loads in one place only never meets a client. A canary goes first, alone. */
function bootNext(state: State, next: NextGeneration): Step {
  const tries = next.settings.canary > 0 && next.trial === null;
  const places = tries ? 1 : wantedCount(state, next.settings);
  const members = team(state, next.number);
  const missing = Array.from({ length: places }, (_none, i) => i + 1).filter(
    (slot) => !members.some((worker) => worker.slot === slot),
  );
  const oneByOne = next.settings.reloadStyle === "one-by-one";
  if (missing.length > 0 && !(oneByOne && members.some(isBooting))) {
    const now = oneByOne ? missing.slice(0, 1) : missing;
    return forEach(state, now, (current, slot) => fork(current, { slot, generation: next.number }));
  }
  if (missing.length > 0 || members.some(isBooting)) return step(state);
  if (members.some(({ phase }) => phase === "loaded")) return waitQuietly(state, next);
  if (!members.every(({ phase }) => phase === "ready")) return step(state);
  if (tries) return beginCanary(state, next);
  if (next.settings.settle === 0) return promote(state, next);
  return step(toStage(state, next, "settling"), settleNote(next, "serves beside the old one, and must last"));
}

/** One that dies of what it began to do in its import has no client yet whom that could cost anything. */
function waitQuietly(state: State, next: NextGeneration): Step {
  if (next.settings.settle === 0) return openNext(state, next.number);
  return step(toStage(state, next, "quiet"), settleNote(next, "is loaded, and must last"));
}

const openNext = (state: State, number: number): Step =>
  forEach(
    state,
    team(state, number).filter(({ phase }) => phase === "loaded"),
    open,
  );

const settleNote = ({ number, settings }: NextGeneration, what: string): Action =>
  log("debug", `generation ${number} ${what} ${inSeconds(settings.settle * 1000)} (--settle)`);

function beginCanary(state: State, next: NextGeneration): Step {
  const seconds = inSeconds(next.settings.canary * 1000);
  return step(
    toStage(state, { ...next, trial: beginTrial(state) }, "canary"),
    log("info", `the first worker of generation ${next.number} serves among the old ones for ${seconds} (--canary)`),
  );
}

function tryCanary(state: State, next: NextGeneration): Step {
  const over = state.now >= stageEnd(next);
  const { worse, words } = verdict(state, next, over);
  if (worse) return withdraw(state, `its first worker did worse than the old ones: ${words}`);
  if (!over) return step(state);
  const good = log("info", `the first worker of generation ${next.number} did well: ${words}`);
  return then(step(toStage(state, next, "booting"), good), advanceReload);
}

/** The new generation becomes the serving one, and the old one goes. */
function promote(state: State, next: NextGeneration): Step {
  const old = state.workers.filter(({ leaving, generation }) => !leaving && generation !== next.number);
  const why = `generation ${next.number} has taken over`;
  const retired = forEach(state, old, (current, worker) => dismiss(current, worker, { style: "graceful", why }));
  const count = wantedCount(state, next.settings);
  const serving: State = {
    ...retired.state,
    ...{ settings: next.settings, listeners: next.listeners, generation: next.number, next: null, count },
    ...{ trouble: [], youngDeaths: 0 },
  };
  const taken = { state: closeUnwanted(serving, state.listeners), actions: retired.actions };
  const took = inSeconds(state.now - next.startedAt);
  const recount: readonly Action[] =
    count === state.count ? [] : [callHook({ name: "nworkersChanged", event: { count, previous: state.count } })];
  const actions: readonly Action[] = [{ do: "adopt", settings: next.settings }, ...recount, ...taken.actions];
  return then({ ...taken, actions }, (current) =>
    conclude(current, true, `generation ${next.number} serves with ${plural(count, "worker")}, ready in ${took}`),
  );
}
