// What one request and its response came to, counted while they pass. Only kept when somebody writes an access log.

import { performance } from "node:perf_hooks";
import type { Exchange } from "../gateway/exchange.ts";
import type { ConnectionInfo, FlatFields, Piece, RequestHead, ResponseEvent } from "../protocol/events.ts";

export interface RequestRecord {
  /** Undefined when there was none: what came was refused. */
  readonly head: RequestHead | undefined;
  readonly info: ConnectionInfo;
  readonly requestId: string;
  readonly lookup: ((key: string) => unknown) | undefined;
  /** 0 when the client left before there was a response. */
  readonly status: number;
  readonly responseFields: FlatFields;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationUs: number;
  /** 0 when nothing was sent. */
  readonly firstByteUs: number;
  /** The client left, or the response was cut. */
  readonly aborted: boolean;
}

/** What only the connection knows when the request is over. */
export interface Outcome {
  readonly head: RequestHead;
  readonly info: ConnectionInfo;
  readonly exchange: Exchange;
  readonly response: ResponseEvent | undefined;
  readonly bytesIn: number;
  readonly aborted: boolean;
}

export class Meter {
  #bytesOut = 0;
  #startedAt = 0;
  #firstByteAt = 0;

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

  record({ head, info, exchange, response, bytesIn, aborted }: Outcome): RequestRecord {
    const since = (at: number) => Math.round((at - this.#startedAt) * 1_000);
    return {
      head,
      info,
      requestId: exchange.requestId,
      lookup: (key) => exchange.lookup(key),
      status: response?.status ?? 0,
      responseFields: response?.fields ?? [],
      bytesIn,
      bytesOut: head.method === "HEAD" ? 0 : this.#bytesOut,
      durationUs: since(performance.now()),
      firstByteUs: this.#firstByteAt === 0 ? 0 : since(this.#firstByteAt),
      aborted,
    };
  }

  /** What was refused before it was a request. */
  refusal({ status, fields, body }: ResponseEvent, info: ConnectionInfo): RequestRecord {
    return {
      head: undefined,
      info,
      requestId: "",
      lookup: undefined,
      status,
      responseFields: fields,
      bytesIn: 0,
      bytesOut: body?.length ?? 0,
      durationUs: 0,
      firstByteUs: 0,
      aborted: false,
    };
  }
}
