// Calls for a look at all files from time to time, and the more seldom the longer a look takes.
// Knows clocks. Does not know what is looked at.

export const POLL_MS = 300;
/** A server at rest must not be seen in the list of processes. */
const SHARE = 0.01;
/** Whoever has saved a file of a very large tree waits no longer than this, whatever it costs. */
export const LONGEST_POLL_MS = 5_000;

/** How long to wait after a look that took so many milliseconds. */
export const pauseAfter = (tookMs: number): number =>
  Math.min(LONGEST_POLL_MS, Math.max(POLL_MS, tookMs / SHARE - tookMs));

export class Polling {
  readonly #look: () => Promise<number>;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param look Resolves to the milliseconds of CPU that it took; never rejects. */
  constructor(look: () => Promise<number>) {
    this.#look = look;
    this.#wait(POLL_MS);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #wait(pause: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#look().then((took) => this.#wait(pauseAfter(took))), pause);
    this.#timer.unref();
  }
}
