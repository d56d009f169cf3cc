// Makes one change of many signs: a save is several events, and `git checkout` is hundreds.
// Knows paths and a clock. Does not know how a change is noticed.

/** Long enough for the two steps of a save, too short to be felt. */
export const QUIET_MS = 20;
/** A file that is written without end must not hold back the others. */
export const LONGEST_MS = 500;

export interface BurstOptions {
  readonly onBegin: () => void;
  /** Called before `onEnd`: adds what has changed since it was looked at last. */
  readonly lookAgain: (files: readonly string[]) => void;
  /** Absolute paths, sorted. */
  readonly onEnd: (files: readonly string[]) => void;
}

export class Burst {
  readonly #options: BurstOptions;
  readonly #files = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #began = 0;
  #last = 0;

  constructor(options: BurstOptions) {
    this.#options = options;
  }

  /** Whether it has begun and not ended. */
  get isOpen(): boolean {
    return this.#timer !== undefined;
  }

  add(file: string): void {
    this.#files.add(file);
    this.#last = performance.now();
    if (this.#timer !== undefined) return;
    this.#began = this.#last;
    this.#timer = setTimeout(this.#end, QUIET_MS);
    // Not from within: the sign may have been seen in the middle of a question.
    queueMicrotask(() => {
      if (this.#timer !== undefined) this.#options.onBegin();
    });
  }

  /** More may be to come. Does nothing when none is open. */
  prolong(): void {
    this.#last = performance.now();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#files.clear();
  }

  // The timer is not set anew for each of a thousand files: it asks when it ends how long it has been quiet.
  readonly #end = (): void => {
    this.#options.lookAgain([...this.#files]);
    const now = performance.now();
    const left = Math.min(this.#last + QUIET_MS, this.#began + LONGEST_MS) - now;
    if (left > 0.5) {
      this.#timer = setTimeout(this.#end, left);
      return;
    }
    const files = [...this.#files].sort();
    this.close();
    this.#options.onEnd(files);
  };
}
