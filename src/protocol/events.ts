// The words of the wire: what a codec reports (ProtocolEvent) and what it is asked to put out (SendEvent).
// Knows no socket, timer, clock, logger or setting; every wire speaks these same words.

import type { Fault } from "./faults.ts";

/**
 * Bytes to be written. A string stands for the bytes of its code units (latin-1): every code unit is at most
 * U+00FF. Text in any other encoding is encoded by whoever makes the piece.
 */
export type Piece = string | Uint8Array;

/** Names and values in turn (`[name, value, name, value, ...]`), in the order of the wire, duplicates kept. */
export type FlatFields = readonly string[];

export const NO_FIELDS: FlatFields = Object.freeze([]);

/** The head of a request, judged and found right. Strings hold latin-1 code units, one for each byte. */
export interface RequestHead {
  readonly method: string;
  /** The request target exactly as it was sent. */
  readonly target: string;
  readonly version: "1.0" | "1.1";
  /** Names in lower case; values without the white space around them. */
  readonly fields: FlatFields;
  /** Bytes of body to come: a number, or `"chunked"` when only its end will tell. 0 means that there is none. */
  readonly length: number | "chunked";
  /** The client waits for `100 Continue` before it sends its body (RFC 9110 section 10.1.1). */
  readonly expectContinue: boolean;
  /** What the client wishes (RFC 9112 section 9.3). The server may still close. */
  readonly keepAlive: boolean;
}

/**
 * What came in: a `request`, any `data`, one `end`, and so on. Every request has its `end`, also one without a body.
 * `data.bytes` is a view that is only good until the codec's next `receive`, `retain` or `nextEvent`.
 */
export type ProtocolEvent =
  | { readonly type: "request"; readonly head: RequestHead }
  | { readonly type: "data"; readonly bytes: Uint8Array }
  | { readonly type: "end"; readonly trailers: FlatFields }
  | { readonly type: "fault"; readonly fault: Fault }
  | { readonly type: "closed" }
  | typeof NEED_DATA
  | typeof PAUSED;

/** No event yet: `receive` more, or tell `receiveEof`. */
export const NEED_DATA = Object.freeze({ type: "need-data" } as const);
/** No event before the response in progress is sent whole and `startNextCycle` is called. */
export const PAUSED = Object.freeze({ type: "paused" } as const);

/** What to put out, in this order: any `information`, one `response`, any `data`, one `end`. */
export type SendEvent = InformationEvent | ResponseEvent | DataEvent | EndEvent;

export interface InformationEvent {
  readonly type: "information";
  readonly status: 100 | 102 | 103;
  readonly fields: FlatFields;
}

export interface ResponseEvent {
  readonly type: "response";
  /** 200 to 999. */
  readonly status: number;
  readonly reason: string;
  /** Checked by the sender: names are tokens, values hold no control character, no field is hop-by-hop. */
  readonly fields: FlatFields;
  /** Bytes of body to come, or undefined when only the end will tell. */
  readonly length: number | undefined;
  /** An IMF-fixdate for the Date field; used only where `fields` brings none. Set by the connection, which has the clock. */
  date: string;
  /** The connection must not be used again after this response. May be set by the connection, the last one to know. */
  close: boolean;
  /** The first bytes of the body, put out together with the head. */
  readonly body: Piece | undefined;
  /** False when this event is the whole response, so that no `data` and no `end` follow. */
  readonly more: boolean;
  /** Names of trailers that `end` will bring, for the Trailer field (RFC 9110 section 6.6.2). Said only where they can be sent. */
  readonly announces?: readonly string[] | undefined;
}

export interface DataEvent {
  readonly type: "data";
  readonly bytes: Piece;
}

export interface EndEvent {
  readonly type: "end";
  /**
   * Fields that follow the body (RFC 9110 section 6.5). Left out where the client did not say that it reads them, or the
   * framing has no place for them. None may be one that frames, routes or authenticates a message.
   */
  readonly trailers?: FlatFields | undefined;
}

/** Who is on the other side, after a PROXY preamble where the listener expects one. Made once a connection. */
export interface ConnectionInfo {
  /** The peer's IP address, or "" on a Unix socket. */
  readonly remoteAddress: string;
  /** The peer's port in digits, or "" on a Unix socket. */
  readonly remotePort: string;
  /** The listener's IP address, or "" on a Unix socket. */
  readonly localAddress: string;
  /** The listener's port in digits, or "" on a Unix socket. */
  readonly localPort: string;
  readonly scheme: "http" | "https";
}
