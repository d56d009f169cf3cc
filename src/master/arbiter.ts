// The master's loop: facts wait in a queue, one at a time goes through plan.ts, its actions are performed, the next tick is set.
// Knows neither what facts mean nor what actions do. Never waits for anything, so that no signal finds it deaf.

import type { Fact } from "./facts.ts";
import type { Action } from "./moves.ts";
import { plan } from "./plan.ts";
import type { Sight } from "./proc.ts";
import type { State } from "./state.ts";

/** The hands of the arbiter; actuator.ts has the real ones. */
export interface Hands {
  perform(action: Action): void;
  /** The workers' processes, as far as they can be looked at from outside. */
  look(): ReadonlyMap<number, Sight>;
  report(fault: unknown): void;
}

const TICK_MS = 1000;

export class Arbiter {
  readonly #hands: Hands;
  readonly #now: () => number;
  readonly #queue: Fact[] = [];
  #state: State;
  #timer: NodeJS.Timeout | undefined;
  #working = false;
  #stopped = false;

  constructor(given: { readonly state: State; readonly hands: Hands; readonly now: () => number }) {
    this.#state = given.state;
    this.#hands = given.hands;
    this.#now = given.now;
  }

  /** What is known after the last fact. */
  get state(): State {
    return this.#state;
  }

  /** Takes a fact and works until none is left. A fact that an action brings about waits for its turn. */
  enqueue(fact: Fact): void {
    this.#queue.push(fact);
    if (this.#working || this.#stopped) return;
    this.#working = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#turn(next);
    this.#working = false;
  }

  /** No more turns, whatever still comes. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #turn(fact: Fact): void {
    if (this.#stopped) return;
    const now = this.#now();
    try {
      const { state, actions, wakeAt } = plan(this.#state, fact, now);
      this.#state = state;
      this.#tickAt(Math.min(state.lastTickAt + TICK_MS, wakeAt ?? Number.POSITIVE_INFINITY), now);
      for (const action of actions) this.#perform(action);
    } catch (fault) {
      // The workers serve on without us, but not for long: one fact is lost rather than the master.
      this.#hands.report(fault);
    }
  }

  #perform(action: Action): void {
    try {
      this.#hands.perform(action);
    } catch (fault) {
      this.#hands.report(fault);
    }
  }

  #tickAt(at: number, now: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.enqueue({ fact: "tick", seen: this.#hands.look() }), Math.max(0, at - now));
  }
}
