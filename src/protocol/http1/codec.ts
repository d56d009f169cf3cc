// HTTP/1.1 on the server's side (RFC 9112): which reader is asked next, and whether the connection can go on. Every rule about
// bytes is in the readers and the writer; every fault ends the reading for good, because nobody can know where the next
// request would begin.

import { ReceiveBuffer } from "../bytes.ts";
import type { Codec, Limits } from "../codec.ts";
import {
  NEED_DATA,
  PAUSED,
  type Piece,
  type ProtocolEvent,
  type RequestHead,
  type ResponseEvent,
  type SendEvent,
} from "../events.ts";
import { type Fault, fault, MisuseError } from "../faults.ts";
import { ChunkedReader } from "./chunked.ts";
import { HeadReader } from "./head.ts";
import { ResponseWriter } from "./writer.ts";

export interface Http1Options {
  readonly limits: Limits;
  /** The value of the Server field; `""` leaves it out. */
  readonly server: string;
}

const CLOSED = Object.freeze({ type: "closed" } as const);
const END = Object.freeze({ type: "end", trailers: Object.freeze([]) } as const);

/** What is read next. `end`: everything but its event was; `done`: nothing before the next cycle. */
type State = "head" | "length" | "chunked" | "end" | "done" | "closed";

export class Http1Codec implements Codec {
  readonly #limits: Limits;
  readonly #buffer = new ReceiveBuffer();
  readonly #head: HeadReader;
  readonly #writer: ResponseWriter;
  #chunked: ChunkedReader | undefined;
  #state: State = "head";
  #eof = false;
  #persist = true;
  /** Bytes of a body of known length that are still to come, and how many there are in all. */
  #left = 0;
  #length = 0;

  /** @throws MisuseError when `server` cannot be a field value. */
  constructor({ limits, server }: Http1Options) {
    this.#limits = limits;
    this.#head = new HeadReader(limits);
    this.#writer = new ResponseWriter(server);
  }

  receive(bytes: Uint8Array): void {
    if (this.#eof) throw new MisuseError("bytes were received after the end");
    if (this.#state !== "closed") this.#buffer.append(bytes);
  }

  receiveEof(): void {
    this.#eof = true;
  }

  retain(): void {
    this.#buffer.retain();
  }

  get buffered(): number {
    return this.#state === "head" ? this.#buffer.length + this.#head.size : this.#buffer.length;
  }

  get keepAlive(): boolean {
    if (!this.#persist) return false;
    // What a client sent before it ended its side still deserves an answer.
    return !this.#eof || (this.requestDone && this.#buffer.length > 0);
  }

  get requestDone(): boolean {
    return this.#state === "done" || this.#state === "end";
  }

  nextEvent(): ProtocolEvent {
    switch (this.#state) {
      case "head":
        return this.#readHead();
      case "length":
        return this.#readLength();
      case "chunked":
        return this.#readChunked(this.#chunked!);
      case "end":
        this.#state = "done";
        return END;
      case "done":
        return this.#writer.phase !== "over" || this.keepAlive ? PAUSED : CLOSED;
      default:
        return CLOSED;
    }
  }

  send(event: SendEvent, out: Piece[]): void {
    if (event.type === "response") this.#respond(event, out);
    else if (event.type === "data") this.#writer.data(event, out);
    else if (event.type === "end") this.#writer.end(out, event.trailers);
    else this.#writer.information(event, out);
  }

  surrender(): Uint8Array {
    if (!this.requestDone) throw new MisuseError("the connection was surrendered before the request was read whole");
    if (this.#writer.phase !== "head") throw new MisuseError("the connection was surrendered after a response began");
    const rest = Uint8Array.from(this.#buffer.takeUpTo(this.#buffer.length));
    this.#stop();
    this.#writer.phase = "over";
    return rest;
  }

  takeRest(): Uint8Array {
    if (this.#state !== "head" || this.#head.size > 0)
      throw new MisuseError("the rest was taken while a request is in progress");
    return Uint8Array.from(this.#buffer.takeUpTo(this.#buffer.length));
  }

  startNextCycle(): void {
    if (!this.requestDone) throw new MisuseError("the next cycle was started before the request was read whole");
    if (this.#writer.phase !== "over") throw new MisuseError("the next cycle was started before the response was over");
    if (!this.keepAlive) throw new MisuseError("the next cycle was started on a connection that ends with this one");
    this.#state = "head";
    this.#head.reset();
    this.#writer.phase = "idle";
    this.#chunked = undefined;
  }

  #readHead(): ProtocolEvent {
    const reader = this.#head;
    if (this.#buffer.length > 0) {
      const head = reader.read(this.#buffer);
      if (head !== undefined) return this.#open(head);
      if (reader.fault !== undefined) return this.#fail(reader.fault);
    }
    if (!this.#eof) return NEED_DATA;
    const size = reader.size + this.#buffer.length;
    if (size > 0) return this.#fail(fault("http1.cut-head", size));
    this.#stop();
    return CLOSED;
  }

  #open(head: RequestHead): ProtocolEvent {
    const { length } = head;
    this.#persist = head.keepAlive;
    this.#writer.open(head.method, head.version, head.fields);
    if (length === 0) this.#state = "end";
    else if (length === "chunked") {
      this.#state = "chunked";
      this.#chunked = new ChunkedReader(this.#limits, this.#head.size);
    } else {
      this.#state = "length";
      this.#length = length;
      this.#left = length;
    }
    return { type: "request", head };
  }

  #readLength(): ProtocolEvent {
    if (this.#buffer.length > 0) {
      const bytes = this.#buffer.takeUpTo(this.#left);
      this.#left -= bytes.length;
      if (this.#left === 0) this.#state = "end";
      return { type: "data", bytes };
    }
    if (!this.#eof) return NEED_DATA;
    // In this order: a length of 2^53 - 1 plus a head cannot be counted.
    return this.#fail(fault("http1.cut-body", this.#head.size + (this.#length - this.#left)));
  }

  #readChunked(reader: ChunkedReader): ProtocolEvent {
    const event = reader.next(this.#buffer);
    if (event.type === "end") this.#state = "done";
    else if (event.type === "fault") return this.#fail(event.fault);
    else if (event === NEED_DATA && this.#eof) {
      return this.#fail(fault("http1.cut-body", reader.size + this.#buffer.length));
    }
    return event;
  }

  #respond(event: ResponseEvent, out: Piece[]): void {
    const writer = this.#writer;
    const unasked = writer.phase === "idle";
    if (unasked) {
      // A refusal: of a head that is wrong, or, from whoever holds the clock, of one that is too slow.
      if (!event.close) throw new MisuseError("a response was sent before there was a request, and does not close");
      writer.open(this.#head.method, "1.1");
    }
    if (!writer.response(event, this.keepAlive, out)) this.#persist = false;
    if (unasked) this.#stop();
  }

  #fail(what: Fault): ProtocolEvent {
    this.#stop();
    return { type: "fault", fault: what };
  }

  /** Nothing more is ever read here. */
  #stop(): void {
    this.#state = "closed";
    this.#persist = false;
    this.#buffer.clear();
  }
}
