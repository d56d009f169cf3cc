// The moves that the plan is made of: each takes a state and gives the next one with the actions that make it true.
// Pure, like plan.ts. Knows how to start, dismiss and give up workers; not when.

import type { MasterHookCall } from "../config/hooks.ts";
import type { Settings } from "../config/options.ts";
import type { BootFailure, ListenerInfo } from "../ipc/messages.ts";
import { draw } from "./chance.ts";
import {
  type Blame,
  isBooting,
  isSpare,
  listenersOf,
  type State,
  settingsOf,
  team,
  updateWorker,
  type WorkerHandle,
} from "./state.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** What the actuator can do. */
export type Action =
  | {
      readonly do: "fork";
      readonly id: number;
      readonly slot: number;
      readonly generation: number;
      readonly settings: Settings;
    }
  | {
      readonly do: "boot";
      readonly id: number;
      readonly slot: number;
      readonly generation: number;
      readonly settings: Settings;
      /** Answer in the place of the application, which cannot be served. */
      readonly failure: BootFailure | null;
    }
  /** Load what an application may need; `boot` follows. */
  | { readonly do: "prepare"; readonly id: number; readonly settings: Settings }
  /** Send these listeners. */
  | { readonly do: "listen"; readonly id: number; readonly listeners: readonly number[]; readonly backlog: number }
  | {
      readonly do: "quit";
      readonly id: number;
      readonly style: "graceful" | "quick";
      readonly graceMs: number;
      readonly why: string;
      /** Others serve on. */
      readonly succeeded: boolean;
      /** Its code is old: connections without a request come back, for a successor. */
      readonly handBack: boolean;
    }
  /** The server will stop soon: `--ready-path` answers 503 from here on. */
  | { readonly do: "unready"; readonly id: number }
  | { readonly do: "reopen"; readonly id: number }
  /** SIGKILL: the one signal that a blocked loop cannot miss. */
  | { readonly do: "kill"; readonly id: number }
  /** Answered by a report `whereabouts`, unless it cannot be had. */
  | { readonly do: "ask-whereabouts"; readonly id: number }
  | {
      readonly do: "log";
      readonly level: LogLevel;
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>>;
    }
  /** Open the master's own logs again. */
  | { readonly do: "reopen-logs" }
  /** Answered by `configured` or `not-configured`. */
  | { readonly do: "read-configuration"; readonly current: Settings }
  /** Nobody waits for it any more. Answered by `not-configured`. */
  | { readonly do: "stop-reading" }
  /** What changes from here on matters to nobody. */
  | { readonly do: "stop-watching" }
  /** Call a hook of the configuration file, if it has that one. */
  | { readonly do: "hook"; readonly call: MasterHookCall }
  /** These settings serve from now on: title, log level and hooks follow. */
  | { readonly do: "adopt"; readonly settings: Settings }
  /** No generation wants these any more, and nobody accepts on them. */
  | { readonly do: "close-listeners"; readonly listeners: readonly number[] }
  /** The server leaves. */
  | { readonly do: "close-all-listeners" }
  /** What `tsgi ctl` hears. */
  | { readonly do: "answer"; readonly ticket: number; readonly ok: boolean; readonly message: string }
  /** Start a new master on our sockets. Answered by `heir-forked`, `heir-ready`, `heir-leaving`, `heir-gone`. */
  | { readonly do: "fork-heir" }
  | { readonly do: "signal-heir"; readonly signal: "SIGTERM" | "SIGQUIT" | "SIGKILL" }
  /** The heir is gone: the files of Unix sockets are ours alone again. */
  | { readonly do: "reclaim" }
  /** We are the heir, and serve or leave: tell the old master. */
  | { readonly do: "tell-parent"; readonly news: "serving" | "leaving" }
  /** The old master is gone: what was ours beside its own (pid file, control socket) takes its name, and so do socket files. */
  | { readonly do: "inherit" }
  /** The server serves for the first time: whoever stands beside it for a person may begin. */
  | { readonly do: "greet"; readonly urls: readonly string[] }
  /** Tell systemd. Each line is `NAME=value`. */
  | { readonly do: "notify"; readonly lines: readonly string[] }
  /** Say on stderr why the server did not start. */
  | { readonly do: "complain"; readonly message: string }
  /** Clean up and leave. The pid file stays for an heir that puts its own in its place. */
  | { readonly do: "exit"; readonly code: number; readonly keepPidfile: boolean };

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

