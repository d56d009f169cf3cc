// What a connection tells its worker of its requests: that one is over, was refused, or became another protocol, each with its record
// where somebody writes an access log. Does not know when that is.

import type { Exchange, LeaveCode, UpgradeEvent } from "../gateway/exchange.ts";
import type { ConnectionInfo, Piece, RequestHead, ResponseEvent } from "../protocol/events.ts";
import type { Fault } from "../protocol/faults.ts";
import { Meter, type RequestRecord } from "./meter.ts";
import { Takeover } from "./takeover.ts";
import type { Transport } from "./transport.ts";

export interface LedgerHost {
  /** Whether the records are wanted, for the access log. */
  readonly wantsRecord: boolean;
  /** A request that was served is over; `failed` says that it was answered with 5xx, or its response was cut. */
  ended(record: RequestRecord | undefined, failed: boolean): void;
  /** A request that was served became another protocol: it is in flight no more. */
  upgraded(): void;
  /** An upgraded connection is gone. */
  parted(record: RequestRecord | undefined): void;
  /** A client broke a rule; the record is for the access log, where there was an answer. */
  refused(what: Fault, info: ConnectionInfo, record: RequestRecord | undefined): void;
}

/** A request that is over, as far as the connection knows it. */
export interface Ended {
  readonly head: RequestHead;
  readonly exchange: Exchange;
  readonly response: ResponseEvent | undefined;
  readonly bytesIn: number;
  /** All is said, the client left, or the application could not go on. */
  readonly end: "whole" | "left" | "cut";
}

export class Ledger {
  readonly #host: LedgerHost;
  readonly #transport: Transport;
  readonly #meter: Meter | undefined;
  #takeover: Takeover | undefined;

  constructor(host: LedgerHost, transport: Transport) {
    this.#host = host;
    this.#transport = transport;
    this.#meter = host.wantsRecord ? new Meter() : undefined;
  }

  /** A request begins. */
  start(): void {
    this.#meter?.start();
  }

  /** A piece of the body goes out, or a head without one. */
  count(piece: Piece | undefined): void {
    this.#meter?.count(piece);
  }

  ended({ head, exchange, response, bytesIn, end }: Ended): void {
    const { info } = this.#transport;
    const record = this.#meter?.record({ head, info, exchange, response, bytesIn, aborted: end !== "whole" });
    this.#host.ended(record, end === "cut" || (response?.status ?? 0) >= 500);
    this.#meter?.forget();
  }

  refused(what: Fault, answer: ResponseEvent): void {
    const { info } = this.#transport;
    this.#host.refused(what, info, this.#meter?.refusal(answer, info));
  }

  /** The connection is another protocol's. `rest` is what the client sent behind its request. */
  upgrade(head: RequestHead, exchange: Exchange, event: UpgradeEvent, rest: Uint8Array): void {
    this.#host.upgraded();
    this.#takeover = new Takeover(head, exchange, this.#transport.surrender());
    this.#takeover.begin(event, rest);
  }

  /** The worker leaves. */
  leaveUpgraded(code: LeaveCode): void {
    this.#takeover?.leave(code);
  }

  /** The connection is gone. */
  parted(): void {
    if (this.#takeover !== undefined) this.#host.parted(this.#takeover.record(this.#meter, this.#transport.info));
  }
}
