// How many requests one connection may bring, in all and in one go: after its share the connection closes, so that none stays
// with one worker for ever, and none keeps a worker busy by itself. Only counts.

/** 0 means any number. */
export interface AllowanceLimits {
  readonly limitConnectionRequests: number;
  /** Requests that were there already when the one before was answered. */
  readonly limitPipelined: number;
}

export class Allowance {
  readonly #limits: AllowanceLimits;
  #requests = 0;
  #run = 0;

  constructor(limits: AllowanceLimits) {
    this.#limits = limits;
  }

  /** A request came. */
  count(): void {
    this.#requests += 1;
  }

  /** A request was answered; `waits` when the next one is here already. */
  answered(waits: boolean): void {
    this.#run = waits ? this.#run + 1 : 0;
  }

  /** Whether the request in progress is the last one. */
  get spent(): boolean {
    const { limitConnectionRequests, limitPipelined } = this.#limits;
    if (limitConnectionRequests > 0 && this.#requests >= limitConnectionRequests) return true;
    return limitPipelined > 0 && this.#run + 1 >= limitPipelined;
  }
}
