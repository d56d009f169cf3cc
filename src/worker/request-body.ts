// The body of one request on its way from the codec to whoever reads it. Pulled: while nobody asks, nothing is taken from
// the codec, and the connection stops reading. Ends with its response, so that a late reader can never meet the next request.

import { Buffer } from "node:buffer";
import { type BodySource, RequestError } from "../gateway/exchange.ts";
import type { FlatFields, ProtocolEvent } from "../protocol/events.ts";
import { FAULTS } from "../protocol/faults.ts";

/** What the body needs of its connection. */
export interface BodyPort {
  /** The codec's next event. */
  pull(): ProtocolEvent;
  /** Somebody asked for bytes that are not there: read on, and mind the deadline. */
  wanted(): void;
  /** The client waits for `100 Continue`; say it, if there is still time. */
  sendContinue(): void;
}

/** The body of a request that has none. */
export const NO_BODY: BodySource = Object.freeze({ read: () => null });

const NO_FIELDS: FlatFields = Object.freeze([]);

interface Reader {
  readonly resolve: (bytes: Uint8Array | null) => void;
  readonly reject: (error: RequestError) => void;
}

export class RequestBody implements BodySource {
  readonly #port: BodyPort;
  #continueDue: boolean;
  #reader: Reader | undefined;
  #ended = false;
  #failure: RequestError | undefined;
  /** Bytes given out or discarded. */
  received = 0;
  trailers: FlatFields = NO_FIELDS;

  constructor(port: BodyPort, expectContinue: boolean) {
    this.#port = port;
    this.#continueDue = expectContinue;
  }

  /** Whether the client still waits to be told to send its body, and so may never send it. */
  get continueDue(): boolean {
    return this.#continueDue;
  }

  /** Whether somebody waits for bytes. */
  get waiting(): boolean {
    return this.#reader !== undefined;
  }

  read(): Uint8Array | null | Promise<Uint8Array | null> {
    if (this.#reader !== undefined)
      return Promise.reject(new TypeError("tsgi.input is already being read: await one read before the next"));
    if (this.#ended) return null;
    const bytes = this.#failure === undefined ? this.#next() : undefined;
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (bytes !== undefined) return bytes;
    if (this.#continueDue) {
      this.#continueDue = false;
      this.#port.sendContinue();
    }
    this.#port.wanted();
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

  /** Nothing more will come. Idempotent; the first reason stays. */
  fail(error: RequestError): void {
    this.#failure ??= error;
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.reject(this.#failure);
  }

  #next(): Uint8Array | null | undefined {
    const event = this.#port.pull();
    switch (event.type) {
      case "data":
        this.received += event.bytes.length;
        // The view is of a buffer that the next read overwrites.
        return Buffer.from(event.bytes);
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
}
