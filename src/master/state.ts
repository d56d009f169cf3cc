// What the master knows: its workers, their generations, the stop under way. Plain values that are replaced, never changed.
// Knows no Node module, clock or process; times are milliseconds on a clock of the caller's that never goes back.

import type { Settings } from "../config/options.ts";
import type { FailureCode } from "../errors.ts";
import type { ListenerInfo } from "../ipc/messages.ts";

/** How far a worker's life has come; each step is one report, `opening` is the listeners on their way to it. */
export type Phase = "starting" | "loading" | "loaded" | "opening" | "ready";

/** Why a worker could not start, or must end. */
export interface Blame {
  readonly code: FailureCode;
  /** For a person; many lines perhaps. */
  readonly message: string;
}

/** A worker as the master sees it. */
export interface WorkerHandle {
  /** Never used twice, unlike `pid`. */
  readonly id: number;
  /** The place it fills, from 1. Its successor has the same. */
  readonly slot: number;
  readonly generation: number;
  readonly pid: number | null;
  readonly phase: Phase;
  readonly forkedAt: number;
  readonly readyAt: number | null;
  /** The last sign of life. Null until the application is loaded: an import may block for as long as it likes. */
  readonly lastBeatAt: number | null;
  /** When it must have come one step further, or is given up. */
  readonly stepBy: number | null;
  /** When it must be gone, or is killed. */
  readonly goneBy: number | null;
  /** It was told to go, or goes by itself: it fills no slot any more. */
  readonly leaving: boolean;
  /** It accepts nothing any more. */
  readonly draining: boolean;
  /** Why it asks for a successor. */
  readonly recycling: string | null;
  /** What its exit will be put down to. */
  readonly blame: Blame | null;
}

/** What happened to a place lately. Places without a row have had no trouble. */
export interface SlotTrouble {
  readonly slot: number;
  /** Workers in a row that died young. */
  readonly failures: number;
  readonly respawnAt: number;
}

/** A generation that boots beside the serving one. */
export interface NextGeneration {
  readonly number: number;
  readonly settings: Settings;
  readonly startedAt: number;
}

export interface Stop {
  readonly style: "graceful" | "quick";
  readonly exitCode: number;
  readonly signal: string | null;
  readonly at: number;
  readonly listenersClosed: boolean;
  /** The last action is out. */
  readonly over: boolean;
}

export interface State {
  /** The moment of the fact at hand. */
  readonly now: number;
  readonly version: string;
  readonly pid: number;
  readonly listeners: readonly ListenerInfo[];
  readonly startedAt: number;
  /** Those of the serving generation. */
  readonly settings: Settings;
  readonly generation: number;
  /** The highest number given out. */
  readonly lastGeneration: number;
  readonly next: NextGeneration | null;
  readonly workers: readonly WorkerHandle[];
  readonly lastId: number;
  readonly trouble: readonly SlotTrouble[];
  /** TTIN less TTOU; on top of `settings.workers`, so that it outlives a reload. */
  readonly offset: number;
  /** Some worker of some generation has been ready: from here on a boot that fails never stops the server. */
  readonly everReady: boolean;
  readonly announced: boolean;
  /** The configuration is being read; `again` when another HUP came meanwhile, for it may have been read too early. */
  readonly reading: "no" | "once" | "again";
  readonly lastTickAt: number;
  readonly stop: Stop | null;
}

export interface Beginning {
  readonly version: string;
  readonly pid: number;
  readonly listeners: readonly ListenerInfo[];
  readonly settings: Settings;
  /** When the process started. */
  readonly startedAt: number;
  readonly now: number;
}

export const initialState = (given: Beginning): State => ({
  ...given,
  generation: 1,
  lastGeneration: 1,
  next: null,
  workers: [],
  lastId: 0,
  trouble: [],
  offset: 0,
  everReady: false,
  announced: false,
  reading: "no",
  lastTickAt: given.now,
  stop: null,
});

/** How many workers a generation with these settings wants. */
export const wantedCount = (state: State, settings: Settings = state.settings): number =>
  Math.max(1, settings.workers + state.offset);

/** The settings a worker lives under; those of the serving generation once its own has been retired. */
export const settingsOf = (state: State, generation: number): Settings =>
  state.next !== null && state.next.number === generation ? state.next.settings : state.settings;

/** The workers that fill the places of a generation. */
export const team = (state: State, generation: number): readonly WorkerHandle[] =>
  state.workers.filter((worker) => worker.generation === generation && !worker.leaving);

export const findWorker = (state: State, id: number): WorkerHandle | undefined =>
  state.workers.find((worker) => worker.id === id);

/** Not loaded yet: it holds no client, and its main thread may be deaf inside an import. */
export const isBooting = (worker: WorkerHandle): boolean => worker.phase === "starting" || worker.phase === "loading";

export const updateWorker = (state: State, id: number, change: Partial<WorkerHandle>): State => ({
  ...state,
  workers: state.workers.map((worker) => (worker.id === id ? { ...worker, ...change } : worker)),
});

export const removeWorker = (state: State, id: number): State => ({
  ...state,
  workers: state.workers.filter((worker) => worker.id !== id),
});

/** A worker that reached `ready` and lived this long had a healthy life: its death says nothing about the next one. */
export const HEALTHY_MS = 10_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;

/** Milliseconds before the next attempt after so many early deaths in a row: at once, then 0.25 s, doubling up to 30 s. */
export const respawnDelay = (failures: number): number =>
  failures < 2 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 2));

/** Takes down the death of a worker that was to stay. Answers the delay before its successor. */
export function countDeath(state: State, dead: WorkerHandle): { readonly state: State; readonly delay: number } {
  const { now } = state;
  const healthy = dead.readyAt !== null && now - dead.readyAt >= HEALTHY_MS;
  const before = state.trouble.find(({ slot }) => slot === dead.slot)?.failures ?? 0;
  const failures = healthy ? 0 : before + 1;
  const delay = respawnDelay(failures);
  const others = state.trouble.filter(({ slot }) => slot !== dead.slot);
  return { state: { ...state, trouble: [...others, { slot: dead.slot, failures, respawnAt: now + delay }] }, delay };
}

/** Whether a place may have a new worker now. */
export const mayRespawn = (state: State, slot: number): boolean =>
  (state.trouble.find((row) => row.slot === slot)?.respawnAt ?? state.now) <= state.now;

/** The next moment at which time alone changes something, besides the tick of every second. */
export function nextDeadline(state: State): number | null {
  const due = [
    ...state.workers.flatMap(({ stepBy, goneBy }) => [stepBy, goneBy]),
    ...(state.stop === null ? state.trouble.map(({ respawnAt }) => (respawnAt > state.now ? respawnAt : null)) : []),
  ].filter((at) => at !== null);
  return due.length === 0 ? null : Math.min(...due);
}
