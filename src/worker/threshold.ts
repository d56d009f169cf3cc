// One connection between two requests, where code changes: the next request goes in when the gate lets it, and a worker whose code is old
// gives the connection back. Does not know what a request is, nor who answers the gate's question.

import type { Carrier } from "../gateway/exchange.ts";
import type { Codec } from "../protocol/codec.ts";
import type { ConnectionHost, OpenConnection, State } from "./connection-host.ts";
import type { Gate, Visitor } from "./gate.ts";
import type { Intake } from "./intake.ts";
import type { Patience } from "./patience.ts";
import type { Transport } from "./transport.ts";

/** Whose threshold it is. */
export interface Comer extends OpenConnection, Pick<Carrier, "companion"> {
  state: State;
  readonly peerEnded: boolean;
  /** Bytes go in. */
  receive(bytes: Uint8Array): void;
  onEnd(): void;
}

export interface ThresholdParts {
  readonly host: Pick<ConnectionHost, "headTimeout" | "leftOver">;
  readonly comer: Comer;
  readonly codec: Pick<Codec, "buffered" | "takeRest">;
  readonly intake: Pick<Intake, "hold" | "resume">;
  readonly patience: Pick<Patience, "expect" | "end">;
  readonly transport: Pick<Transport, "detach" | "whenSent">;
}

export class Threshold implements Visitor {
  readonly #gate: Gate;
  readonly #parts: ThresholdParts;

  constructor(gate: Gate, parts: ThresholdParts) {
    this.#gate = gate;
    this.#parts = parts;
  }

  /** Bytes came in. True when they are a request's first ones, which wait here; what follows them waits in the kernel. */
  stops(bytes: Uint8Array): boolean {
    const { host, comer, intake, patience } = this.#parts;
    if (comer.state !== "idle" && comer.state !== "held") return false;
    if (comer.state === "idle") patience.expect(host.headTimeout);
    comer.state = "held";
    intake.hold();
    this.#gate.came(this, bytes);
    return true;
  }

  /** A request was answered: what is here of the next one asks as if it had just come. False while that waits. */
  goesOn(): boolean {
    const { comer, codec } = this.#parts;
    // A client that ended its side asks nothing that is younger.
    if (comer.peerEnded) return true;
    if (codec.buffered > 0) this.stops(codec.takeRest());
    else this.#gate.between(this);
    return comer.state !== "held";
  }

  pass(bytes: Uint8Array): void {
    const { comer, codec, intake } = this.#parts;
    if (comer.state !== "held") return;
    comer.state = "head";
    intake.resume();
    comer.receive(bytes);
    if (comer.peerEnded) comer.onEnd();
    // Nothing but the empty lines that may stand before a request (RFC 9112 section 2.2).
    if (comer.state === "head" && codec.buffered === 0) comer.state = "idle";
  }

  giveBack(): void {
    const { host, comer, patience, transport } = this.#parts;
    if (comer.state !== "idle" && comer.state !== "held") return;
    const handle = transport.detach();
    if (handle === undefined) {
      transport.whenSent(() => this.giveBack());
      return;
    }
    comer.state = "closed";
    patience.end();
    comer.companion?.closed();
    host.leftOver(comer, { handle, read: this.#gate.take(this) });
  }

  /** The connection is gone. */
  leave(): void {
    this.#gate.take(this);
  }
}
