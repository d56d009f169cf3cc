// What begins and ends with a worker: the module's own startup() and shutdown(), and those of the application's interface inside them.
// Each once, no shutdown without its startup, and neither for longer than there is time. Does not know what else a worker does at its
// beginning and end.

import { performance } from "node:perf_hooks";
import { TsgiError } from "../errors.ts";
import type { Shutdown, Startup, WorkerInfo } from "../gateway/types.ts";
import { showThrown } from "../modules/stack.ts";
import type { Logger } from "../observe/log.ts";
import type { Beside } from "./beside.ts";
import type { BootClock } from "./boot-clock.ts";
import type { LoadedApplication } from "./loader.ts";

export interface LifespanParts {
  readonly loaded: Pick<LoadedApplication, "startup" | "shutdown" | "file"> &
    Partial<Pick<LoadedApplication, "served" | "what" | "opened">>;
  /** What the person asked to serve, for messages. */
  readonly target: string;
  readonly worker: WorkerInfo;
  readonly logger: Pick<Logger, "warn" | "error">;
}

/** How long before its end shutdown() hears that its time is nearly over, at most; a tenth of a short time. */
const NOTICE_MS = 1_000;

/** A beginning and the end that belongs to it. */
interface Span {
  readonly startup: Beside<Startup> | null;
  readonly shutdown: Beside<Shutdown> | null;
  /** Its shutdown has something to undo. */
  begun: boolean;
}

export class Lifespan {
  readonly #parts: LifespanParts;
  /** In the order of their beginning; they end in reverse. */
  readonly #spans: readonly Span[];
  #isStopping = false;
  #until = Number.POSITIVE_INFINITY;
  readonly #nearlyOver = new AbortController();
  #timers: readonly NodeJS.Timeout[] = [];
  #giveUp: (() => void) | undefined;
  #running = "";

  constructor(parts: LifespanParts) {
    this.#parts = parts;
    const { startup, shutdown, served, file, what, opened } = parts.loaded;
    // The module's own comes first: what it connects to is there when a framework begins.
    const spans: Span[] = [{ startup: named(startup, file), shutdown: named(shutdown, file), begun: false }];
    if (served !== undefined && served !== null) {
      const ofInterface = <F>(run: F | undefined, step: string): Beside<F> | null =>
        run === undefined ? null : { run, name: `the ${step} of ${what ?? "the application"} of ${file}` };
      spans.push({
        startup: ofInterface(served.startup, "startup"),
        shutdown: ofInterface(served.shutdown, "shutdown"),
        // Without a startup it was begun by being loaded, as a framework is that has to be opened then.
        begun: served.startup === undefined || opened === true,
      });
    }
    this.#spans = spans;
  }

  /** @throws {TsgiError} `startup-fails`, or `boot-timeout` when it is not over while there is time. What was over stays to be stopped. */
  async start(clock: BootClock): Promise<void> {
    for (const span of this.#spans) {
      if (span.startup !== null) await this.#start(span.startup, clock);
      span.begun = true;
    }
  }

  async #start(startup: Beside<Startup>, { leftMs, limit }: BootClock): Promise<void> {
    const what = `cannot load ${this.#parts.target}: ${startup.name}`;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_kept, broken) => {
      if (leftMs === Number.POSITIVE_INFINITY) return;
      timer = setTimeout(() => broken(new TsgiError("boot-timeout", `${what} was not over within ${limit}`)), leftMs);
    });
    const run = async () => {
      try {
        await startup.run(this.#parts.worker);
      } catch (thrown) {
        throw new TsgiError("startup-fails", `${what} failed\n\n${showThrown(thrown)}`, { cause: thrown });
      }
    };
    try {
      await Promise.race([run(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Runs each shutdown() whose startup() was over, the last one first. What goes wrong is logged and holds nothing up.
   *
   * @param reason Why the worker leaves.
   */
  async stop(reason: string, limitMs: number): Promise<void> {
    const spans = this.#spans.filter(({ begun, shutdown }) => begun && shutdown !== null);
    if (this.#isStopping || spans.length === 0) return;
    this.#isStopping = true;
    const run = async () => {
      for (const { shutdown } of spans.reverse()) await this.#shutDown(shutdown!, reason);
    };
    const late = new Promise<void>((resolve) => {
      this.#giveUp = () => {
        this.#parts.logger.warn(`${this.#running} was not over in time; the worker leaves all the same`);
        resolve();
      };
    });
    this.hurry(limitMs);
    await Promise.race([run(), late]);
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #shutDown({ name, run }: Beside<Shutdown>, reason: string): Promise<void> {
    const { worker, logger } = this.#parts;
    this.#running = name;
    try {
      await run({ ...worker, reason, signal: this.#nearlyOver.signal });
    } catch (error) {
      logger.error(`${name} failed; the worker leaves all the same`, { err: error });
    }
  }

  /** There is no more time than this for a shutdown() that runs; perhaps less, by what was said before. */
  hurry(limitMs: number): void {
    const until = performance.now() + limitMs;
    if (this.#giveUp === undefined || until >= this.#until) return;
    this.#until = until;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [
      setTimeout(() => this.#nearlyOver.abort(), limitMs - Math.min(NOTICE_MS, limitMs / 10)),
      setTimeout(this.#giveUp, limitMs),
    ];
  }
}

const named = <F>(beside: Beside<F> | null, file: string): Beside<F> | null =>
  beside === null ? null : { run: beside.run, name: `${beside.name}() of ${file}` };
