// How long one connection still waits for its peer: one deadline for what is to come in, one for what is to go out.
// Decides when time is up, by a pause or by a rate; what happens then is the connection's business. Owns no timer.

import type { FaultCode } from "../protocol/faults.ts";
import type { Deadlines, Timed } from "./deadlines.ts";

/** Seconds, where 0 means for ever; `bodyRate` is bytes per second, 0 for any. */
export interface Patiences {
  readonly headTimeout: number;
  readonly bodyTimeout: number;
  readonly bodyRate: number;
  readonly writeTimeout: number;
}

/** Who is told. */
export interface Impatient {
  /** What was to come in did not come. */
  late(): void;
  /** The peer took no byte of what was sent to it. */
  stalled(): void;
}

/** A client gets so long before the rate of its body counts: a slow start is not an attack. */
const RATE_GRACE_MS = 5_000;

export class Patience implements Timed {
  readonly #deadlines: Deadlines;
  readonly #limits: Patiences;
  readonly #owner: Impatient;
  /** When the request in progress began, as of the sweep before. */
  requestSince = 0;
  #in = Number.POSITIVE_INFINITY;
  #out = Number.POSITIVE_INFINITY;
  #unsent = 0;
  /** When the wait for the body in progress began, and what earlier waits for it came to. */
  #bodySince = 0;
  #bodyWaited = 0;

  constructor(deadlines: Deadlines, limits: Patiences, owner: Impatient) {
    this.#deadlines = deadlines;
    this.#limits = limits;
    this.#owner = owner;
    deadlines.add(this);
  }

  get deadlineAt(): number {
    return Math.min(this.#in, this.#out);
  }

  late(): void {
    const { now } = this.#deadlines;
    if (this.#out <= now) {
      this.#out = Number.POSITIVE_INFINITY;
      this.#owner.stalled();
    }
    if (this.#in > now) return;
    this.#in = Number.POSITIVE_INFINITY;
    this.#owner.late();
  }

  /** Waits `seconds` for what comes next; 0 is for ever. */
  expect(seconds: number): void {
    this.#in = this.#deadlines.in(seconds);
  }

  /** The same, unless the deadline in force is sooner. */
  expectSooner(seconds: number): void {
    this.#in = Math.min(this.#in, this.#deadlines.in(seconds));
  }

  /** Nothing is expected of the peer. */
  rest(): void {
    this.#in = Number.POSITIVE_INFINITY;
  }

  /** A request begins: its body has all its time. */
  restForRequest(): void {
    this.requestSince = this.#deadlines.now;
    this.#in = Number.POSITIVE_INFINITY;
    this.#bodyWaited = 0;
  }

  /** Somebody waits for the body, of which `received` bytes have come: silence is limited, and so is a rate that only drips. */
  expectBody(received: number): void {
    const { bodyTimeout, bodyRate } = this.#limits;
    this.#bodySince = this.#deadlines.now;
    const silent = this.#deadlines.in(bodyTimeout);
    const earned = bodyRate === 0 ? Number.POSITIVE_INFINITY : (received / bodyRate) * 1_000;
    this.#in = Math.min(silent, this.#bodySince + RATE_GRACE_MS + earned - this.#bodyWaited);
  }

  /** What was waited for came. Only the time that was spent waiting counts against the client. */
  bodyCame(): void {
    this.#bodyWaited += this.#deadlines.now - this.#bodySince;
    this.#in = Number.POSITIVE_INFINITY;
  }

  /** Which of the two a late body was. */
  whyLate(): FaultCode {
    const { bodyTimeout } = this.#limits;
    const silent = bodyTimeout !== 0 && this.#deadlines.now >= this.#bodySince + bodyTimeout * 1_000;
    return silent ? "edge.body-too-silent" : "edge.body-too-slow";
  }

  /** There is more to send than the operating system takes; `unsent` bytes of it. */
  sending(unsent: number): void {
    this.#unsent = unsent;
    this.#out = this.#deadlines.in(this.#limits.writeTimeout);
  }

  /** Whether the peer took something since it was looked at last; it then has the same time again. */
  progressed(unsent: number): boolean {
    if (unsent >= this.#unsent) return false;
    this.sending(unsent);
    return true;
  }

  /** Everything was taken. */
  sent(): void {
    this.#out = Number.POSITIVE_INFINITY;
  }

  /** The connection is gone. */
  end(): void {
    this.#deadlines.delete(this);
  }
}
