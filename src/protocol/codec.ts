// One connection's wire state behind one interface, whatever the wire: HTTP/1.1, uwsgi, FastCGI, SCGI.
// The duties of whoever holds the socket are written on the methods that create them.

import type { Piece, ProtocolEvent, SendEvent } from "./events.ts";

/** Where a codec gives up. 0 means no limit, except where said otherwise. */
export interface Limits {
  /** Bytes of the request line without its line end. */
  readonly requestLine: number;
  /** Fields of a head, and of a trailer section. */
  readonly fields: number;
  /** Bytes of one field line without its line end. */
  readonly fieldSize: number;
  /** Bytes of all field lines of a head, or of a trailer section, with their line ends. */
  readonly allFields: number;
  /** Bytes of a request body, announced or counted. */
  readonly body: number;
}

export interface Codec {
  /**
   * Take bytes that came in. The codec may refer to `bytes` until `retain` is called, so a caller that reuses
   * its read buffer calls `retain` before it does. Afterwards ask `nextEvent` until it answers NEED_DATA, PAUSED,
   * `fault` or `closed`; a caller that wants the rest of a body later may stop asking.
   *
   * @throws MisuseError after `receiveEof`.
   */
  receive(bytes: Uint8Array): void;

  /** The peer will send no more. Afterwards ask `nextEvent`: a cut message is a fault, an idle end is `closed`. */
  receiveEof(): void;

  /** The next thing that happened. After `fault` or `closed` the answer is `closed` for ever. */
  nextEvent(): ProtocolEvent;

  /** Copy what is not consumed yet, because the bytes given to `receive` are about to be overwritten. */
  retain(): void;

  /** Bytes received and not yet reported. The caller stops reading when this is more than it wants to hold. */
  readonly buffered: number;

  /**
   * Put one event on the wire: pieces are added to `out` in order and must be written as they are.
   * Where the response has no body (HEAD, 1xx, 204, 205, 304) the body's bytes are dropped, framing stays right.
   *
   * After a fault one response that closes may be sent, to say why; also before any request, when whoever holds the clock
   * gives one up. Afterwards nothing more is read.
   *
   * @throws MisuseError on an event out of order, or on more or fewer body bytes than `length` said.
   */
  send(event: SendEvent, out: Piece[]): void;

  /**
   * Whether the connection may carry another request once this response is sent and this request is read whole. False for ever
   * once the client asked to close (or, before HTTP/1.1, did not ask to stay), a fault was found, or a response was sent that
   * closes or that only the connection's end delimits; and after `receiveEof`, unless bytes of a next request are here.
   */
  readonly keepAlive: boolean;

  /** Whether the request in progress has been read whole: no byte of it is to come, even if its `end` was not asked for. */
  readonly requestDone: boolean;

  /**
   * Give the connection up to another protocol, in place of a response: the bytes behind the request, which are the caller's. Nothing
   * is read or sent here afterwards.
   *
   * @throws MisuseError while the request is not read whole, or when its response was begun.
   */
  surrender(): Uint8Array;

  /**
   * Between two requests, before an event of the next one was asked for: a copy of what is here of it, which the codec forgets. It may be
   * given to `receive` again, of this codec or of another one.
   *
   * @throws MisuseError when the next request has begun, or this one is not over.
   */
  takeRest(): Uint8Array;

  /**
   * Go on to the next request of the connection.
   *
   * @throws MisuseError while a request or a response is not finished, or when `keepAlive` is false.
   */
  startNextCycle(): void;
}
