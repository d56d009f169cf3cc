// How a worker leaves: what is open may finish until the limit, what is left then is cut, the application's shutdown() runs, and the
// process ends. A quick stop begins with the cut. Does not know who sends the worker home, nor how a process ends.

import { performance } from "node:perf_hooks";
import type { LeaveCode } from "../gateway/exchange.ts";
import type { Logger } from "../observe/log.ts";
import type { Lifespan } from "./lifespan.ts";
import type { Worker } from "./worker.ts";

export interface LeavingParts {
  readonly worker: Pick<Worker, "drain" | "giveBack" | "hurry" | "abandon" | "inFlight" | "connections">;
  readonly lifespan: Pick<Lifespan, "stop" | "hurry">;
  readonly logger: Logger;
  /** No connection is accepted any more. */
  readonly onDraining: () => void;
  /** Everything is done: ends the process. Called once. */
  readonly leave: () => void;
}

/** Open requests hear so long before the limit that they will be cut; a fifth of a short limit. */
const NOTICE_MS = 5_000;
/** The least that shutdown() has. The master kills a second after the limit. */
const LEAST_SHUTDOWN_MS = 800;
/** The master gives a quick stop two seconds, from before we heard of it. */
const QUICK_MS = 1_800;

export class Leaving {
  readonly #parts: LeavingParts;
  #phase: "serving" | "draining" | "cut" | "ending" = "serving";
  #code: LeaveCode = 1001;
  /** When what is open is cut. */
  #limitAt = 0;
  #timers: readonly NodeJS.Timeout[] = [];

  constructor(parts: LeavingParts) {
    this.#parts = parts;
  }

  /** Whether the worker is on its way out. */
  get hasBegun(): boolean {
    return this.#phase !== "serving";
  }

  /**
   * Told twice, by a TERM of its own and by the master, the first time counts.
   *
   * @param why Completes "the worker leaves: ...", which the application hears.
   * @param code For what was upgraded.
   */
  gracefully(limitMs: number, why: string, code: LeaveCode = 1001): void {
    if (!this.#begin(limitMs, why, code)) return;
    this.#parts.worker.drain(
      () => this.#sayStopped(),
      () => this.#end(why),
      why,
      code,
    );
  }

  /** The code is old: connections without a request are given back to the master. Whatever else is open may finish until the limit. */
  outdated(limitMs: number, why: string): void {
    if (!this.#begin(limitMs, why, 1012)) return;
    this.#sayStopped();
    this.#parts.worker.giveBack(() => this.#end(why), why);
  }

  #begin(limitMs: number, why: string, code: LeaveCode): boolean {
    if (this.#phase !== "serving") return false;
    this.#phase = "draining";
    this.#code = code;
    this.#limitAt = performance.now() + limitMs;
    const noticeMs = Math.min(NOTICE_MS, limitMs / 5);
    const { worker } = this.#parts;
    this.#timers = [
      setTimeout(() => worker.hurry(noticeMs / 1_000), limitMs - noticeMs),
      setTimeout(() => this.#cut(limitMs, why), limitMs),
    ];
    return true;
  }

  /** Drops what is open. Whatever was begun gracefully goes on from here. */
  quickly(why: string, code: LeaveCode = 1001): void {
    if (this.#phase === "ending") this.#parts.lifespan.hurry(QUICK_MS);
    if (this.#phase === "cut" || this.#phase === "ending") return;
    this.#limitAt = performance.now() + QUICK_MS;
    // A successor need not wait until shutdown() is over.
    if (this.#phase === "serving") {
      this.#code = code;
      this.#sayStopped();
    }
    this.#abandon(why);
  }

  #cut(limitMs: number, why: string): void {
    const { inFlight, connections } = this.#parts.worker;
    const what = inFlight === 1 ? "1 request that was" : `${inFlight} requests that were`;
    // Connections that only linger are nobody's loss.
    if (inFlight > 0) {
      this.#parts.logger.warn(`cut ${what} not finished within ${limitMs / 1_000} s (--graceful-timeout)`, {
        connections,
      });
    }
    this.#abandon(why);
  }

  #abandon(why: string): void {
    this.#phase = "cut";
    this.#stopTimers();
    this.#parts.worker.abandon(() => this.#end(why), why, this.#code);
  }

  #end(why: string): void {
    if (this.#phase === "ending") return;
    this.#phase = "ending";
    this.#stopTimers();
    const { lifespan, leave } = this.#parts;
    void lifespan.stop(why, Math.max(this.#limitAt - performance.now(), LEAST_SHUTDOWN_MS)).then(leave);
  }

  #sayStopped(): void {
    const { worker, logger, onDraining } = this.#parts;
    const { inFlight, connections } = worker;
    logger.debug("no longer accepting connections", { inFlight, connections });
    onDraining();
  }

  #stopTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
