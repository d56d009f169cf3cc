// The moves that plan.ts makes: each takes a state and gives the next one with the actions that make it true.
// Pure, like plan.ts. Knows how to start, dismiss and give up workers and generations; not when.

import type { Settings } from "../config/options.ts";
import { FAILURES, type FailureCode } from "../errors.ts";
import {
  type Blame,
  isBooting,
  type NextGeneration,
  type State,
  type Stop,
  settingsOf,
  team,
  updateWorker,
  type WorkerHandle,
  wantedCount,
} from "./state.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** What the actuator can do. */
export type Action =
  | { readonly do: "fork"; readonly id: number; readonly slot: number; readonly settings: Settings }
  | {
      readonly do: "boot";
      readonly id: number;
      readonly slot: number;
      readonly generation: number;
      readonly settings: Settings;
    }
  /** Send all listeners. */
  | { readonly do: "listen"; readonly id: number; readonly backlog: number }
  | { readonly do: "quit"; readonly id: number; readonly style: "graceful" | "quick"; readonly graceMs: number }
  | { readonly do: "reopen"; readonly id: number }
  /** SIGKILL: the one signal that a blocked loop cannot miss. */
  | { readonly do: "kill"; readonly id: number }
  | { readonly do: "log"; readonly level: LogLevel; readonly message: string }
  /** Open the master's own logs again. */
  | { readonly do: "reopen-logs" }
  /** Answered by `configured` or `not-configured`. */
  | { readonly do: "read-configuration"; readonly current: Settings }
  /** These settings serve from now on: title and log level follow. */
  | { readonly do: "adopt"; readonly settings: Settings }
  | { readonly do: "close-listeners" }
  /** Say on stderr why the server did not start. */
  | { readonly do: "complain"; readonly message: string }
  /** Clean up and leave. */
  | { readonly do: "exit"; readonly code: number };

export interface Step {
  readonly state: State;
  readonly actions: readonly Action[];
}

export const step = (state: State, ...actions: readonly Action[]): Step => ({ state, actions });

/** Does one move after another. */
export function then(first: Step, next: (state: State) => Step): Step {
  const second = next(first.state);
  return { state: second.state, actions: [...first.actions, ...second.actions] };
}

/** Does the same move with each item, each time on what the move before left. */
export const forEach = <T>(state: State, items: readonly T[], move: (state: State, item: T) => Step): Step =>
  items.reduce<Step>((done, item) => then(done, (current) => move(current, item)), step(state));

export const log = (level: LogLevel, message: string): Action => ({ do: "log", level, message });

export const nameOf = ({ slot, pid }: WorkerHandle): string =>
  pid === null ? `worker ${slot}` : `worker ${slot} (pid ${pid})`;

export const inSeconds = (ms: number): string => `${Number((ms / 1000).toFixed(2))} s`;

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** A worker closes what is left at the end of its grace and goes by itself; only one that cannot is killed, this much later. */
const GRACE_SLACK_MS = 1000;
/** What a quick stop may take: gunicorn's two seconds. */
const QUICK_MS = 2000;

/** Starts a worker in a place of a generation. */
export function fork(state: State, place: { readonly slot: number; readonly generation: number }): Step {
  const id = state.lastId + 1;
  const settings = settingsOf(state, place.generation);
  const worker: WorkerHandle = {
    ...place,
    id,
    pid: null,
    phase: "starting",
    forkedAt: state.now,
    readyAt: null,
    lastBeatAt: null,
    stepBy: bootDeadline(settings, state.now),
    goneBy: null,
    leaving: false,
    draining: false,
    recycling: null,
    blame: null,
  };
  const next = { ...state, lastId: id, workers: [...state.workers, worker] };
  return step(next, { do: "fork", id, slot: place.slot, settings });
}

/** The application is loaded: give it the listeners. */
export function open(state: State, worker: WorkerHandle): Step {
  const settings = settingsOf(state, worker.generation);
  return step(updateWorker(state, worker.id, { phase: "opening", stepBy: bootDeadline(settings, state.now) }), {
    do: "listen",
    id: worker.id,
    backlog: settings.backlog,
  });
}

const bootDeadline = ({ bootTimeout }: Settings, now: number): number | null =>
  bootTimeout > 0 ? now + bootTimeout * 1000 : null;

