// When this worker stands aside: one that has more than its share of the open connections lets the others take what comes.
// Knows counts and moments. Knows neither sockets nor where the counts of the others come from.
//
// All workers are woken by each connection and the first one has it, so that one can get most of a burst, or of a day. A worker
// over its share does not accept when somebody comes: a bell tells it, it gives the others some milliseconds, and takes what is left
// then. So nobody waits for a worker that is stuck or gone, and nothing is looked at while nobody comes. Only growth is judged: short
// connections come and go, and cost nothing here.

/** A worker with no more than so many connections never stands aside. */
const A_FEW = 2;
/** How far over its share a worker may be. */
const SLACK = 1 / 16;
/** A count has grown when it is more than it was in this window of time and in the one before. */
const WINDOW_MS = 50;
/** How long the others have: it is looked after each of these whether this worker is still over its share. */
const LOOKS_MS = [1, 1, 2, 4, 8] as const;
/** What is taken at once when the others left it: one, and twice as many each time that they do. */
const MOST_AT_ONCE = 64;

export interface EvennessOptions {
  /** Connections that are open here. */
  readonly connections: () => number;
  /** What a worker has on average, this one among them. */
  readonly mean: () => number;
  /** Stops and starts accepting. */
  readonly close: () => void;
  readonly open: () => void;
  /** Calls `ring` once when somebody waits to be accepted. False where that cannot be had. */
  readonly arm: () => boolean;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
}

export class Evenness {
  readonly #options: EvennessOptions;
  /** Whether it stands aside, which it goes on doing while it takes what the others left. */
  #aside = false;
  /** Connections when it began to. */
  #asideAt = 0;
  #atOnce = 1;
  #taken = 0;
  #high = 0;
  #highBefore = 0;
  #windowAt = Number.NEGATIVE_INFINITY;
  /** Raised when what was begun before is not to be gone on with. */
  #turn = 0;

  constructor(options: EvennessOptions) {
    this.#options = options;
  }

  get aside(): boolean {
    return this.#aside;
  }

  /** A connection was accepted. */
  accepted(): void {
    const connections = this.#options.connections();
    if (this.#aside) this.#took(connections);
    else if (connections > A_FEW && this.#grew(connections) && this.#isOver()) this.#standAside(connections);
  }

  /** Somebody waits to be accepted. */
  ring(): void {
    if (this.#aside) this.#look(0, ++this.#turn);
  }

  /** Accepts like one that has few, until it grows again. Does not open by itself. */
  forget(): void {
    this.#turn += 1;
    this.#aside = false;
    this.#atOnce = 1;
  }

  #grew(connections: number): boolean {
    const now = this.#options.now();
    const age = now - this.#windowAt;
    if (age > WINDOW_MS) {
      this.#highBefore = age > 2 * WINDOW_MS ? 0 : this.#high;
      this.#high = 0;
      this.#windowAt = now;
    }
    const before = Math.max(this.#high, this.#highBefore);
    this.#high = Math.max(this.#high, connections);
    return connections > before;
  }

  #isOver(): boolean {
    return this.#options.connections() > this.#options.mean() * (1 + SLACK) + A_FEW;
  }

  #standAside(connections: number): void {
    this.#aside = true;
    this.#asideAt = connections;
    this.#options.close();
    this.#listenForBell();
  }

  #listenForBell(): void {
    if (!this.#options.arm()) this.#return();
  }

  #return(): void {
    this.forget();
    this.#options.open();
  }

  #look(looks: number, turn: number): void {
    if (turn !== this.#turn) return;
    if (!this.#isOver()) {
      this.#return();
      return;
    }
    const wait = LOOKS_MS[looks];
    if (wait === undefined) this.#take(turn);
    else setTimeout(() => this.#look(looks + 1, turn), wait);
  }

  #take(turn: number): void {
    this.#taken = 0;
    this.#options.open();
    this.#untilDry(-1, turn);
  }

  /** libuv accepts one connection a turn of the loop: when a whole turn brought none, nobody waits any more. */
  #untilDry(before: number, turn: number): void {
    if (turn !== this.#turn) return;
    if (this.#taken !== before) {
      const taken = this.#taken;
      // The first callback may come before this turn's poll phase, the second one cannot.
      setImmediate(() => setImmediate(() => this.#untilDry(taken, turn)));
      return;
    }
    this.#atOnce = 1;
    this.#options.close();
    this.#listenForBell();
  }

  /** One of those that the others left. */
  #took(connections: number): void {
    this.#taken += 1;
    // Others closed meanwhile: these are short ones.
    if (connections <= this.#asideAt || !this.#isOver()) {
      this.#return();
      return;
    }
    if (this.#taken < this.#atOnce) return;
    this.#atOnce = Math.min(MOST_AT_ONCE, this.#atOnce * 2);
    this.#turn += 1;
    this.#options.close();
    this.#listenForBell();
  }
}
