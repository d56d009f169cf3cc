// What an application has said of its response and the connection has not asked for yet: for node applications, which push
// where TSGI's are pulled. Keeps the order; an answer to `written` means that the operating system has it, or never will.

import type { ExchangeEvent } from "../gateway/exchange.ts";
import { WAIT } from "../gateway/exchange.ts";

/** Told once: without a reason when what was put was handed over, with one when it never will be. */
export type Written = (lost?: Error) => void;

export class Outbox {
  readonly #wake: () => void;
  readonly #events: ExchangeEvent[] = [];
  readonly #written: (Written | undefined)[] = [];
  /** Those of the event that was given last, and of all before it. */
  #given: Written[] = [];
  #lost: Error | undefined;
  /** Bytes of body that are here. */
  size = 0;

  /** @param wake As ExchangeRequest has it. */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  /** Puts an event behind the others. After `lose` it goes nowhere. */
  put(event: ExchangeEvent, written?: Written): void {
    if (this.#lost !== undefined) {
      written?.(this.#lost);
      return;
    }
    this.#events.push(event);
    this.#written.push(written);
    this.size += sizeOf(event);
    this.#wake();
  }

  /** The next event; to be asked only when there is room again, so that what was given before counts as handed over. */
  next(): ExchangeEvent {
    if (this.#given.length > 0) this.delivered();
    const event = this.#events.shift();
    if (event === undefined) return WAIT;
    const written = this.#written.shift();
    this.size -= sizeOf(event);
    if (written !== undefined) this.#given.push(written);
    return event;
  }

  /** What was given is with the operating system. `next` says so by itself, but for the last event, after which it is not asked. */
  delivered(): void {
    const given = this.#given;
    this.#given = [];
    for (const written of given) written();
  }

  /** Nothing more will be handed over: all that was put, or will be, is told why. Idempotent. */
  lose(reason: Error): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    this.#events.length = 0;
    this.size = 0;
    const waiting = [...this.#given, ...this.#written.splice(0)];
    this.#given = [];
    for (const written of waiting) written?.(reason);
  }
}

function sizeOf(event: ExchangeEvent): number {
  if (event.type === "data") return event.bytes.length;
  return event.type === "response" ? (event.body?.length ?? 0) : 0;
}