/** Tells a worker to go. One that is still booting holds no client and may not hear us. */
export function dismiss(state: State, worker: WorkerHandle, style: Stop["style"]): Step {
  if (isBooting(worker)) return kill(state, worker);
  const graceMs = style === "quick" ? 0 : settingsOf(state, worker.generation).gracefulTimeout * 1000;
  const latest = state.now + (style === "quick" ? QUICK_MS : graceMs + GRACE_SLACK_MS);
  const goneBy = Math.min(latest, worker.goneBy ?? latest);
  return step(updateWorker(state, worker.id, { leaving: true, stepBy: null, goneBy }), {
    do: "quit",
    id: worker.id,
    style,
    graceMs,
  });
}

/** Ends a worker that nobody waits for. */
export const kill = (state: State, worker: WorkerHandle): Step =>
  step(updateWorker(state, worker.id, { leaving: true, stepBy: null, goneBy: null }), { do: "kill", id: worker.id });

/** Ends a worker that keeps its place until its exit is seen, which is then put down to `blame` and answered by a successor. */
export const condemn = (state: State, worker: WorkerHandle, blame: Blame): Step =>
  step(updateWorker(state, worker.id, { blame, stepBy: null, lastBeatAt: null }), { do: "kill", id: worker.id });

/**
 * A worker did not get ready. Nothing has ever served: the server gives up. It was to take over: its whole generation is withdrawn.
 * Otherwise its place gets another attempt when its exit is seen.
 */
export function failBoot(state: State, worker: WorkerHandle, blame: Blame): Step {
  if (!state.everReady) return halt(state, blame);
  if (worker.generation === state.next?.number) return withdraw(state, blame.message);
  return condemn(state, worker, blame);
}

/** The first start failed. The other workers run the same code, so that one message is enough. */
function halt(state: State, blame: Blame): Step {
  const stop: Stop = {
    style: "quick",
    // The code came over the channel, and an application can write to it too.
    exitCode: (FAILURES as Partial<Record<FailureCode, { exit: number }>>)[blame.code]?.exit ?? FAILURES.internal.exit,
    signal: null,
    at: state.now,
    listenersClosed: false,
    over: false,
  };
  return forEachWorker(step({ ...state, stop, next: null }, { do: "complain", message: blame.message }), kill);
}

/** The new generation will not do: the old one goes on. */
export const withdraw = (state: State, reason: string): Step =>
  then(step(state, log("error", `reload failed, generation ${state.generation} goes on: ${reason}`)), dropNext);

/** Ends whatever of the next generation exists. Those that may have accepted a client finish with it first. */
export function dropNext(state: State): Step {
  if (state.next === null) return step(state);
  const gone = forEach(state, team(state, state.next.number), (current, worker) =>
    dismiss(current, worker, worker.phase === "loaded" ? "quick" : "graceful"),
  );
  return { ...gone, state: { ...gone.state, next: null } };
}

/** The new generation accepts: it becomes the serving one, and the old one goes. */
export function promote(state: State, next: NextGeneration): Step {
  const old = state.workers.filter(({ leaving, generation }) => !leaving && generation !== next.number);
  const retired = forEach(state, old, (current, worker) => dismiss(current, worker, "graceful"));
  const serving = { ...retired.state, settings: next.settings, generation: next.number, next: null, trouble: [] };
  return {
    state: serving,
    actions: [
      { do: "adopt", settings: next.settings },
      ...retired.actions,
      log(
        "info",
        `generation ${next.number} serves with ${plural(wantedCount(serving), "worker")}, ready in ${inSeconds(state.now - next.startedAt)}`,
      ),
    ],
  };
}

/** Stops the server, or makes a graceful stop quick. */
export function stopServer(
  state: State,
  { signal, style }: { readonly signal: string; readonly style: Stop["style"] },
): Step {
  const stop: Stop = {
    style,
    exitCode: 0,
    signal,
    at: state.now,
    listenersClosed: false,
    over: false,
    ...keep(state.stop),
  };
  const grace =
    style === "quick" ? "at once" : `what is open may take ${inSeconds(state.settings.gracefulTimeout * 1000)}`;
  const begun = step({ ...state, stop: { ...stop, style } }, log("info", `stopping on ${signal}: ${grace}`));
  return forEachWorker(begun, (current, worker) =>
    worker.leaving && style === "graceful" ? step(current) : dismiss(current, worker, style),
  );
}

const keep = (stop: Stop | null): Partial<Stop> =>
  stop === null ? {} : { exitCode: stop.exitCode, listenersClosed: stop.listenersClosed };

const forEachWorker = (done: Step, move: (state: State, worker: WorkerHandle) => Step): Step =>
  then(done, (state) => forEach(state, state.workers, move));
