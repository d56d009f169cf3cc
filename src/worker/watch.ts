// When silence of the main thread is a blocked loop: by the age of its last beat, and by whether we ourselves were running meanwhile.
// Pure: ages in, a verdict or the time of the next look out. Does not know threads, clocks or what is done about it.

export interface WatchLimits {
  /** 0: never stuck. */
  readonly timeoutMs: number;
  /** 0: never slow. */
  readonly slowLoopMs: number;
  /** How far apart the beats of a loop that turns are: only a silence that is so much longer than a limit is certain to exceed it. */
  readonly beatMs: number;
}

export interface Sight {
  /** Identifies the last beat: changes with each. */
  readonly beatAt: number;
  readonly ageMs: number;
  /** How much later than asked for we look. */
  readonly lateMs: number;
}

export type Verdict =
  | { readonly is: "well"; readonly lookInMs: number }
  /** Longer than --slow-loop: once for each silence. */
  | { readonly is: "slow" }
  /** Longer than --timeout: once for each silence. */
  | { readonly is: "stuck" };

/** Nobody is given up at the first sight: a process that goes on after it was stopped beats at once, but we may look before it does. */
const CONFIRM_MS = 100;
/** If we are late ourselves, the process was stopped, the machine slept, or it is very busy. The main thread gets a moment then. */
const LATE_MS = 100;
const RESPITE_MS = 500;
/** A machine that is busy for good must not keep a blocked worker alive. */
const RESPITES = 2;
const NOTHING_TO_DO_MS = 1_000;

export class Watch {
  readonly #limits: WatchLimits;
  #beatAt = Number.NaN;
  #said: "nothing" | "slow" | "stuck" = "nothing";
  #doubted = false;
  #respites = 0;

  constructor(limits: WatchLimits) {
    this.#limits = limits;
  }

  look({ beatAt, ageMs, lateMs }: Sight): Verdict {
    if (beatAt !== this.#beatAt) {
      this.#beatAt = beatAt;
      this.#said = "nothing";
      this.#doubted = false;
      this.#respites = 0;
    }
    const { timeoutMs, slowLoopMs, beatMs } = this.#limits;
    const stuckAt = timeoutMs === 0 || this.#said === "stuck" ? Number.POSITIVE_INFINITY : timeoutMs + beatMs;
    const slowAt = slowLoopMs === 0 || this.#said !== "nothing" ? Number.POSITIVE_INFINITY : slowLoopMs + beatMs;
    if (ageMs >= stuckAt - CONFIRM_MS) return this.#doubt(stuckAt - ageMs, lateMs);
    if (ageMs >= slowAt) {
      this.#said = "slow";
      // What happened while we did not run ourselves is nobody's fault.
      if (lateMs <= LATE_MS) return { is: "slow" };
      return this.look({ beatAt, ageMs, lateMs });
    }
    const next = Math.min(stuckAt - CONFIRM_MS, slowAt) - ageMs;
    return { is: "well", lookInMs: Number.isFinite(next) ? Math.max(1, Math.ceil(next)) : NOTHING_TO_DO_MS };
  }

  #doubt(leftMs: number, lateMs: number): Verdict {
    if (lateMs > LATE_MS && this.#respites < RESPITES) {
      this.#respites += 1;
      this.#doubted = true;
      return { is: "well", lookInMs: RESPITE_MS };
    }
    if (!this.#doubted) {
      this.#doubted = true;
      return { is: "well", lookInMs: Math.max(CONFIRM_MS, Math.ceil(leftMs)) };
    }
    this.#said = "stuck";
    return { is: "stuck" };
  }
}
