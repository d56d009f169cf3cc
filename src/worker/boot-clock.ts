// How long a boot may take before the worker itself says what it waits for. The master only knows that it was not ready in time.

import { performance } from "node:perf_hooks";

/** The worker speaks up so long before the master gives it up, or a fifth of a short limit. */
const AHEAD_MS = 2_000;

export class BootClock {
  /** `60 s (--boot-timeout)`. */
  readonly limit: string;
  /** What is left of the boot for taking leave, once it has failed and before that is said. */
  readonly partingMs: number;
  readonly #until: number;
  readonly #now: () => number;

  /**
   * @param bootTimeout Seconds; 0 is for ever.
   * @param now Milliseconds since the process began, as the master counts.
   */
  constructor(bootTimeout: number, now: () => number = () => performance.now()) {
    const limitMs = bootTimeout === 0 ? Number.POSITIVE_INFINITY : bootTimeout * 1_000;
    const aheadMs = Math.min(AHEAD_MS, limitMs / 5);
    this.limit = `${bootTimeout} s (--boot-timeout)`;
    this.partingMs = aheadMs / 2;
    this.#until = limitMs - aheadMs;
    this.#now = now;
  }

  /** 0 when it is time to give up, Infinity when it never will be. */
  get leftMs(): number {
    return Math.max(0, this.#until - this.#now());
  }
}
