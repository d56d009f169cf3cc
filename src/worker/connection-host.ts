// What a connection needs of its worker, and the figures of its life that nobody can set.

import type { Serve } from "../gateway/exchange.ts";
import type { Codec } from "../protocol/codec.ts";
import type { ConnectionInfo } from "../protocol/events.ts";
import type { Fault } from "../protocol/faults.ts";
import type { Deadlines } from "./deadlines.ts";
import type { RequestRecord } from "./meter.ts";

/** A connection as its worker knows it. */
export interface OpenConnection {
  /** The worker leaves: an idle connection has a moment for the request that may be on its way, then it is closed. */
  drain(): void;
  /** Ends it now, whatever it does. */
  destroy(): void;
}

export interface ConnectionHost {
  readonly serve: Serve;
  readonly deadlines: Deadlines;
  readonly makeCodec: () => Codec;
  /** Seconds; 0 means for ever. */
  readonly headTimeout: number;
  readonly bodyTimeout: number;
  /** Seconds; 0 means that every connection has one request (gunicorn's `keepalive`). */
  readonly keepAlive: number;
  /** The worker is leaving: every response is the last of its connection. */
  readonly draining: boolean;
  /** Whether `ended` wants to know what was said, for the access log. */
  readonly wantsRecord: boolean;
  began(): void;
  ended(record: RequestRecord | undefined): void;
  refused(what: Fault, info: ConnectionInfo): void;
  closed(connection: OpenConnection): void;
}

/** How much of an unread body is read away for the sake of the connection, before closing is cheaper. */
export const DISCARD_BYTES = 65_536;
/** How much is read ahead of an application that does not ask. Not of a head: it has its own limits, and nothing goes on without its end. */
export const READ_AHEAD_BYTES = 65_536;
/** A body up to this size waits for the answers behind it in a pipeline, FAIR_SHARE events at most, to leave with them. */
export const GATHER_BYTES = 4_096;
/** How long a closing connection reads on, so that no reset overtakes the last response (RFC 9112 section 9.6). */
export const LINGER_SECONDS = 2;
/** How much it reads in that time; the rest waits in the kernel. */
export const LINGER_BYTES = 1_048_576;
/**
 * How long a client that ended its side may stay silent before it counts as gone; a half-closed one answers our bytes. While some
 * of them wait for it, it is a slow reader: one that left would have had its system reset us.
 */
export const HALF_CLOSED_MS = 500;
/** How long an idle connection of a leaving worker may still bring the request that was on its way. */
export const LAME_DUCK_SECONDS = 0.5;
/** Events in one go before others get their turn (a busy pipeline, a generator that never waits). */
export const FAIR_SHARE = 64;
