// How many requests one connection may bring, in all and in one go: after its share the connection closes, so that none stays
// with one worker for ever, and none keeps a worker busy by itself. Only counts.

import type { WornOut } from "./refusals.ts";

/** 0 means any number. */
export interface AllowanceLimits {
  readonly limitConnectionRequests: number;
  /** Requests that were there already when the one before was answered. */
  readonly limitPipelined: number;
}

export interface AllowanceHost extends AllowanceLimits {
  /** A connection has had its share. */
  wornOut(limit: WornOut): void;
}

export class Allowance {
  readonly #host: AllowanceHost;
  #requests = 0;
  #run = 0;

  constructor(host: AllowanceHost) {
    this.#host = host;
  }

  /** A request came. */
  count(): void {
    this.#requests += 1;
  }

  /** A request was answered; `waits` when the next one is here already. */
  answered(waits: boolean): void {
    this.#run = waits ? this.#run + 1 : 0;
  }

  /** Whether the request in progress is the last one; to be asked once for each. */
  isSpent(): boolean {
    const { limitConnectionRequests, limitPipelined } = this.#host;
    if (limitConnectionRequests > 0 && this.#requests >= limitConnectionRequests) {
      this.#host.wornOut("--limit-connection-requests");
      return true;
    }
    if (limitPipelined === 0 || this.#run + 1 < limitPipelined) return false;
    this.#host.wornOut("--limit-pipelined");
    return true;
  }
}
