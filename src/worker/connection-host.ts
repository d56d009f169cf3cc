// What a connection needs of its worker, and the figures of its life that nobody can set.

import type { Exchange, LeaveCode, RequestError, Serve } from "../gateway/exchange.ts";
import type { Codec } from "../protocol/codec.ts";
import type { ConnectionInfo, RequestHead } from "../protocol/events.ts";
import type { Fault } from "../protocol/faults.ts";
import type { Waiting } from "./admission.ts";
import type { AllowanceHost } from "./allowance.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Leaver } from "./departures.ts";
import type { Gate } from "./gate.ts";
import type { LedgerHost } from "./ledger.ts";
import type { Patiences } from "./patience.ts";
import type { ClientHandle } from "./transport.ts";

export type State =
  /** Between requests. */
  | "idle"
  /** The first bytes of a request are here, and wait at the gate. */
  | "held"
  /** A part of a head is here. */
  | "head"
  /** A head is here, and the worker has as many requests as it takes at once. */
  | "queued"
  | "exchange"
  /** The response is out, the rest of the request's body is not in yet. */
  | "discard"
  /** Closing: reads on and listens to nothing. */
  | "linger"
  /** Another protocol's; its request is over for all but the access log. */
  | "upgraded"
  | "closed";

/** A request that the application has, on the clock of `Deadlines.now`. */
export interface RequestInHand {
  readonly head: RequestHead;
  readonly requestId: string;
  readonly since: number;
}

/** A connection as its worker knows it. */
export interface OpenConnection extends Leaver {
  /** The request that the application has of it, if any. */
  readonly inHand: RequestInHand | undefined;
  /** The worker leaves: an idle connection has a moment for the request that may be on its way, then it is closed. */
  drain(): void;
  /** The worker's code is old: a connection between two requests goes back to the master, and any other one when it comes to that. */
  giveBack(): void;
  /** Tells the request in progress, if there is one, that the worker leaves, or that it will be cut soon. */
  tell(how: "drain" | "warn", reason: RequestError): void;
  /** The same for a connection that was upgraded. */
  leaveUpgraded(code: LeaveCode): void;
  /** Ends it now, whatever it does. A request in progress is given up for this reason. */
  destroy(reason: RequestError): void;
}

/** A request at the door. */
export interface NewRequest extends Waiting {
  readonly info: ConnectionInfo;
}

/** A connection that goes back: its handle, and what was read of its next request. */
export interface LeftOver {
  readonly handle: ClientHandle;
  readonly read: Buffer;
}

export interface ConnectionHost extends Patiences, AllowanceHost, LedgerHost {
  readonly deadlines: Deadlines;
  readonly makeCodec: () => Codec;
  /** Asks before a request begins whether the code is fresh; undefined where code does not change. */
  readonly gate: Gate | undefined;
  /** The worker is leaving. */
  readonly draining: boolean;
  /** Every response is the last of its connection: the worker leaves, and gives none back. */
  readonly ends: boolean;
  /** Who serves a request that came: the application, or what sends it away. Undefined when it has to wait: `admit` says when its turn has come. */
  enter(request: NewRequest, head: RequestHead): Serve | undefined;
  /** Who serves a request that has waited for its turn. */
  readonly serve: Serve;
  /** A request that waited is not there any more. */
  forget(request: NewRequest): void;
  /** A request began in a worker that leaves: tells it what the others know. */
  brief(exchange: Exchange): void;
  /** The same for a connection that was upgraded. */
  briefUpgraded(connection: OpenConnection): void;
  /** A request has waited for its turn until its time was over: who serves it now only sends it away. */
  giveUp(request: NewRequest): Serve;
  /** A request is not over within --request-timeout: takes it down, and answers with the reason to end it for. */
  overdue(head: RequestHead, info: ConnectionInfo, requestId: string, begun: boolean): RequestError;
  /** An idle connection has waited long enough: `leave` is called when its turn has come. */
  dismiss(connection: OpenConnection): void;
  /** The client's part of a request failed: takes it down, and answers with what the application hears. */
  blame(what: Fault, info: ConnectionInfo): RequestError;
  closed(connection: OpenConnection): void;
  /** A connection is over for this worker, and what is left of it is for the master. */
  leftOver(connection: OpenConnection, rest: LeftOver): void;
}

/** A body up to this size waits for the answers behind it in a pipeline, FAIR_SHARE events at most, to leave with them. */
export const GATHER_BYTES = 4_096;
/** How long a closing connection reads on, so that no reset overtakes the last response (RFC 9112 section 9.6). */
export const LINGER_SECONDS = 2;
/**
 * How long a client that ended its side may stay silent before it counts as gone; a half-closed one answers our bytes. While some
 * of them wait for it, it is a slow reader: one that left would have had its system reset us.
 */
export const HALF_CLOSED_SECONDS = 0.25;
