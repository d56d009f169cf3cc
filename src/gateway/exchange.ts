// Where a connection and an application interface meet: one request, pulled event by event.
// The connection knows sockets and the wire; an interface knows how its kind of application is called. Neither knows the other.

import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { ConnectionInfo, FlatFields, RequestHead, SendEvent } from "../protocol/events.ts";

/** The request body on its way in. Pulled, so that not asking is backpressure. */
export interface BodySource {
  /**
   * The next bytes, which belong to the caller; `null` at the end of the body, again and again.
   * The first call sends `100 Continue` where the client waits for it.
   *
   * @throws RequestError (or rejects with it) when the body was cut short, refused or too slow.
   */
  read(): Uint8Array | null | Promise<Uint8Array | null>;
  /** What came after a chunked body; empty before its end, and never mixed with the head's fields (RFC 9110 section 6.5.1). */
  readonly trailers?: FlatFields;
}

/** The connection that a request came on, as far as an interface may know it. */
export interface Carrier {
  /** Bytes that were put out and that the operating system has not taken yet. */
  readonly unsent: number;
  /** Drops it, with all that was not sent: the exchange in progress hears of it by `abort`. */
  destroy(): void;
  /** What an interface keeps beside the connection, for all its requests. `closed` is called once, when the connection is gone. */
  companion?: { closed(): void } | undefined;
}

/** Everything an interface is given for one request. */
export interface ExchangeRequest {
  readonly head: RequestHead;
  readonly info: ConnectionInfo;
  readonly body: BodySource;
  /** Absent where the request came on no connection: the server asks its application itself. Without it nothing can be upgraded. */
  readonly carrier?: Carrier | undefined;
  /** To be called whenever `next` answered WAIT and would now answer something else. */
  readonly wake: () => void;
}

/** Nothing to put out yet; `wake` will be called. */
export const WAIT = Object.freeze({ type: "wait" } as const);
/** The body is over, and no trailers follow. */
export const END = Object.freeze({ type: "end" } as const);
/** The response cannot be ended as announced: put out what there is and close the connection, so that the client sees a cut. */
export const CUT = Object.freeze({ type: "cut" } as const);

/**
 * The connection speaks another protocol from here on (RFC 9110 section 7.8). Instead of a response, and only for a request without a
 * body, as the first and last event. Whoever takes the socket answers on it, with 101 or a refusal, and ends it.
 */
export interface UpgradeEvent {
  readonly type: "upgrade";
  /**
   * Must not throw: there is nobody to catch it. What fails in an application is reported by whoever calls it (GatewayHost.report).
   *
   * @param head What the client has sent behind its request.
   */
  take(socket: Socket, head: Buffer): Upgraded;
}

/** What became of a connection that was upgraded. */
export interface Upgraded {
  /** What was answered, for the access log; 0 before anything was. */
  readonly status: number;
  /** The worker leaves: say so in the protocol's own way, and end. For a websocket the close code (RFC 6455 section 7.4, and 1012). */
  leave(code: LeaveCode): void;
}

/** Going Away: the server stops. Service Restart: another worker is there already. */
export type LeaveCode = 1001 | 1012;

export type ExchangeEvent = SendEvent | UpgradeEvent | typeof WAIT | typeof CUT;

/** One request in progress. */
export interface Exchange {
  readonly requestId: string;
  /**
   * The next thing to put out. The connection asks again only when it has room, so each answer means that everything
   * given before was handed to the operating system. Not to be called after `end`, a `response` without `more`, or CUT.
   */
  next(): ExchangeEvent;
  /** What the request is known by under a key of its environ, for the access log. */
  lookup(key: string): unknown;
  /**
   * The worker drains: it accepts nothing more, and this request may finish. What can end soon should, and what would never end,
   * an event stream, is told to.
   */
  drain(reason: Error): void;
  /** The request will be cut soon. It goes on, and what it still gives is sent. */
  warn(reason: Error): void;
  /** The application had its time. Answers the last event, a refusal with the reason's status or CUT, and is otherwise an `abort`. */
  expire(reason: RequestError): ExchangeEvent;
  /** The client is gone, or the server gives the request up. Idempotent; nothing is asked afterwards. */
  abort(reason: Error): void;
}

/**
 * Makes an exchange of a request; the application is not called before the first `next`. May throw only for bugs of ours: an
 * application's faults become responses.
 */
export type Serve = (request: ExchangeRequest) => Exchange;

/**
 * A request ends through no fault of the application: the client's part failed, the server leaves, the time is up. Its status is
 * answered if there is still time.
 */
export class RequestError extends Error {
  override readonly name = "RequestError";
  /** 400, 408, 413, 503, 504 ... or 499 when the client is gone and nobody is there to be told. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Whether an application ended the usual way after its client left: with the signal's reason, or what others make of it. */
export const isFarewell = (error: unknown, reason: Error | undefined): boolean =>
  error === reason || error instanceof RequestError || (error instanceof Error && error.name === "AbortError");