export const log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): Action => ({
  ...{ do: "log", level, message },
  ...(fields === undefined || Object.keys(fields).length === 0 ? {} : { fields }),
});

export const callHook = (call: MasterHookCall): Action => ({ do: "hook", call });

export const answerAll = (tickets: readonly number[], ok: boolean, message: string): readonly Action[] =>
  tickets.map((ticket) => ({ do: "answer", ticket, ok, message }));

export function nameOf(worker: WorkerHandle): string {
  const { slot, pid } = worker;
  const name = isSpare(worker) ? "the spare worker" : `worker ${slot}`;
  return pid === null ? name : `${name} (pid ${pid})`;
}

export const inSeconds = (ms: number): string => `${Number((ms / 1000).toFixed(2))} s`;

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

export const indexes = (listeners: readonly ListenerInfo[]): readonly number[] => listeners.map(({ index }) => index);

/** A worker closes what is left at the end of its grace and goes by itself; only one that cannot is killed, this much later. */
export const GRACE_SLACK_MS = 1000;
/** What a quick stop may take: gunicorn's two seconds. */
export const QUICK_MS = 2000;

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
    asked: false,
    goneBy: null,
    retireAt: null,
    leaving: false,
    farewell: null,
    draining: false,
    handsBack: false,
    listeners: [],
    recycling: null,
    blame: null,
    lastWords: null,
    figures: null,
  };
  const next = { ...state, lastId: id, workers: [...state.workers, worker] };
  return step(next, { do: "fork", id, ...place, settings });
}

/** The process is up: give it the application, or what stands for that. */
export function boot(state: State, worker: WorkerHandle): Step {
  const { id, slot, generation } = worker;
  const failure = state.development?.failure ?? null;
  const settings = settingsOf(state, generation);
  const loading = moved(updateWorker(state, id, { phase: "loading" }), worker);
  return step(loading, { do: "boot", id, slot, generation, settings, failure });
}

/** A worker of the next generation came a step further, so that generation does not stand still. */
export const moved = (state: State, { generation }: WorkerHandle): State =>
  state.next?.number === generation ? { ...state, next: { ...state.next, movedAt: state.now } } : state;

/** The application is loaded: give it the listeners. */
export function open(state: State, worker: WorkerHandle): Step {
  const settings = settingsOf(state, worker.generation);
  const listeners = indexes(listenersOf(state, worker.generation));
  const stepBy = bootDeadline(settings, state.now);
  return step(updateWorker(state, worker.id, { phase: "opening", stepBy, listeners }), {
    ...{ do: "listen", id: worker.id, listeners, backlog: settings.backlog },
  });
}

export const bootDeadline = ({ bootTimeout }: Settings, now: number): number | null =>
  bootTimeout > 0 ? now + bootTimeout * 1000 : null;

/** It accepts: its life begins, and with `--max-worker-lifetime` its end is known. */
export function begin(state: State, worker: WorkerHandle): State {
  const { maxWorkerLifetime, maxWorkerLifetimeJitter } = settingsOf(state, worker.generation);
  const { value, seed } = draw(state.seed);
  const retireAt =
    maxWorkerLifetime === 0 ? null : state.now + (maxWorkerLifetime + value * maxWorkerLifetimeJitter) * 1000;
  const change = { phase: "ready", stepBy: null, readyAt: state.now, lastBeatAt: state.now, retireAt } as const;
  return { ...updateWorker(state, worker.id, change), everReady: true, seed };
}

export interface Leave {
  readonly style: "graceful" | "quick";
  /** Completes "as it was asked to (...)". */
  readonly why: string;
  /** Its code is old; nothing of it is wanted any more but the answers that are on their way. */
  readonly handBack?: boolean;
}

