// How long one connection still waits: one deadline for what its peer is to send, one for what it is to take, one for the request in
// progress as a whole. Decides when time is up, by a pause or by a rate; what happens then is the connection's business. Owns no timer.

import type { FaultCode } from "../protocol/faults.ts";
import type { Deadlines, Timed } from "./deadlines.ts";

/** Seconds, where 0 means for ever; `bodyRate` is bytes per second, 0 for any. */
export interface Patiences {
  /** Between two requests; 0 means that every connection has one (gunicorn's `keepalive`). */
  readonly keepAlive: number;
  readonly headTimeout: number;
  readonly bodyTimeout: number;
  readonly bodyRate: number;
  readonly writeTimeout: number;
  /** From the head of a request to the last of its response. */
  readonly requestTimeout: number;
}

/** Who is told. */
export interface Impatient {
  /** What was to come in did not come. */
  late(): void;
  /** The peer took no byte of what was sent to it. */
  stalled(): void;
  /** The request in progress is not over. */
  overdue(): void;
}

/** A client gets so long before the rate of its body counts: a slow start is not an attack. */
const RATE_GRACE_MS = 5_000;
/** How long an idle connection of a leaving worker may still bring the request that was on its way. */
export const LAME_DUCK_MS = 300;
/**
 * The same where the client has been asking, and is due to ask again before that is over: it is told with its next answer, which no
 * request can cross, while the end of an idle connection loses what is sent in that moment.
 */
const ASKING_MS = 2_000;
/** A client whose pause is this many times its usual one has stopped asking. */
const UNUSUAL = 4;
/** The newest pause has this share in the usual one. */
const NEWEST = 1 / 4;
/** The clock stands still between two sweeps. */
const CLOCK_MS = 250;

export class Patience implements Timed {
  readonly #deadlines: Deadlines;
  readonly #limits: Patiences;
  readonly #owner: Impatient;
  /** When the request in progress began, as of the sweep before. */
  requestSince = 0;
  #in = Number.POSITIVE_INFINITY;
  #out = Number.POSITIVE_INFINITY;
  #whole = Number.POSITIVE_INFINITY;
  #unsent = 0;
  #ended = false;
  /** When the wait for the body in progress began, and what earlier waits for it came to. */
  #bodySince = 0;
  #bodyWaited = 0;
  readonly #openedAt: number;
  /** When the last answer was out, and how long the client usually takes to ask again. NaN until there was one. */
  #idleSince = Number.NaN;
  #usualPause = Number.NaN;

  constructor(deadlines: Deadlines, limits: Patiences, owner: Impatient) {
    this.#deadlines = deadlines;
    this.#limits = limits;
    this.#owner = owner;
    this.#openedAt = deadlines.now;
    deadlines.add(this);
  }

  get deadlineAt(): number {
    return Math.min(this.#in, this.#out, this.#whole);
  }

  late(): void {
    const { now } = this.#deadlines;
    // What comes of the one may have ended the request: it is judged in the next sweep, if it is still there then.
    const others = Math.min(this.#in, this.#out) <= now;
    if (this.#out <= now) {
      this.#out = Number.POSITIVE_INFINITY;
      this.#owner.stalled();
    }
    if (this.#in <= now) {
      this.#in = Number.POSITIVE_INFINITY;
      this.#owner.late();
    }
    if (others || this.#whole > now) return;
    this.#whole = Number.POSITIVE_INFINITY;
    this.#owner.overdue();
  }

  /** Waits `seconds` for what comes next; 0 is for ever. */
  expect(seconds: number): void {
    this.#in = this.#deadlines.in(seconds);
  }

  /** The same, unless the deadline in force is sooner. */
  expectSooner(seconds: number): void {
    this.#in = Math.min(this.#in, this.#deadlines.in(seconds));
  }

  /** Whether something is to come in by a certain time, as after each answer the next request is. */
  get expects(): boolean {
    return this.#in !== Number.POSITIVE_INFINITY;
  }

  /** Nothing is expected of the peer. */
  rest(): void {
    this.#in = Number.POSITIVE_INFINITY;
  }

  /** The peer ended its side: no body is expected of it any more. */
  noMore(): void {
    this.#ended = true;
  }

  /** A request begins: it and its body have all their time. */
  restForRequest(): void {
    this.requestSince = this.#deadlines.now;
    const pause = this.requestSince - this.#idleSince;
    this.#usualPause = Number.isNaN(this.#usualPause) ? pause : this.#usualPause + (pause - this.#usualPause) * NEWEST;
    this.#in = Number.POSITIVE_INFINITY;
    this.#whole = this.#deadlines.in(this.#limits.requestTimeout);
    this.#bodyWaited = 0;
  }

  /** The request is over. */
  answered(): void {
    this.#whole = Number.POSITIVE_INFINITY;
  }

  /** A request was answered, and the client may ask again; in a leaving worker only where the answer could not say that it may not. */
  expectNext(leaving: boolean): void {
    const { now } = this.#deadlines;
    this.#idleSince = now;
    this.#in = leaving ? now + ASKING_MS : this.#deadlines.in(this.#limits.keepAlive);
  }

  /** The worker leaves, and the client waits for nothing: it has a moment, and more where it is about to ask. */
  lameDuck(): void {
    const { now } = this.#deadlines;
    this.#in = Math.min(this.#in, now + (this.#isAboutToAsk(now) ? ASKING_MS : LAME_DUCK_MS));
  }

  /** Whoever connects does so in order to ask. Whoever has asked goes on as before, until a pause shows that it does not. */
  #isAboutToAsk(now: number): boolean {
    if (Number.isNaN(this.#idleSince)) return now - this.#openedAt < ASKING_MS;
    const pause = now - this.#idleSince;
    return pause <= this.#usualPause * UNUSUAL + CLOCK_MS && this.#usualPause - pause < ASKING_MS;
  }

  /** Somebody waits for the body, of which `received` bytes have come: silence is limited, and so is a rate that only drips. */
  expectBody(received: number): void {
    if (this.#ended) return;
    const { bodyTimeout, bodyRate } = this.#limits;
    this.#bodySince = this.#deadlines.now;
    const silent = this.#deadlines.in(bodyTimeout);
    const earned = bodyRate === 0 ? Number.POSITIVE_INFINITY : (received / bodyRate) * 1_000;
    this.#in = Math.min(silent, this.#bodySince + RATE_GRACE_MS + earned - this.#bodyWaited);
  }

  /** What was waited for came. Only the time that was spent waiting counts against the client. */
  bodyCame(): void {
    if (this.#ended) return;
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
