// What one request is told about its end: `tsgi.signal`, and the reasons behind it. Made for a request whose application asks, or which
// has to be told; most need none. Does not know who gives the reasons, nor what becomes of the response.

import { isFarewell } from "./exchange.ts";

export class Notice {
  #leaving: Error | undefined;
  readonly #reasons: Error[] = [];
  #controller: AbortController | undefined;

  /** Why the signal aborted. */
  get reason(): Error | undefined {
    return this.#reasons[0];
  }

  /** The reason may have been given before anybody asked. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    const { reason } = this;
    if (reason !== undefined) this.#controller.abort(reason);
    return this.#controller.signal;
  }

  /** Aborts the signal. The first reason is the one that it shows. */
  give(reason: Error): void {
    this.#reasons.push(reason);
    this.#controller?.abort(reason);
  }

  /** The worker leaves. A request may still finish; an event stream would go on to the last moment, and nobody misses its end. */
  leave(reason: Error, isEventStream: boolean): void {
    this.#leaving ??= reason;
    this.said(isEventStream);
  }

  /** What kind of response it is, is known now. */
  said(isEventStream: boolean): void {
    if (isEventStream && this.#leaving !== undefined) this.give(this.#leaving);
  }

  /** Whether an error is how an application ends that was told, and no fault of its own. */
  explains(error: unknown): boolean {
    const reasons = this.#leaving === undefined ? this.#reasons : [this.#leaving, ...this.#reasons];
    return reasons.some((reason) => isFarewell(error, reason));
  }
}
