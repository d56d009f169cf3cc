// What the log says of clients of the control socket that misbehave: the first of a kind at once, then their number, once in a while.
// Whoever may connect can do so a thousand times a second, and must not be able to write as many lines.

/** What a client can do wrong. */
export type Mishap = "no-request" | "refused" | "too-long" | "silent" | "takes-nothing" | "too-many" | "not-accepted";

const WORDS: Readonly<Record<Mishap, string>> = {
  "no-request": "something was said that is no request",
  refused: "a request was refused",
  "too-long": "a line was longer than 64 KiB",
  silent: "a client said nothing for too long",
  "takes-nothing": "a client did not take its answer",
  "too-many": "there were too many clients",
  "not-accepted": "a client could not be accepted",
};

/** How long those of one kind are summed. */
const WINDOW_MS = 10_000;

export class Mishaps {
  readonly #say: (message: string) => void;
  readonly #windowMs: number;
  /** How many more of a kind there were since its line was written. */
  readonly #counts = new Map<Mishap, number>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(say: (message: string) => void, windowMs: number = WINDOW_MS) {
    this.#say = say;
    this.#windowMs = windowMs;
  }

  /** @param detail For the line that is written of the first one. */
  note(kind: Mishap, detail = ""): void {
    const count = this.#counts.get(kind);
    if (count !== undefined) {
      this.#counts.set(kind, count + 1);
      return;
    }
    this.#say(`control socket: ${WORDS[kind]}${detail === "" ? "" : `: ${detail}`}`);
    this.#open(kind);
  }

  /** Says what is counted and not said yet, because the server ends. */
  flush(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const [kind, count] of this.#counts) this.#sum(kind, count);
    this.#counts.clear();
  }

  #open(kind: Mishap): void {
    this.#counts.set(kind, 0);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const count = this.#counts.get(kind) ?? 0;
      this.#counts.delete(kind);
      this.#sum(kind, count);
      // The next one is the first of its kind again only after a window in which there was none.
      if (count > 0) this.#open(kind);
    }, this.#windowMs).unref();
    this.#timers.add(timer);
  }

  #sum(kind: Mishap, count: number): void {
    if (count === 0) return;
    const more = count === 1 ? "once more" : `${count} times more`;
    this.#say(`control socket: ${WORDS[kind]}, ${more} within ${this.#windowMs / 1000} s`);
  }
}
