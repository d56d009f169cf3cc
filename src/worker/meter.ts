// What one request and its response came to, counted while they pass. Only kept when somebody writes an access log; one for each
// connection, used again for each request, so that a line costs no more than what it says.

import { performance } from "node:perf_hooks";
import type { Exchange } from "../gateway/exchange.ts";
import {
  type ConnectionInfo,
  type FlatFields,
  NO_FIELDS,
  type Piece,
  type RequestHead,
  type ResponseEvent,
} from "../protocol/events.ts";

/** What only the connection knows when the request is over. */
export interface Outcome {
  /** Undefined when there was none: what came was refused. */
  readonly head: RequestHead | undefined;
  readonly info: ConnectionInfo;
  readonly exchange: Exchange | undefined;
  readonly response: ResponseEvent | undefined;
  readonly bytesIn: number;
  /** The client left, or the response was cut. */
  readonly aborted: boolean;
}

/** Good until the connection goes on. */
export interface RequestRecord {
  readonly outcome: Outcome;
  /** 0 when the client left before there was a response. */
  readonly status: number;
  readonly responseFields: FlatFields;
  readonly bytesOut: number;
  readonly durationUs: number;
  /** 0 when nothing was sent. */
  readonly firstByteUs: number;
}

export class Meter implements RequestRecord {
  #outcome: Outcome | undefined;
  #bytesOut = 0;
  #startedAt = 0;
  #firstByteAt = 0;
  #endedAt = 0;

  /** A request begins. */
  start(): void {
    this.#bytesOut = 0;
    this.#firstByteAt = 0;
    this.#startedAt = performance.now();
  }

  /** A piece of the body goes out, or a head without one. */
  count(piece: Piece | undefined): void {
    if (this.#firstByteAt === 0) this.#firstByteAt = performance.now();
    this.#bytesOut += piece?.length ?? 0;
  }

  /** So many bytes went out past us. */
  add(size: number): void {
    this.#bytesOut += size;
  }

  /** The request is over. */
  record(outcome: Outcome): RequestRecord {
    this.#outcome = outcome;
    this.#endedAt = performance.now();
    return this;
  }

  /** What was refused before it was a request. */
  refusal(response: ResponseEvent, info: ConnectionInfo): RequestRecord {
    this.start();
    this.count(response.body);
    this.#startedAt = this.#firstByteAt;
    this.#endedAt = this.#firstByteAt;
    this.#outcome = { head: undefined, info, exchange: undefined, response, bytesIn: 0, aborted: false };
    return this;
  }

  /** The record was read: a connection between requests keeps nothing of the last one. */
  forget(): void {
    this.#outcome = undefined;
  }

  /** @throws TypeError when nothing was recorded. */
  get outcome(): Outcome {
    if (this.#outcome === undefined) throw new TypeError("there is no record: it was forgotten, or never made");
    return this.#outcome;
  }

  get status(): number {
    return this.outcome.response?.status ?? 0;
  }

  get responseFields(): FlatFields {
    return this.outcome.response?.fields ?? NO_FIELDS;
  }

  get bytesOut(): number {
    return this.outcome.head?.method === "HEAD" ? 0 : this.#bytesOut;
  }

  get durationUs(): number {
    return Math.round((this.#endedAt - this.#startedAt) * 1_000);
  }

  get firstByteUs(): number {
    return this.#firstByteAt === 0 ? 0 : Math.round((this.#firstByteAt - this.#startedAt) * 1_000);
  }
}
