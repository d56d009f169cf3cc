// The turns of one connection: it goes on event by event as far as it can, lets others have theirs after a fair share, and is not begun
// again from within. Does not know what an event is.

/** Who has turns. */
export interface TurnTaker {
  /** One event; false when something has to happen first. */
  advance(): boolean;
}

/** Events in one go before others get their turn (a busy pipeline, a generator that never waits). */
export const FAIR_SHARE = 64;

export class Turns {
  readonly #taker: TurnTaker;
  readonly #outlet: { flush(): void };
  #turning = false;

  /** @param outlet Flushed after each turn. */
  constructor(taker: TurnTaker, outlet: { flush(): void }) {
    this.#taker = taker;
    this.#outlet = outlet;
  }

  /** Goes on as far as it can: with what is in progress, and with what comes next when that is over. */
  readonly go = (): void => {
    // An application that writes while it runs wakes us from within; the turn under way finds what it wrote.
    if (this.#turning) return;
    this.#turning = true;
    let share = FAIR_SHARE;
    while (share > 0 && this.#taker.advance()) share -= 1;
    if (share === 0) setImmediate(this.go);
    this.#turning = false;
    this.#outlet.flush();
  };

  /** What is woken within `act` goes on after it. */
  after(act: () => void): void {
    this.#turning = true;
    act();
    this.#turning = false;
    this.go();
  }
}
