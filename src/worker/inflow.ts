// The way of a request's body: from the codec to whoever reads it, with the client's time running only while somebody waits for it.
// Does not know what state the connection is in, nor what becomes of a body that fails.

import type { ConnectionInfo, ProtocolEvent, RequestHead } from "../protocol/events.ts";
import type { Fault } from "../protocol/faults.ts";
import type { Intake } from "./intake.ts";
import type { Outlet } from "./outlet.ts";
import type { Patience } from "./patience.ts";
import { type BodyPort, RequestBody } from "./request-body.ts";
import type { Transport } from "./transport.ts";

/** Who hears of what a client did wrong. */
export interface InflowHost {
  refused(what: Fault, info: ConnectionInfo, record: undefined): void;
}

export class Inflow implements BodyPort {
  readonly #intake: Intake;
  readonly #outlet: Outlet;
  readonly #patience: Patience;
  readonly #transport: Transport;
  readonly #host: InflowHost;
  #length: RequestHead["length"] = 0;

  constructor(intake: Intake, outlet: Outlet, patience: Patience, transport: Transport, host: InflowHost) {
    this.#intake = intake;
    this.#outlet = outlet;
    this.#patience = patience;
    this.#transport = transport;
    this.#host = host;
  }

  /** The body of a request whose head has come, if it has one. */
  bodyOf(head: RequestHead): RequestBody | undefined {
    this.#length = head.length;
    return head.length === 0 ? undefined : new RequestBody(this, head.expectContinue);
  }

  pull(): ProtocolEvent {
    const event = this.#intake.next();
    if (event.type === "fault") this.#host.refused(event.fault, this.#transport.info, undefined);
    return event;
  }

  wanted(received: number): void {
    this.#patience.expectBody(received);
    // How much a chunked one will be is not known.
    if (this.#length !== "chunked") this.#transport.wantBytes(this.#length - received);
  }

  take(bytes: Uint8Array): Buffer | undefined {
    return this.#transport.take(bytes);
  }

  sendContinue(): void {
    if (this.#outlet.response !== undefined) return;
    this.#outlet.put({ type: "information", status: 100, fields: [] });
    this.#outlet.flush();
  }

  /** Bytes came in, and somebody waits for them. */
  feed(body: RequestBody): void {
    body.feed();
    if (!body.waiting) this.#patience.bodyCame();
  }
}
