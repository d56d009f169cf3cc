// A connection that is another protocol's: who has it, and what of it the access log will say when it is gone. Does not know the
// protocol, nor what ends it.

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Exchange, LeaveCode, Upgraded, UpgradeEvent } from "../gateway/exchange.ts";
import { type ConnectionInfo, NO_FIELDS, type RequestHead, type ResponseEvent } from "../protocol/events.ts";
import type { Meter, RequestRecord } from "./meter.ts";

export class Takeover {
  readonly #head: RequestHead;
  readonly #exchange: Exchange;
  readonly #socket: Socket;
  /** What earlier requests of the connection came to. */
  readonly #readBefore: number;
  readonly #writtenBefore: number;
  #upgraded: Upgraded | undefined;

  constructor(head: RequestHead, exchange: Exchange, socket: Socket) {
    this.#head = head;
    this.#exchange = exchange;
    this.#socket = socket;
    this.#readBefore = socket.bytesRead;
    this.#writtenBefore = socket.bytesWritten;
  }

  /** Hands the socket over. `rest` is what the client sent behind its request. */
  begin(event: UpgradeEvent, rest: Uint8Array): void {
    this.#upgraded = event.take(this.#socket, Buffer.from(rest.buffer, rest.byteOffset, rest.length));
  }

  /** The worker leaves. */
  leave(code: LeaveCode): void {
    this.#upgraded?.leave(code);
  }

  /** The connection is gone. The bytes are those of the protocol, both ways, with the answer to the request. */
  record(meter: Meter | undefined, info: ConnectionInfo): RequestRecord | undefined {
    if (meter === undefined) return undefined;
    const status = this.#upgraded?.status ?? 0;
    const response: ResponseEvent | undefined =
      status === 0
        ? undefined
        : {
            ...{ type: "response", status, reason: "", fields: NO_FIELDS, length: undefined, date: "", close: true },
            ...{ body: undefined, more: false },
          };
    const bytesIn = this.#socket.bytesRead - this.#readBefore;
    meter.add(this.#socket.bytesWritten - this.#writtenBefore);
    return meter.record({ head: this.#head, info, exchange: this.#exchange, response, bytesIn, aborted: false });
  }
}
