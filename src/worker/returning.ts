// Connections that a worker gives back to the master because its code is old, each with its handle and what was read of it. Keeps the
// process alive until they are sent. Does not know when a connection may go, nor how it is sent.

import type { LeftOver } from "./connection-host.ts";

/** A connection without a request. */
export interface GivenBack extends LeftOver {
  readonly listener: number;
}

export class Returning {
  readonly #send: (given: GivenBack) => Promise<void>;
  /** Where connections came from. */
  readonly #listeners = new WeakMap<object, number>();
  readonly #pending = new Set<GivenBack>();

  /** @param send Fulfilled when the master's copy of the handle is on its way: ours can be closed. */
  constructor(send: (given: GivenBack) => Promise<void>) {
    this.#send = send;
  }

  /** Those that are not sent yet. */
  get pending(): number {
    return this.#pending.size;
  }

  accepted(connection: object, listener: number): void {
    this.#listeners.set(connection, listener);
  }

  /** @param done Called when it is sent, or dropped. */
  send(connection: object, rest: LeftOver, done: () => void): void {
    this.pass({ listener: this.#listeners.get(connection)!, ...rest }, done);
  }

  /** One that was never this worker's. */
  pass(given: GivenBack, done: () => void): void {
    this.#pending.add(given);
    void this.#send(given).then(() => {
      this.#drop(given);
      done();
    });
  }

  /** Nobody takes them any more. */
  abandon(): void {
    for (const given of this.#pending) this.#drop(given);
  }

  #drop(given: GivenBack): void {
    if (this.#pending.delete(given)) given.handle.close();
  }
}
