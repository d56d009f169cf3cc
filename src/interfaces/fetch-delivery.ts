// The events of a response whose body is a stream: when its head goes out, that it has as many bytes as was said, and its end before its
// time where the worker leaves. Does not know the application, nor what the client is told of a failure.

import { Buffer } from "node:buffer";
import { DONE, WAITING } from "../gateway/body.ts";
import { firstOf, wrongLength } from "../gateway/chunk.ts";
import { END, type ExchangeEvent, WAIT } from "../gateway/exchange.ts";
import { type Answer, eventOf } from "./fetch-answer.ts";
import { ResponseStream } from "./fetch-stream.ts";

/** A stream that gives this much at once is not waited for: its head goes out. */
const GATHER_BYTES = 16_384;

export class FetchDelivery {
  /** The head is with the connection. */
  begun = false;
  /** The last event was given. */
  isWhole = false;
  readonly #answer: Answer;
  readonly #stream: ResponseStream;
  readonly #wake: () => void;
  #sent = 0;
  /** What came while the head waits. */
  #held: Uint8Array[] = [];
  /** The head waits no longer for more of the body. */
  #isDue = false;
  #failure: Error | undefined;

  constructor(answer: Answer, stream: ReadableStream<unknown>, wake: () => void) {
    this.#answer = answer;
    this.#wake = wake;
    this.#stream = new ResponseStream(stream, wake);
    setImmediate(FetchDelivery.#due, this);
  }

  /** The head waits a turn of the loop for the body: one that is whole by then has a length and leaves in one piece. */
  static #due(delivery: FetchDelivery): void {
    delivery.#isDue = true;
    if (!delivery.begun && !delivery.isWhole) delivery.#wake();
  }

  next(): ExchangeEvent {
    if (this.#failure !== undefined) throw this.#failure;
    const { length } = this.#answer;
    for (;;) {
      const chunk = this.#stream.next();
      if (chunk === WAITING) return this.begun || !this.#isDue ? WAIT : this.#open();
      if (chunk === DONE) return this.#end();
      if (chunk.length === 0) continue;
      const room = length === undefined ? Number.POSITIVE_INFINITY : length - this.#sent;
      if (chunk.length > room) return this.#tooLong(chunk, room);
      this.#sent += chunk.length;
      if (this.begun) return { type: "data", bytes: chunk };
      this.#held.push(chunk);
      if (this.#isDue || this.#sent >= GATHER_BYTES) return this.#open();
    }
  }

  /** Ends an event stream: what its application still says to the aborted signal is sent, and no more. */
  endSoon(reason: Error): void {
    setImmediate(() => {
      if (this.isWhole) return;
      this.#stream.cancel(reason, () => {});
      this.#wake();
    });
  }

  /** Nobody wants the rest. */
  cancel(reason: unknown, report: (error: unknown) => void): void {
    this.isWhole = true;
    this.#stream.cancel(reason, report);
  }

  /** The head with what there is of the body. */
  #open(): ExchangeEvent {
    this.begun = true;
    return eventOf(this.#answer, { length: this.#answer.length, body: this.#takeHeld(), more: true });
  }

  #end(): ExchangeEvent {
    const { length } = this.#answer;
    if (length !== undefined && this.#sent < length) throw wrongLength(length, this.#sent);
    this.isWhole = true;
    return this.begun ? END : eventOf(this.#answer, { length: this.#sent, body: this.#takeHeld(), more: false });
  }

  #takeHeld(): Uint8Array | undefined {
    const held = this.#held;
    this.#held = [];
    return held.length > 1 ? Buffer.concat(held) : held[0];
  }

  /** More bytes than Content-Length said are not sent; before the head is out nothing is. */
  #tooLong(chunk: Uint8Array, room: number): ExchangeEvent {
    const length = this.#answer.length!;
    const error = wrongLength(length, this.#sent + chunk.length, "at least ");
    if (!this.begun || room === 0) throw error;
    this.#failure = error;
    this.#sent = length;
    return { type: "data", bytes: firstOf(chunk, room) };
  }
}
