// When each request of an open loop is due, and what its latencies come to. Time is an argument; sends nothing.

/**
 * Requests evenly spaced at a fixed rate. A request's latency counts from the moment that it was due, not from when a late
 * client got to send it: a server that stands still for a while would otherwise hide the requests it kept from being sent.
 */
export class Pace {
  readonly planned: number;
  readonly #startMs: number;
  readonly #intervalMs: number;

  constructor(plan: { readonly startMs: number; readonly rate: number; readonly seconds: number }) {
    this.planned = Math.floor(plan.rate * plan.seconds);
    this.#startMs = plan.startMs;
    this.#intervalMs = 1000 / plan.rate;
  }

  /** When the request with this number, from 0, should be sent. */
  dueMs(index: number): number {
    return this.#startMs + index * this.#intervalMs;
  }

  isDue(index: number, nowMs: number): boolean {
    return index < this.planned && this.dueMs(index) <= nowMs;
  }
}

/** The nearest rank: the smallest value that this share of all values does not exceed. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("the percentile of nothing");
  return value;
}
