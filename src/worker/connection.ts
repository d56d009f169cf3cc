// One client's connection: the one place that knows both the wire and the application. Bytes -> codec -> exchange -> codec ->
// bytes. Asks for the next event only when it has room, so that backpressure needs no flag further along. Does not know
// which wire or which interface it serves, nor what a socket is.

import { performance } from "node:perf_hooks";
import { type Exchange, type ExchangeEvent, RequestError, type Serve } from "../gateway/exchange.ts";
import type { Codec } from "../protocol/codec.ts";
import type {
  ConnectionInfo,
  FlatFields,
  Piece,
  ProtocolEvent,
  RequestHead,
  ResponseEvent,
} from "../protocol/events.ts";
import { type Fault, fault } from "../protocol/faults.ts";
import { refusal } from "../protocol/refusal.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import { type BodyPort, NO_BODY, RequestBody } from "./request-body.ts";
import type { Transport, TransportEvents } from "./transport.ts";

/** What a connection needs of its worker. */
export interface ConnectionHost {
  readonly serve: Serve;
  readonly deadlines: Deadlines;
  readonly makeCodec: () => Codec;
  /** Seconds; 0 means for ever. */
  readonly headTimeout: number;
  readonly bodyTimeout: number;
  readonly keepAlive: number;
  /** The worker is leaving: every response is the last of its connection. */
  readonly draining: boolean;
  /** Whether `ended` wants to know what was said, for the access log. */
  readonly wantsRecord: boolean;
  began(): void;
  ended(record: RequestRecord | undefined): void;
  refused(what: Fault, info: ConnectionInfo): void;
  closed(connection: Connection): void;
}

/** What one request and its response came to. */
export interface RequestRecord {
  readonly head: RequestHead;
  readonly info: ConnectionInfo;
  readonly requestId: string;
  readonly lookup: (key: string) => unknown;
  /** 0 when the client left before there was a response. */
  readonly status: number;
  readonly responseFields: FlatFields;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationUs: number;
  readonly firstByteUs: number;
  /** The client left, or the response was cut. */
  readonly aborted: boolean;
}

/** How much of an unread body is read away for the sake of the connection, before closing is cheaper. */
const DISCARD_BYTES = 65_536;
/** How much is read ahead of an application that does not ask. */
const READ_AHEAD_BYTES = 65_536;
/** How long a closing connection reads on, so that no reset overtakes the last response (RFC 9112 section 9.6). */
const LINGER_SECONDS = 2;
/** How long a client that ended its side may stay silent before it counts as gone; a half-closed one answers our bytes. */
const HALF_CLOSED_MS = 500;
/** How long an idle connection of a leaving worker may still bring the request that was on its way. */
export const LAME_DUCK_SECONDS = 0.5;
/** Events in one go before others get their turn (a busy pipeline, a generator that never waits). */
const FAIR_SHARE = 64;

type State =
  /** Between requests. */
  | "idle"
  /** A part of a head is here. */
  | "head"
  | "exchange"
  /** The response is out, the rest of the request's body is not in yet. */
  | "discard"
  /** Closing: reads on and listens to nothing. */
  | "linger"
  | "closed";

export class Connection implements TransportEvents, Timed, BodyPort {
  deadlineAt: number;
  readonly #transport: Transport;
  readonly #host: ConnectionHost;
  readonly #codec: Codec;
  readonly #out: Piece[] = [];
  readonly #wake = () => this.#turn();
  #state: State = "idle";
  #head: RequestHead | undefined;
  #exchange: Exchange | undefined;
  #body: RequestBody | undefined;
  #response: ResponseEvent | undefined;
  #turning = false;
  #blocked = false;
  #paused = false;
  #peerEnded = false;
  #wroteSinceEnd = false;
  #mustClose = false;
  /** Bytes of the body that were in when the response was over. */
  #discardFrom = 0;
  #spare = 0;
  #bytesOut = 0;
  #startedAt = 0;
  #firstByteAt = 0;

  constructor(transport: Transport, host: ConnectionHost) {
    this.#transport = transport;
    this.#host = host;
    this.#codec = host.makeCodec();
    this.deadlineAt = host.deadlines.in(host.headTimeout);
    host.deadlines.add(this);
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#state === "linger") {
      this.#skip(bytes.length);
      return;
    }
    this.#codec.receive(bytes);
    this.#turn();
    if (this.#state === "closed") return;
    this.#codec.retain();
    if (this.#codec.buffered >= READ_AHEAD_BYTES && !this.#paused) {
      this.#paused = true;
      this.#transport.pause();
    }
  }