/** One that is told to hand back says within so long that it drains, or stands in a debugger. */
const HAND_BACK_MS = 500;

/** Tells a worker to go. One that is still booting holds no client and may not hear us. */
export function dismiss(state: State, worker: WorkerHandle, { style, why, handBack = false }: Leave): Step {
  if (isBooting(worker)) return kill(state, worker, why);
  const { inspect } = settingsOf(state, worker.generation);
  const graceMs = style === "quick" ? 0 : graceOf(state, worker);
  const paused = handBack && inspect !== null && !worker.draining;
  const latest = state.now + (paused ? HAND_BACK_MS : style === "quick" ? QUICK_MS : graceMs + GRACE_SLACK_MS);
  const goneBy = Math.min(latest, worker.goneBy ?? latest);
  const change = { leaving: true, stepBy: null, goneBy, farewell: worker.farewell ?? why, handsBack: handBack };
  const succeeded = othersServe(state);
  return step(updateWorker(state, worker.id, change), {
    ...{ do: "quit", id: worker.id, style, graceMs, why, succeeded, handBack },
  });
}

/** How long a worker may take to finish what is open. */
export const graceOf = (state: State, { generation }: WorkerHandle): number =>
  settingsOf(state, generation).gracefulTimeout * 1000;

/** Whether clients of a worker that leaves find others, or its successor: unless the server stops and no new master serves. */
const othersServe = ({ stop, heir }: State): boolean => stop === null || heir?.stage === "serving";

/** Ends a worker that nobody waits for. */
export const kill = (state: State, worker: WorkerHandle, why: string): Step =>
  step(
    updateWorker(state, worker.id, { leaving: true, stepBy: null, goneBy: null, farewell: worker.farewell ?? why }),
    { do: "kill", id: worker.id },
  );

/** Ends a worker that keeps its place until its exit is seen, which is then put down to `blame` and answered by a successor. */
export const condemn = (state: State, worker: WorkerHandle, blame: Blame): Step =>
  step(updateWorker(state, worker.id, { blame, stepBy: null, lastBeatAt: null }), { do: "kill", id: worker.id });

/** A worker shall be succeeded and then leave, one place at a time; settle.ts sees to it. */
export function tire(state: State, worker: WorkerHandle, why: string): Step {
  if (worker.recycling !== null || worker.leaving) return step(state);
  return step(
    updateWorker(state, worker.id, { recycling: why }),
    log("info", `${nameOf(worker)} gets a successor: ${why}`),
  );
}

/** Not in a stop. Answered by a fact; while it is under way, a second wish only makes it be read once more. */
export function readConfiguration(state: State): Step {
  if (state.reading !== "no") return step({ ...state, reading: "again" });
  return step({ ...state, reading: "once" }, { do: "read-configuration", current: state.settings });
}

export const forEachWorker = (done: Step, move: (state: State, worker: WorkerHandle) => Step): Step =>
  then(done, (state) => forEach(state, state.workers, move));

/** The ready workers of the serving generation. */
export const readyTeam = (state: State): readonly WorkerHandle[] =>
  team(state, state.generation).filter(({ phase }) => phase === "ready");

/** Listeners that somebody had and nobody wants any more. settle.ts closes each when no worker accepts on it. */
export function closeUnwanted(state: State, had: readonly ListenerInfo[]): State {
  const wanted = new Set(indexes([...state.listeners, ...(state.next?.listeners ?? [])]));
  const unwanted = indexes(had).filter((index) => !wanted.has(index) && !state.closing.includes(index));
  return unwanted.length === 0 ? state : { ...state, closing: [...state.closing, ...unwanted] };
}

/** Ends whatever of the next generation exists. Those that may have accepted a client finish with it first. */
export function dropNext(state: State, why: string): Step {
  const { next } = state;
  if (next === null) return step(state);
  const gone = forEach(state, team(state, next.number), (current, worker) =>
    dismiss(current, worker, { style: worker.phase === "loaded" ? "quick" : "graceful", why }),
  );
  return { ...gone, state: closeUnwanted({ ...gone.state, next: null }, next.listeners) };
}
