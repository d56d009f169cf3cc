// What an application has said of its response, and the events of the wire that it comes to: the start is held until the first body event
// (ASGI 3.0, Response Start), so that what is whole goes out whole. Judges order and lengths; does not know when anything is sent.

import type { ContractError } from "../gateway/body.ts";
import { firstOf, hasNoBody, unwantedBody, wrongLength } from "../gateway/chunk.ts";
import { END } from "../gateway/exchange.ts";
import { isEventStream } from "../gateway/failure.ts";
import { NO_FIELDS, type Piece, type ResponseEvent, type SendEvent } from "../protocol/events.ts";
import {
  bodyOf,
  flagOf,
  headersOf,
  outOfOrder,
  reasonOf,
  type SaidHeaders,
  statusOf,
  trailersOf,
} from "./asgi-said.ts";

/** Takes the events in their order. */
export interface EventSink {
  put(event: SendEvent): void;
}

/** An event as it came: anything may be in it. */
export interface Given {
  readonly type: string;
  readonly [name: string]: unknown;
}

export class AsgiReply {
  /** What is due. */
  phase: "start" | "body" | "trailers" | "over" = "start";
  /** The event that begins it was made. */
  begun = false;
  /** The response cannot be finished as it was announced. */
  broken: ContractError | undefined;
  /** A body was given with a status that has none. */
  unwanted: ContractError | undefined;
  readonly #isHead: boolean;
  #status = 0;
  #headers: SaidHeaders | undefined;
  #length: number | undefined;
  #sent = 0;
  #hasTrailers = false;
  #trailers: string[] | undefined;

  constructor({ method }: { readonly method: string }) {
    this.#isHead = method === "HEAD";
  }

  /** @throws TypeError or ContractError; then it was not said. */
  start(event: Given): void {
    const { type } = event;
    if (this.phase !== "start") throw outOfOrder(type, "twice");
    const status = statusOf(event["status"], type);
    const headers = headersOf(event["headers"], type);
    this.#hasTrailers = flagOf(event["trailers"], `${type}: trailers`);
    this.#status = status;
    this.#headers = headers;
    this.#length = headers.length;
    this.phase = "body";
  }

  /** @throws TypeError or ContractError; where `broken` is set, nothing can be said any more. */
  body(event: Given, sink: EventSink): void {
    const { type } = event;
    if (this.phase === "start") throw outOfOrder(type, "before the start of the response");
    if (this.phase === "trailers") throw outOfOrder(type, "after the last one, which said more_body: false");
    const more = flagOf(event["more_body"], `${type}: more_body`);
    this.give(bodyOf(event["body"], type), more, sink);
  }

  /** @throws TypeError or ContractError */
  trailers(event: Given, sink: EventSink): void {
    const { type } = event;
    if (this.phase !== "trailers") {
      throw outOfOrder(
        type,
        this.#hasTrailers ? "before the end of the body" : "where the start said no trailers: true",
      );
    }
    const more = flagOf(event["more_trailers"], `${type}: more_trailers`);
    const fields = trailersOf(event["headers"], type);
    this.#trailers = [...(this.#trailers ?? []), ...fields];
    if (more) return;
    this.phase = "over";
    sink.put({ type: "end", trailers: this.#trailers });
  }

  /** @throws ContractError where the body cannot be a file any more. */
  mayBeFile(type: string): void {
    if (this.phase === "start") throw outOfOrder(type, "before the start of the response");
    if (this.begun || this.phase !== "body") throw outOfOrder(type, "after a part of the body");
  }

  /**
   * The body will be a file of this size.
   *
   * @returns Whether anything of it is wanted.
   * @throws ContractError
   */
  file(size: number): boolean {
    if (this.#length !== undefined && this.#length !== size) throw this.#break(wrongLength(this.#length, size));
    if (!hasNoBody(this.#status)) this.#length = size;
    return !this.#bodyless;
  }

  /** HEAD, or a status that has no body. */
  get #bodyless(): boolean {
    return this.#isHead || hasNoBody(this.#status);
  }

  get isEventStream(): boolean {
    return isEventStream(this.#headers?.fields ?? NO_FIELDS);
  }

  /** Whether it can be ended at any time, and be whole. */
  get isEndless(): boolean {
    return this.#headers?.length === undefined && this.isEventStream;
  }

  /** A piece of the body. */
  give(piece: Piece, more: boolean, sink: EventSink): void {
    if (this.#bodyless) {
      this.#withhold(piece, more, sink);
      return;
    }
    const length = this.#length;
    const sent = this.#sent + piece.length;
    if (length !== undefined && (sent > length || (!more && sent < length))) {
      // More than was said is not sent, and not hidden: nothing can come behind it.
      if (this.begun) sink.put({ type: "data", bytes: firstOf(piece, length - this.#sent) });
      throw this.#break(wrongLength(length, sent, more ? "at least " : ""));
    }
    this.#sent = sent;
    const isLast = !more && !this.#hasTrailers;
    this.phase = more ? "body" : isLast ? "over" : "trailers";
    if (this.begun) {
      if (piece.length > 0) sink.put({ type: "data", bytes: piece });
      if (isLast) sink.put(END);
    } else {
      const body = piece.length === 0 ? undefined : piece;
      sink.put(this.#begin(isLast ? sent : length, body, !isLast));
    }
  }

  /** The first event of the body shows that the head is complete; there is nothing else to be sent. */
  #withhold(piece: Piece, more: boolean, sink: EventSink): void {
    if (!this.#isHead && piece.length > 0) this.unwanted = unwantedBody(this.#status);
    // HEAD says what GET would have said; an event without bytes tells nothing of that, nor does a 304 of what a 200 would have had.
    const says = this.#isHead && !hasNoBody(this.#status) && !more && piece.length > 0;
    this.phase = "over";
    sink.put(this.#begin(this.#length ?? (says ? piece.length : undefined), undefined, false));
  }

  #begin(length: number | undefined, body: Piece | undefined, more: boolean): ResponseEvent {
    this.begun = true;
    const status = this.#status;
    const { fields, close, announces } = this.#headers!;
    const names = this.#hasTrailers ? announces : undefined;
    const reason = reasonOf(status);
    return { type: "response", status, reason, fields, length, date: "", close, body, more, announces: names };
  }

  #break(error: ContractError): ContractError {
    this.phase = "over";
    this.broken = error;
    return error;
  }
}
