// The application's startup() and shutdown() in this worker: each once, the second never without the first, and neither for longer
// than there is time. Does not know what else a worker does at its beginning and end.

import { performance } from "node:perf_hooks";
import { TsgiError } from "../errors.ts";
import type { WorkerInfo } from "../gateway/types.ts";
import { showThrown } from "../modules/stack.ts";
import type { Logger } from "../observe/log.ts";
import type { BootClock } from "./boot-clock.ts";
import type { LoadedApplication } from "./loader.ts";

export interface LifespanParts {
  readonly loaded: Pick<LoadedApplication, "startup" | "shutdown" | "file">;
  /** What the person asked to serve, for messages. */
  readonly target: string;
  readonly worker: WorkerInfo;
  readonly logger: Pick<Logger, "warn" | "error">;
}

/** How long before its end shutdown() hears that its time is nearly over, at most; a tenth of a short time. */
const NOTICE_MS = 1_000;

export class Lifespan {
  readonly #parts: LifespanParts;
  #phase: "new" | "started" | "stopping" = "new";
  #until = Number.POSITIVE_INFINITY;
  readonly #nearlyOver = new AbortController();
  #timers: readonly NodeJS.Timeout[] = [];
  #giveUp: (() => void) | undefined;

  constructor(parts: LifespanParts) {
    this.#parts = parts;
  }

  /** @throws {TsgiError} `startup-fails`, or `boot-timeout` when it is not over while there is time. */
  async start(clock: BootClock): Promise<void> {
    const { startup, file } = this.#parts.loaded;
    if (startup !== null) {
      const what = `cannot load ${this.#parts.target}: ${startup.name}() of ${file}`;
      const { leftMs, limit } = clock;
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
    this.#phase = "started";
  }

  /**
   * Runs shutdown(), if startup() was ever over. What goes wrong is logged and holds nothing up.
   *
   * @param reason Why the worker leaves.
   */
  async stop(reason: string, limitMs: number): Promise<void> {
    const { worker, logger, loaded } = this.#parts;
    const { shutdown, file } = loaded;
    if (this.#phase !== "started" || shutdown === null) return;
    this.#phase = "stopping";
    const what = `${shutdown.name}() of ${file}`;
    const run = async () => {
      try {
        await shutdown.run({ ...worker, reason, signal: this.#nearlyOver.signal });
      } catch (error) {
        logger.error(`${what} failed; the worker leaves all the same`, { err: error });
      }
    };
    const late = new Promise<void>((resolve) => {
      this.#giveUp = () => {
        logger.warn(`${what} was not over in time; the worker leaves all the same`);
        resolve();
      };
    });
    this.hurry(limitMs);
    await Promise.race([run(), late]);
    for (const timer of this.#timers) clearTimeout(timer);
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
