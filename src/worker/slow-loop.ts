// Which blocks of the loop are reported under --slow-loop, and when: once in a while, with the stack if it could be taken in time, when the
// block is over and its length known. Pure: times and counts in, reports out. `At` is whatever a look at the main thread gives.

/** How often a worker reports a slow loop. */
const REPORT_EVERY_MS = 10_000;
/** How long a report waits for the end of its block. */
const OVER_AT_LATEST_MS = 2_000;

export interface SlowReport<At> {
  readonly blockedMs: number;
  /** Blocks since the last report that nobody was told of. */
  readonly skipped: number;
  /** Null when the block was over before anybody looked. */
  readonly at: At | null;
}

export interface SlowSight {
  readonly now: number;
  readonly beatAt: number;
  readonly ageMs: number;
  /** How many blocks are over, and how long the last of them was, by the main thread's own count. */
  readonly over: { readonly count: number; readonly ms: number };
}

export class SlowLoop<At> {
  #nextAt = Number.NEGATIVE_INFINITY;
  #skipped = 0;
  #counted = 0;
  /** The look at a block that is not over, as far as we know. */
  #taken: { readonly beatAt: number; readonly since: number; readonly at: At } | undefined;
  /** The block under way was reported before its end. */
  #reported = false;

  /** Whether the block under way is worth a look. */
  mayReport(now: number): boolean {
    return now >= this.#nextAt;
  }

  took(now: number, beatAt: number, at: At): void {
    this.#taken = { beatAt, since: now, at };
  }

  /** Whether a report waits for the end of its block. */
  get waits(): boolean {
    return this.#taken !== undefined;
  }

  /** The report that is due now, if any. */
  due({ now, beatAt, ageMs, over }: SlowSight): SlowReport<At> | null {
    const ended = over.count - this.#counted - (this.#reported && over.count > this.#counted ? 1 : 0);
    if (over.count > this.#counted) this.#reported = false;
    this.#counted = over.count;
    const taken = this.#taken;
    if (taken !== undefined) {
      if (beatAt !== taken.beatAt)
        return this.#report(now, { blockedMs: over.ms, others: Math.max(0, ended - 1), at: taken.at });
      if (now - taken.since < OVER_AT_LATEST_MS) return null;
      this.#reported = true;
      return this.#report(now, { blockedMs: ageMs, others: ended, at: taken.at });
    }
    if (ended === 0) return null;
    if (this.mayReport(now)) return this.#report(now, { blockedMs: over.ms, others: ended - 1, at: null });
    this.#skipped += ended;
    return null;
  }

  #report(
    now: number,
    { blockedMs, others, at }: { blockedMs: number; others: number; at: At | null },
  ): SlowReport<At> {
    const skipped = this.#skipped + others;
    this.#skipped = 0;
    this.#taken = undefined;
    this.#nextAt = now + REPORT_EVERY_MS;
    return { blockedMs, skipped, at };
  }
}
