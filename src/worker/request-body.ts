// The body of one request on its way from the codec to whoever reads it. Pulled: while nobody asks, nothing is taken from
// the codec, and the connection stops reading. Ends with its response, so that a late reader can never meet the next request.

import { Buffer } from "node:buffer";
import { type BodySource, RequestError } from "../gateway/exchange.ts";
import { type FlatFields, NO_FIELDS, type ProtocolEvent } from "../protocol/events.ts";
import { FAULTS } from "../protocol/faults.ts";

/** What the body needs of its connection. */
export interface BodyPort {
  /** The codec's next event. */
  pull(): ProtocolEvent;
  /** Somebody asked for bytes that are not there, after `received` of them: read on, and mind the deadline. */
  wanted(received: number): void;
  /** Bytes of an event of `pull`, where they stay what they are; undefined where they have to be copied. */
  take(bytes: Uint8Array): Buffer | undefined;
  /** The client waits for `100 Continue`; say it, if there is still time. */
  sendContinue(): void;
}

/** How much of an unread body is read away for the sake of the connection, before closing is cheaper. */
const DISCARD_BYTES = 65_536;

/**
 * Pieces smaller than this are given together with what is here behind them: a body in chunks of one byte would else cost its
 * reader a call for each byte.
 */
const SMALL_BYTES = 1_024;
/** Where small pieces are put together, for all bodies of the process: nothing is left in it when a read returns. */
const TOGETHER = Buffer.allocUnsafeSlow(65_536);

/** The body of a request that has none. */
export const NO_BODY: BodySource = Object.freeze({ read: () => null });

interface Reader {
  readonly resolve: (bytes: Uint8Array | null) => void;
  readonly reject: (error: RequestError) => void;
}

export class RequestBody implements BodySource {
  readonly #port: BodyPort;
  #continueDue: boolean;
  #reader: Reader | undefined;
  #ended = false;
  #closed = false;
  #failure: RequestError | undefined;
  /** What came behind small pieces and was no piece. */
  #ahead: ProtocolEvent | undefined;
  /** Bytes given out. */
  received = 0;
  #discarded = 0;
  trailers: FlatFields = NO_FIELDS;

  constructor(port: BodyPort, expectContinue: boolean) {
    this.#port = port;
    this.#continueDue = expectContinue;
  }

  /** Whether somebody waits for bytes. */
  get waiting(): boolean {
    return this.#reader !== undefined;
  }

  read(): Uint8Array | null | Promise<Uint8Array | null> {
    if (this.#reader !== undefined)
      return Promise.reject(new TypeError("tsgi.input is already being read: await one read before the next"));
    if (this.#ended) return null;
    if (this.#closed) this.fail(new RequestError(499, "the response is over"));
    const bytes = this.#failure === undefined ? this.#next() : undefined;
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (bytes !== undefined) return bytes;
    if (this.#continueDue) {
      this.#continueDue = false;
      this.#port.sendContinue();
    }
    this.#port.wanted(this.received);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  /** Bytes came in: serves a waiting reader. */
  feed(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    const bytes = this.#next();
    if (bytes === undefined && this.#failure === undefined) return;
    this.#reader = undefined;
    if (bytes !== undefined) reader.resolve(bytes);
    else reader.reject(this.#failure!);
  }

  /** Whether what is not read yet may be read away, as far as that can be known: `length` is the head's. */
  mayBeDiscarded(length: number | "chunked"): boolean {
    // A client that waits for 100 may send its body or the next request now, and nobody can tell which.
    return !this.#continueDue && (length === "chunked" || length - this.received <= DISCARD_BYTES);
  }

  /** Bytes came that nobody wants; false when they are more than the connection is worth. */
  discard(size: number): boolean {
    this.#discarded += size;
    return this.#discarded <= DISCARD_BYTES;
  }

  /** The response is over: whoever reads on, or still waits, is told so. An error is made for nobody else, since it costs 5 us. */
  close(): void {
    this.#closed = true;
    if (this.waiting) this.fail(new RequestError(499, "the response is over"));
  }

  /** Nothing more will come. Idempotent; the first reason stays. */
  fail(error: RequestError): void {
    this.#failure ??= error;
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.reject(this.#failure);
  }

  #next(): Uint8Array | null | undefined {
    const event = this.#ahead ?? this.#port.pull();
    this.#ahead = undefined;
    switch (event.type) {
      case "data": {
        const { bytes } = event;
        // The view is of a buffer that the next read overwrites, unless it has one to itself.
        const given = bytes.length < SMALL_BYTES ? this.#gather(bytes) : (this.#port.take(bytes) ?? Buffer.from(bytes));
        this.received += given.length;
        return given;
      }
      case "end":
        this.#ended = true;
        this.trailers = event.trailers;
        return null;
      case "need-data":
        return undefined;
      case "fault":
        this.#failure = new RequestError(event.fault.status, FAULTS[event.fault.code].why);
        return undefined;
      default:
        this.#failure = new RequestError(400, "the request body was cut short");
        return undefined;
    }
  }

  /** A small piece and those that are here behind it, as one. */
  #gather(first: Uint8Array): Buffer {
    let size = 0;
    for (let bytes = first; ; ) {
      if (size + bytes.length > TOGETHER.length) return Buffer.concat([TOGETHER.subarray(0, size), bytes]);
      TOGETHER.set(bytes, size);
      size += bytes.length;
      const event = this.#port.pull();
      if (event.type !== "data") {
        if (event.type !== "need-data") this.#ahead = event;
        return Buffer.from(TOGETHER.subarray(0, size));
      }
      bytes = event.bytes;
    }
  }
}
