// What the master knows: its workers, their generations, the stop under way. Plain values that are replaced, never changed.
// Knows no Node module, clock or process; times are milliseconds on a clock of the caller's that never goes back.

import type { Settings } from "../config/options.ts";
import type { FailureCode } from "../errors.ts";
import type { BootFailure, Figures, LastWords, ListenerInfo } from "../ipc/messages.ts";

/**
 * How far a worker's life has come; each step is one report, `opening` is the listeners on their way to it. A `spare` has no place yet, and
 * loads what it may need.
 */
export type Phase = "spare" | "starting" | "loading" | "loaded" | "opening" | "ready";

/** Why a worker could not start, or must end. */
export interface Blame {
  /** The exit code of a server that ends with it. */
  readonly code: FailureCode;
  readonly cause: "boot-failed" | "timeout" | "memory";
  /** For a person; many lines perhaps. */
  readonly message: string;
  /** The same in parts, for a page; null or left out where nothing was thrown. */
  readonly details?: BootFailure["details"];
  /** What the log has beside the message. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A worker as the master sees it. */
export interface WorkerHandle {
  /** Never used twice, unlike `pid`. */
  readonly id: number;
  /** The place it fills, from 1; 0 is a spare's. Its successor has the same. */
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
  /** It was late, and has been asked where it stands before it is given up. */
  readonly asked: boolean;
  /** When it must be gone, or is killed. */
  readonly goneBy: number | null;
  /** When its life is over (`--max-worker-lifetime`). */
  readonly retireAt: number | null;
  /** It was told to go, or goes by itself: it fills no slot any more. */
  readonly leaving: boolean;
  /** Why it was told to go. */
  readonly farewell: string | null;
  /** It accepts nothing any more. */
  readonly draining: boolean;
  /** It was told that its code is old. */
  readonly handsBack: boolean;
  /** The listeners it was sent. */
  readonly listeners: readonly number[];
  /** Why it asks for a successor. */
  readonly recycling: string | null;
  /** What its exit will be put down to. */
  readonly blame: Blame | null;
  readonly lastWords: LastWords | null;
  /** Its last beat. */
  readonly figures: Figures | null;
}

/** What happened to a place lately. Places without a row have had no trouble. */
export interface SlotTrouble {
  readonly slot: number;
  /** Workers in a row that died young. */
  readonly failures: number;
  readonly respawnAt: number;
}

/** How a place was left last. */
export interface LastExit {
  readonly slot: number;
  readonly at: number;
  readonly how: string;
}

/** What the first worker of a generation and the old ones did while it was tried. */
export interface Trial {
  /** Served and errors of each worker when the trial began. */
  readonly base: readonly { readonly id: number; readonly served: number; readonly errors: number }[];
  readonly canaryDelaysMs: readonly number[];
  readonly oldDelaysMs: readonly number[];
}

/** A generation that boots beside the serving one. */
export interface NextGeneration {
  readonly number: number;
  readonly settings: Settings;
  readonly listeners: readonly ListenerInfo[];
  readonly startedAt: number;
  /** Its workers boot; they are loaded and must last without clients; its first one is tried alone; all serve and must last with clients. */
  readonly stage: "booting" | "quiet" | "canary" | "settling";
  readonly stageSince: number;
  /** When one of its workers came a step further. */
  readonly movedAt: number;
  /** The trial of the first worker; null before it and without one. */
  readonly trial: Trial | null;
}

export interface Stop {
  readonly style: "graceful" | "quick" | "kill";
  readonly exitCode: number;
  /** `SIGTERM`, or who else asked. */
  readonly by: string | null;
  readonly at: number;
  /** Until then everything is served as before (`--drain-delay`); null when that is over. */
  readonly serveUntil: number | null;
  readonly listenersClosed: boolean;
  /** The last action is out. */
  readonly over: boolean;
}

/** How busy the workers have been, for `--workers 2..8`. */
export interface Load {
  readonly busySince: number | null;
  readonly roomySince: number | null;
  readonly movedAt: number;
}

/** The new master of an upgrade. */
export interface Heir {
  readonly pid: number | null;
  /** It boots; its first generation serves; it leaves, by itself or because it was told to. */
  readonly stage: "booting" | "serving" | "leaving";
  /** When it must serve, or be gone; null without a limit, and when nothing more can be done. */
  readonly by: number | null;
}

/** What systemd was told last. */
export interface Herald {
  readonly status: string;
  readonly toldAt: number;
  /** The last sign of life for its watchdog, and how often that wants one (WATCHDOG_USEC); null without a watchdog. */
  readonly fedAt: number;
  readonly watchdogMs: number | null;
}

/** What is known of restarts on change (`--reload`). */
export interface Development {
  /** Something has changed, and more may: no worker is started before that is over. */
  readonly dirty: boolean;
  /** When the first sign of it came; null when the last restart is over. */
  readonly since: number | null;
  /** Why the application of this generation cannot be served: its places are filled by workers that say so in its stead. */
  readonly failure: BootFailure | null;
  /** That is the configuration's fault: it is read again at the next change, of whatever file. */
  readonly misconfigured: boolean;
}

/** What became of a reload. */
export interface Outcome {
  readonly at: number;
  readonly ok: boolean;
  readonly message: string;
}

export interface State {
  /** The moment of the fact at hand. */
  readonly now: number;
  readonly version: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly seed: number;
  /** Those of the serving generation. */
  readonly settings: Settings;
  readonly listeners: readonly ListenerInfo[];
  /** Listeners that no generation wants any more; each is closed when no worker accepts on it. */
  readonly closing: readonly number[];
  readonly generation: number;
  /** The highest number given out. */
  readonly lastGeneration: number;
  readonly next: NextGeneration | null;
  readonly workers: readonly WorkerHandle[];
  readonly lastId: number;
  readonly trouble: readonly SlotTrouble[];
  readonly lastExits: readonly LastExit[];
  /** Workers in a row, of any place, that died young, while none lived long. */
  readonly youngDeaths: number;
  /** How many workers are wanted now: `settings.workers` to begin with, then what TTIN, TTOU, orders and the load made of it. */
  readonly count: number;
  readonly load: Load;
  /** Some worker of some generation has been ready: from here on a boot that fails never stops the server. */
  readonly everReady: boolean;
  readonly announced: boolean;
  /** The configuration is being read; `again` when another HUP came meanwhile, for it may have been read too early. */
  readonly reading: "no" | "once" | "again";
  /** Who waits for the outcome of the reload that is under way. */
  readonly tickets: readonly number[];
  /** A reload that begins when the one under way is over, and who waits for it. */
  readonly queued: readonly number[] | null;
  readonly lastReload: Outcome | null;
  readonly lastTickAt: number;
  readonly heir: Heir | null;
  /** What a new master needs besides the boots of its workers. */
  readonly heirStartMs: number;
  /** The old master that we are the heir of, while it lives. */
  readonly parent: number | null;
  /** The workers were sent home (WINCH); the heir serves. */
  readonly resting: boolean;
  /** Null when nobody asked to be told. */
  readonly herald: Herald | null;
  /** Null without `--reload`. */
  readonly development: Development | null;
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
  /** Any number; the same one makes the same decisions. */
  readonly seed: number;
  readonly parent: number | null;
  /** 10 seconds when it is left out. */
  readonly heirStartMs?: number;
  /** Somebody wants to be told (NOTIFY_SOCKET), perhaps with a watchdog; nobody when it is left out. */
  readonly notify?: { readonly watchdogMs: number | null } | null;
}

const HEIR_START_MS = 10_000;

export const initialState = ({ notify = null, heirStartMs = HEIR_START_MS, ...given }: Beginning): State => ({
  ...given,
  heirStartMs,
  closing: [],
  generation: 1,
  lastGeneration: 1,
  next: null,
  workers: [],
  lastId: 0,
  trouble: [],
  lastExits: [],
  youngDeaths: 0,
  count: given.settings.workers.min,
  load: { busySince: null, roomySince: null, movedAt: given.now },
  everReady: false,
  announced: false,
  reading: "no",
  tickets: [],
  queued: null,
  lastReload: null,
  lastTickAt: given.now,
  heir: null,
  resting: false,
  herald: notify === null ? null : { ...notify, status: "", toldAt: Number.NEGATIVE_INFINITY, fedAt: given.now },
  development:
    given.settings.reload === "on" ? { dirty: false, since: null, failure: null, misconfigured: false } : null,
  stop: null,
});

const sameBounds = (a: Settings["workers"], b: Settings["workers"]): boolean => a.min === b.min && a.max === b.max;

/** How many workers a generation with these settings wants. New bounds take back what was said at run time. */
export function wantedCount(state: State, settings: Settings = state.settings): number {
  if (state.resting) return 0;
  const { min, max } = settings.workers;
  return sameBounds(settings.workers, state.settings.workers) ? state.count : Math.min(max, Math.max(min, state.count));
}

/** The settings a worker lives under; those of the serving generation once its own has been retired. */
export const settingsOf = (state: State, generation: number): Settings =>
  state.next !== null && state.next.number === generation ? state.next.settings : state.settings;

/** What a worker of this generation accepts on. */
export const listenersOf = (state: State, generation: number): readonly ListenerInfo[] =>
  state.next !== null && state.next.number === generation ? state.next.listeners : state.listeners;

/** The workers that fill the places of a generation. */
export const team = (state: State, generation: number): readonly WorkerHandle[] =>
  state.workers.filter((worker) => worker.generation === generation && !worker.leaving);

export const findWorker = (state: State, id: number): WorkerHandle | undefined =>
  state.workers.find((worker) => worker.id === id);

/** Not loaded yet: it holds no client, and its main thread may be deaf inside an import. */
export const isBooting = ({ phase }: WorkerHandle): boolean =>
  phase === "spare" || phase === "starting" || phase === "loading";

/** The place of one that has none yet. */
export const SPARE_SLOT = 0;

export const isSpare = ({ slot }: WorkerHandle): boolean => slot === SPARE_SLOT;

/** How long the workers of a restart have the machine to themselves, for the requests that waited, before a spare is started. */
export const SPARE_AFTER_MS = 100;

/** It takes requests. */
export const isServing = (worker: WorkerHandle): boolean => worker.phase === "ready" && !worker.draining;

export const updateWorker = (state: State, id: number, change: Partial<WorkerHandle>): State => ({
  ...state,
  workers: state.workers.map((worker) => (worker.id === id ? { ...worker, ...change } : worker)),
});

export const removeWorker = (state: State, id: number): State => ({
  ...state,
  workers: state.workers.filter((worker) => worker.id !== id),
});

/** Whether a place may have a new worker now. */
export const mayRespawn = (state: State, slot: number): boolean =>
  (state.trouble.find((row) => row.slot === slot)?.respawnAt ?? state.now) <= state.now;

/** The next moment at which time alone changes something, besides the tick of every second. */
export function nextDeadline(state: State): number | null {
  const { stop, next, heir, herald, development, now } = state;
  const spareAt = development === null ? [] : state.workers.map(({ readyAt }) => (readyAt ?? 0) + SPARE_AFTER_MS);
  const due = [
    ...state.workers.flatMap(({ stepBy, goneBy }) => [stepBy, goneBy]),
    ...(stop === null ? state.trouble.map(({ respawnAt }) => (respawnAt > now ? respawnAt : null)) : []),
    next === null || next.stage === "booting" ? null : stageEnd(next),
    heir?.by ?? null,
    herald === null || herald.watchdogMs === null || state.parent !== null
      ? null
      : herald.fedAt + herald.watchdogMs / 2,
    stop?.serveUntil ?? null,
    ...spareAt.map((at) => (at > now ? at : null)),
  ].filter((at) => at !== null);
  return due.length === 0 ? null : Math.min(...due);
}

/** When the stage is over that only time ends. */
export const stageEnd = ({ stage, stageSince, settings }: NextGeneration): number =>
  stageSince + (stage === "canary" ? settings.canary : settings.settle) * 1000;
