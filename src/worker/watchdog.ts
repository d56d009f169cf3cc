// The main thread's side of its watchdog: starts the thread, beats, and leaves in shared memory what the thread may need to know.
// Knows how often that has to be. Does not know what the thread makes of it, nor what the master does then.

import process from "node:process";
import { Worker as Thread } from "node:worker_threads";
import type { WorkerFacts } from "../config/hooks.ts";
import type { Settings } from "../config/options.ts";
import { hasLifeline } from "../ipc/lifeline.ts";
import type { RequestInFlight } from "../ipc/messages.ts";
import { Board, monotonicMs, type OpenRequest } from "./board.ts";
import { mayInspect, REQUESTS } from "./inspect.ts";
import { READ_MEMORY } from "./transport.ts";
import type { WatchdogData } from "./watchdog-thread.ts";

/** Beats come with the sweep of deadlines.ts, so that an idle process wakes no more often. */
const SWEEP_MS = 250;
/** A slow loop is found within a quarter of its limit; faster beats than these would be load themselves. */
const FASTEST_BEAT_MS = 10;
/** How long the end of a process waits for a look at it that is under way. */
const LOOK_MS = 500;
/** How many open requests are kept in shared memory. */
const LISTED = 20;
/** How many are told on demand. */
const TOLD = 1_000;

/** What the watchdog has to know of the worker. */
export interface Watched {
  /** The open requests, at most so many. */
  openRequests(most: number): readonly OpenRequest[];
}

export interface WatchdogOptions {
  readonly settings: Pick<Settings, "timeout" | "slowLoop" | "gracefulTimeout" | "hooks">;
  readonly worker: WorkerFacts;
  /** There is no thread, or it is gone: only the master's heartbeat finds a blocked loop now, and nobody can say where. */
  readonly onTrouble: (error: unknown) => void;
}

/** A hook may need the application's variables. */
const withoutPreloads = ({ NODE_OPTIONS: _preloads, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv => env;

export class Watchdog {
  readonly #board = new Board();
  readonly #slowLoopMs: number;
  readonly #beatMs: number;
  #thread: Thread | undefined;
  #watched: Watched | undefined;
  #beatAt = 0;

  /** Starts the thread, before the application is loaded: an import may hang too. */
  constructor({ settings, worker, onTrouble }: WatchdogOptions) {
    this.#slowLoopMs = settings.slowLoop * 1_000;
    this.#beatMs =
      settings.slowLoop === 0 ? SWEEP_MS : Math.min(SWEEP_MS, Math.max(FASTEST_BEAT_MS, this.#slowLoopMs / 4));
    Object.defineProperty(globalThis, Symbol.for(REQUESTS), { value: () => JSON.stringify(this.requests(TOLD)) });
    if (!hasLifeline()) return;
    const data: WatchdogData = {
      memory: this.#board.memory,
      readMemory: READ_MEMORY,
      mayInspect: mayInspect(),
      master: process.ppid,
      timeoutMs: settings.timeout * 1_000,
      slowLoopMs: this.#slowLoopMs,
      beatMs: this.#beatMs,
      orphanMs: settings.gracefulTimeout * 1_000 + 1_000,
      abort: settings.hooks?.names.includes("workerAbort") === true ? { file: settings.hooks.file, worker } : null,
    };
    try {
      this.#start(data, onTrouble);
    } catch (error) {
      // Node's permission model gives no threads.
      onTrouble(error);
    }
    process.on("exit", () => this.#board.leave(LOOK_MS));
  }

  /** What the worker is about until it serves: completes "the event loop is idle, and ...". */
  stage(text: string): void {
    this.#board.stage(text);
  }

  /** The application is loaded: from here on silence counts. `beat` has to be called with each sweep. */
  watch(watched: Watched): void {
    this.#watched = watched;
    this.#board.stage(null);
    this.sweep();
    this.#beat(monotonicMs());
    if (this.#beatMs < SWEEP_MS) setInterval(() => this.#beat(monotonicMs()), this.#beatMs).unref();
    this.#thread?.postMessage("watch");
  }

  /** Four times a second. */
  sweep(): void {
    const now = monotonicMs();
    if (this.#beatMs === SWEEP_MS) this.#beat(now);
    this.#board.list(this.#watched?.openRequests(LISTED) ?? [], now);
  }

  /** The requests in flight, the oldest connections first. */
  requests(most: number): readonly RequestInFlight[] {
    const now = monotonicMs();
    return (this.#watched?.openRequests(most) ?? []).map(({ id, method, target, startedAt }) => {
      return { id, method, target, ageMs: Math.max(0, Math.round(now - startedAt)) };
    });
  }

  #beat(now: number): void {
    const lateMs = this.#beatAt === 0 ? 0 : now - this.#beatAt - this.#beatMs;
    this.#beatAt = now;
    // First, so that whoever sees the new beat finds it counted.
    if (this.#slowLoopMs > 0 && lateMs >= this.#slowLoopMs) this.#board.blocked(lateMs);
    this.#board.beat(now);
  }

  #start(workerData: WatchdogData, onTrouble: (error: unknown) => void): void {
    const compiled = !import.meta.url.endsWith(".ts");
    const file = new URL(compiled ? "./watchdog-thread.js" : "./watchdog-thread.ts", import.meta.url);
    this.#thread = new Thread(file, {
      workerData,
      name: "tsgi watchdog",
      // What NODE_OPTIONS preloads is for the application. Its source, uncompiled, needs the loader of the main thread.
      ...(compiled ? { env: workerData.abort === null ? {} : withoutPreloads(process.env), execArgv: [] } : {}),
      // Scripts with inline source maps pass through it when it looks. It takes what it needs.
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 },
      trackUnmanagedFds: false,
    });
    this.#thread.unref();
    this.#thread.on("error", onTrouble);
    // Nothing but the end of the process ends it; an application that closed its descriptor may.
    this.#thread.on("exit", () => {
      this.#thread = undefined;
    });
  }
}
