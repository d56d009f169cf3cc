// How busy and how late a worker's event loop is, for its beats. Measured finely only while there is something to measure: a timer that
// looks ten times a second would keep an idle process awake.

import { performance } from "node:perf_hooks";

/**
 * How fine. What blocks the loop for less than this may be missed. At 20 ms the timer itself was to be seen in the slowest hundredth of a
 * busy worker's requests: 2.8 ms, the median of seven runs of the bench, and 1.8 ms without it.
 */
const FINE_MS = 100;

export interface PulseFigures {
  /** The share of time in which the loop was busy, from 0 to 1. */
  readonly utilization: number;
  /** The longest time it was late. */
  readonly delayMs: number;
}

export class Pulse {
  #usage = performance.eventLoopUtilization();
  #fine: NodeJS.Timeout | undefined;
  #lastMs = 0;
  #worstMs = 0;
  #served = 0;

  /**
   * Four times a second.
   *
   * @param lateMs How late this sweep is.
   * @param served Requests answered so far.
   * @param inFlight Requests in progress.
   */
  sweep(lateMs: number, served: number, inFlight: number): void {
    this.#worstMs = Math.max(this.#worstMs, lateMs);
    const isBusy = inFlight > 0 || served !== this.#served;
    this.#served = served;
    if (!isBusy) this.close();
    else if (this.#fine === undefined) {
      this.#lastMs = performance.now();
      this.#fine = setInterval(() => this.#measure(), FINE_MS).unref();
    }
  }

  /** The figures since the last call. */
  take(): PulseFigures {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#usage);
    this.#usage = now;
    const delayMs = this.#worstMs;
    this.#worstMs = 0;
    return { utilization: round(utilization, 3), delayMs: round(delayMs, 1) };
  }

  close(): void {
    clearInterval(this.#fine);
    this.#fine = undefined;
  }

  #measure(): void {
    const now = performance.now();
    this.#worstMs = Math.max(this.#worstMs, now - this.#lastMs - FINE_MS);
    this.#lastMs = now;
  }
}

const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;