  onEnd(): void {
    this.#peerEnded = true;
    if (this.#state === "linger") return;
    this.#codec.receiveEof();
    this.#turn();
    // A client that only closed its sending side still reads; one that left cannot be told apart until we write.
    if (this.#state === "exchange") this.deadlineAt = this.#host.deadlines.now + HALF_CLOSED_MS;
  }

  onDrain(): void {
    this.#blocked = false;
    this.#turn();
  }

  onClose(): void {
    if (this.#state === "closed") return;
    const exchange = this.#exchange;
    this.#state = "closed";
    this.#host.deadlines.delete(this);
    if (exchange !== undefined) {
      const gone = new RequestError(499, "the client closed the connection");
      exchange.abort(gone);
      this.#body?.fail(gone);
      this.#close(exchange, true);
    }
    this.#host.closed(this);
  }

  late(): void {
    this.deadlineAt = Number.POSITIVE_INFINITY;
    switch (this.#state) {
      case "idle":
        return this.#shut();
      case "head":
        return this.#refuse(fault("edge.head-too-slow", this.#codec.buffered));
      case "exchange":
        if (this.#peerEnded) {
          if (!this.#wroteSinceEnd) this.#transport.destroy();
        } else if (this.#body?.waiting === true) {
          this.#mustClose = true;
          this.#body.fail(new RequestError(408, "the request body came too slowly"));
        }
        return;
      default:
        this.#transport.destroy();
    }
  }

  /** The worker leaves: an idle connection has a moment for the request that may be on its way, then it is closed. */
  drain(): void {
    if (this.#state === "idle") {
      this.deadlineAt = Math.min(this.deadlineAt, this.#host.deadlines.in(LAME_DUCK_SECONDS));
    }
  }

  /** Ends it now, whatever it does. */
  destroy(): void {
    this.#transport.destroy();
  }

  pull(): ProtocolEvent {
    const event = this.#codec.nextEvent();
    if (event.type === "fault") this.#host.refused(event.fault, this.#transport.info);
    if (this.#paused && this.#codec.buffered < READ_AHEAD_BYTES) {
      this.#paused = false;
      this.#transport.resume();
    }
    return event;
  }

  wanted(): void {
    if (!this.#peerEnded) this.deadlineAt = this.#host.deadlines.in(this.#host.bodyTimeout);
  }

  sendContinue(): void {
    if (this.#response !== undefined) return;
    this.#codec.send({ type: "information", status: 100, fields: [] }, this.#out);
    if (!this.#turning) this.#flush();
  }

  /** Goes on as far as it can: with the exchange in progress, and with the next request when that is over. */
  #turn(): void {
    // An application that writes while it runs wakes us from within; the turn under way finds what it wrote.
    if (this.#turning) return;
    this.#turning = true;
    this.#spare = FAIR_SHARE;
    while (this.#advance()) {
      this.#spare -= 1;
      if (this.#spare < 0) {
        setImmediate(this.#wake);
        break;
      }
    }
    this.#turning = false;
    this.#flush();
  }

  /** One event of the state in force; false when something has to happen first. */
  #advance(): boolean {
    switch (this.#state) {
      case "exchange":
        if (this.#body?.waiting === true) this.#feed(this.#body);
        return !this.#blocked && this.#put(this.#exchange!, this.#exchange!.next());
      case "idle":
      case "head":
        return this.#take(this.pull());
      case "discard":
        return this.#discard(this.pull());
      default:
        return false;
    }
  }

  #feed(body: RequestBody): void {
    body.feed();
    if (!this.#peerEnded)
      this.deadlineAt = body.waiting ? this.#host.deadlines.in(this.#host.bodyTimeout) : Number.POSITIVE_INFINITY;
  }

  #take(event: ProtocolEvent): boolean {
    switch (event.type) {
      case "request":
        this.#open(event.head);
        return true;
      case "fault":
        this.#refuse(event.fault);
        return false;
      case "need-data":
        // The clock of a head starts with its first byte, not with each of them.
        if (this.#state === "idle" && this.#codec.buffered > 0) {
          this.#state = "head";
          this.deadlineAt = this.#host.deadlines.in(this.#host.headTimeout);
        }
        return false;
      case "closed":
        this.#shut();
        return false;
      default:
        return false;
    }
  }

  #open(head: RequestHead): void {
    const host = this.#host;
    this.#state = "exchange";
    this.#head = head;
    this.deadlineAt = Number.POSITIVE_INFINITY;
    this.#body = head.length === 0 ? undefined : new RequestBody(this, head.expectContinue);
    this.#response = undefined;
    if (host.wantsRecord) {
      this.#bytesOut = 0;
      this.#firstByteAt = 0;
      this.#startedAt = performance.now();
    }
    host.began();
    this.#exchange = host.serve({ head, info: this.#transport.info, body: this.#body ?? NO_BODY, wake: this.#wake });
  }

  /** Puts out what the application gave; false when it gave nothing yet. */
  #put(exchange: Exchange, event: ExchangeEvent): boolean {
    switch (event.type) {
      case "wait":
        return false;
      case "cut":
        this.#cut(exchange);
        return false;
      case "response":
        this.#response = event;
        event.date = this.#host.deadlines.date;
        event.close ||= this.#isLast();
        if (this.#host.wantsRecord) this.#count(event.body);
        this.#codec.send(event, this.#out);
        if (!event.more) return this.#complete(exchange);
        break;
      case "data":
        if (this.#host.wantsRecord) this.#count(event.bytes);
        this.#codec.send(event, this.#out);
        break;
      case "end":
        this.#codec.send(event, this.#out);
        return this.#complete(exchange);
      default:
        this.#codec.send(event, this.#out);
    }
    // PEP 3333, Buffering and Streaming: a chunk is handed over before the next is asked for.
    this.#flush();
    return true;
  }

  /** Whether this response must be the last one, as far as it can be known when it starts. */
  #isLast(): boolean {
    if (this.#host.draining || this.#peerEnded || this.#mustClose) return true;
    const body = this.#body;
    if (body === undefined || this.#codec.requestDone) return false;
    const { length } = this.#head!;
    // A client that waits for 100 may send its body or the next request now, and nobody can tell which.
    return body.continueDue || (typeof length === "number" && length - body.received > DISCARD_BYTES);
  }

  #complete(exchange: Exchange): boolean {
    this.#body?.fail(new RequestError(499, "the response is over"));
    this.#close(exchange, false);
    this.#state = "discard";
    return this.#codec.requestDone ? this.#nextCycle() : true;
  }

  /** Reads the rest of a body that nobody wanted, up to a limit. */
  #discard(event: ProtocolEvent): boolean {
    switch (event.type) {
      case "data":
        this.#body!.received += event.bytes.length;
        if (this.#body!.received <= DISCARD_BYTES + this.#discardFrom) return true;
        this.#shut();
        return false;
      case "end":
        return this.#nextCycle();
      case "need-data":
        if (!this.#codec.keepAlive) this.#shut();
        else this.deadlineAt = Math.min(this.deadlineAt, this.#host.deadlines.in(this.#host.bodyTimeout));
        return false;
      default:
        this.#shut();
        return false;
    }
  }

  #nextCycle(): boolean {
    const host = this.#host;
    if (!this.#codec.keepAlive || this.#mustClose) {
      this.#shut();
      return false;
    }
    this.#codec.startNextCycle();
    this.#state = "idle";
    this.deadlineAt = host.deadlines.in(host.draining ? LAME_DUCK_SECONDS : host.keepAlive);
    return true;
  }

  /** The exchange is over: count it and forget it. */
  #close(exchange: Exchange, aborted: boolean): void {
    const head = this.#head!;
    const response = this.#response;
    this.#exchange = undefined;
    this.#head = undefined;
    this.#discardFrom = this.#body?.received ?? 0;
    if (!this.#host.wantsRecord) {
      this.#host.ended(undefined);
      return;
    }
    const started = this.#startedAt;
    this.#host.ended({
      head,
      info: this.#transport.info,
      requestId: exchange.requestId,
      lookup: (key) => exchange.lookup(key),
      status: response?.status ?? 0,
      responseFields: response?.fields ?? [],
      bytesIn: this.#discardFrom,
      bytesOut: head.method === "HEAD" ? 0 : this.#bytesOut,
      durationUs: Math.round((performance.now() - started) * 1_000),
      firstByteUs: this.#firstByteAt === 0 ? 0 : Math.round((this.#firstByteAt - started) * 1_000),
      aborted,
    });
  }

  #count(piece: Piece | undefined): void {
    if (this.#firstByteAt === 0) this.#firstByteAt = performance.now();
    this.#bytesOut += piece?.length ?? 0;
  }

  /** The response cannot be ended as it was announced. What is out stays out; the client must be able to see that it is not whole. */
  #cut(exchange: Exchange): void {
    const endsByClosing = this.#head!.version === "1.0" && this.#response?.length === undefined;
    this.#flush();
    this.#close(exchange, true);
    if (!endsByClosing) return this.#shut();
    this.#state = "linger";
    this.#transport.reset();
  }

  /** Says why and closes: after a broken request nobody can know where the next one starts. */
  #refuse(what: Fault): void {
    const event = refusal(what, this.#host.deadlines.date);
    this.#codec.send(event, this.#out);
    this.#shut();
  }

  /** No more requests. What was put out is sent, then the peer is told, and read on for a moment. */
  #shut(): void {
    this.#flush();
    this.#state = "linger";
    this.#spare = 0;
    this.deadlineAt = this.#host.deadlines.in(LINGER_SECONDS);
    if (this.#paused) this.#transport.resume();
    this.#transport.end();
  }

  #skip(size: number): void {
    this.#bytesOut += size;
    if (this.#bytesOut > 16 * DISCARD_BYTES) this.#transport.destroy();
  }

  #flush(): void {
    const out = this.#out;
    if (out.length === 0) return;
    this.#blocked = !this.#transport.write(out);
    this.#wroteSinceEnd = this.#peerEnded;
    out.length = 0;
  }
}
