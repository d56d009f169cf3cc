// Tells whoever wants to know that something happened (Django's signals): a list of receivers for each kind of news.
// The three of the handler stand at the end; the dispatcher knows nothing of what the news is.

import type { Environ } from "../gateway/types.ts";
import type { Request } from "./request.ts";

/** What it gives is not looked at, but for a promise that fails. */
export type Receiver<Payload> = (payload: Payload) => unknown;

/** Called with what a receiver threw, or what its promise was rejected with. */
export type ReportFailure = (error: unknown, receiver: Receiver<never>) => void;

interface Connection<Payload> {
  readonly receiver: Receiver<Payload>;
  readonly id: unknown;
}

export class Signal<Payload> {
  /** For messages. */
  readonly name: string;
  // Replaced, never changed: a receiver may connect or disconnect while news is sent.
  #connections: readonly Connection<Payload>[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Whether anybody listens: whoever sends often need not make the payload where nobody does. */
  get isHeard(): boolean {
    return this.#connections.length > 0;
  }

  /**
   * From now on `receiver` is called with each payload, after those that were there before.
   *
   * @param options `id`: a second connection with the same id changes nothing. Default: the receiver itself.
   * @returns Ends the connection.
   * @throws TypeError for what is no function.
   */
  connect(receiver: Receiver<Payload>, options: { readonly id?: unknown } = {}): () => void {
    if (typeof receiver !== "function") {
      throw new TypeError(`${this.name}.connect takes a function, not ${receiver === null ? "null" : typeof receiver}`);
    }
    const { id = receiver } = options;
    if (!this.#connections.some((connection) => connection.id === id)) {
      this.#connections = [...this.#connections, { receiver, id }];
    }
    return () => {
      this.disconnect(id);
    };
  }

  /**
   * @param id The receiver, or the id that it was connected with.
   * @returns Whether it was connected.
   */
  disconnect(id: unknown): boolean {
    const left = this.#connections.filter((connection) => connection.id !== id);
    const isGone = left.length < this.#connections.length;
    this.#connections = left;
    return isGone;
  }

  /**
   * Calls the receivers in turn. One that throws ends it, and throws here.
   *
   * @returns Nothing where all were done at once; else a promise that waits for all, and is rejected with what one of them failed with,
   *   or with an AggregateError of several.
   */
  send(payload: Payload): Promise<void> | undefined {
    const waiting: Promise<unknown>[] = [];
    try {
      for (const { receiver } of this.#connections) {
        const outcome = receiver(payload);
        if (isThenable(outcome)) waiting.push(Promise.resolve(outcome));
      }
    } catch (error) {
      // The caller learns of this failure. One of those that were begun before it must not end the process.
      void Promise.allSettled(waiting);
      throw error;
    }
    return waiting.length === 0 ? undefined : allOf(waiting, this.name);
  }

  /** Calls every receiver, whatever the others do; each failure, also a late one, goes to `report`. Never throws. */
  sendRobust(payload: Payload, report: ReportFailure): void {
    for (const { receiver } of this.#connections) {
      try {
        const outcome = receiver(payload);
        if (isThenable(outcome)) outcome.then(undefined, (error: unknown) => report(error, receiver));
      } catch (error) {
        report(error, receiver);
      }
    }
  }
}

async function allOf(waiting: readonly Promise<unknown>[], name: string): Promise<void> {
  const outcomes = await Promise.allSettled(waiting);
  const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} receivers of ${name} failed`);
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

/** Before the request is made of the environ. */
export const requestStarted = new Signal<{ readonly environ: Environ }>("requestStarted");

/** When the response is over, however it ended, and everything of it was closed. */
export const requestFinished = new Signal<{ readonly environ: Environ }>("requestFinished");

/** When something threw that becomes a 500. */
export const gotRequestException = new Signal<{ readonly request: Request; readonly error: unknown }>(
  "gotRequestException",
);
