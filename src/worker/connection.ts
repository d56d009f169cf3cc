// One client's connection: the one place that knows both the wire and the application. Bytes -> codec -> exchange -> codec ->
// bytes. Asks for the next event only when it has room, so that backpressure needs no flag further along. Does not know
// which wire or which interface it serves, nor what a socket is.

import { type Exchange, type ExchangeEvent, RequestError } from "../gateway/exchange.ts";
import type { Codec } from "../protocol/codec.ts";
import type { Piece, ProtocolEvent, RequestHead, ResponseEvent } from "../protocol/events.ts";
import { type Fault, fault } from "../protocol/faults.ts";
import { refusal } from "../protocol/refusal.ts";
import {
  type ConnectionHost,
  DISCARD_BYTES,
  FAIR_SHARE,
  GATHER_BYTES,
  HALF_CLOSED_MS,
  LAME_DUCK_SECONDS,
  LINGER_BYTES,
  LINGER_SECONDS,
  type OpenConnection,
  READ_AHEAD_BYTES,
} from "./connection-host.ts";
import type { Timed } from "./deadlines.ts";
import { Meter } from "./meter.ts";
import { type BodyPort, NO_BODY, RequestBody } from "./request-body.ts";
import type { Transport, TransportEvents } from "./transport.ts";

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

export class Connection implements OpenConnection, TransportEvents, Timed, BodyPort {
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
  #lingered = 0;
  readonly #meter: Meter | undefined;

  constructor(transport: Transport, host: ConnectionHost) {
    this.#transport = transport;
    this.#host = host;
    this.#codec = host.makeCodec();
    this.#meter = host.wantsRecord ? new Meter() : undefined;
    this.deadlineAt = host.deadlines.in(host.headTimeout);
    host.deadlines.add(this);
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#state === "linger") {
      this.#lingered += bytes.length;
      // Dropped now, a client in the middle of a large body would meet the reset before it reads our answer. It is held instead
      // until its moment is over: with nowhere to write, it reads.
      if (this.#lingered > LINGER_BYTES) this.#transport.pause();
      return;
    }
    this.#codec.receive(bytes);
    this.#turn();
    if (this.#state === "closed") return;
    this.#codec.retain();
    if (this.#codec.buffered >= READ_AHEAD_BYTES && !this.#paused && this.#state !== "head") {
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
    this.#wroteSinceEnd = this.#peerEnded;
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
    if (this.#state === "idle") this.#shut();
    else if (this.#state === "head") this.#refuse(fault("edge.head-too-slow", this.#codec.buffered));
    else if (this.#state !== "exchange") this.#transport.destroy();
    else if (this.#peerEnded) {
      if (!this.#wroteSinceEnd && !this.#blocked) this.#transport.destroy();
    } else if (this.#body?.waiting === true) {
      this.#mustClose = true;
      this.#body.fail(new RequestError(408, "the request body came too slowly"));
    }
  }

  drain(): void {
    if (this.#state === "idle") {
      this.deadlineAt = Math.min(this.deadlineAt, this.#host.deadlines.in(LAME_DUCK_SECONDS));
    }
  }

  destroy(): void {
    this.#transport.destroy();
  }

  pull(): ProtocolEvent {
    const event = this.#codec.nextEvent();
    if (event.type === "fault") this.#host.refused(event.fault, this.#transport.info);
    if (this.#paused && (event.type === "need-data" || this.#codec.buffered < READ_AHEAD_BYTES)) {
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
    let share = FAIR_SHARE;
    while (share > 0 && this.#advance()) share -= 1;
    if (share === 0) setImmediate(this.#wake);
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
    if (event.type === "request") {
      this.#open(event.head);
      return true;
    }
    if (event.type === "fault") this.#refuse(event.fault);
    else if (event.type === "closed") this.#shut();
    else if (this.#state === "idle" && this.#codec.buffered > 0) {
      // The clock of a head starts with its first byte, not with each of them.
      this.#state = "head";
      this.deadlineAt = this.#host.deadlines.in(this.#host.headTimeout);
    }
    return false;
  }

  #open(head: RequestHead): void {
    const host = this.#host;
    this.#state = "exchange";
    this.#head = head;
    this.deadlineAt = Number.POSITIVE_INFINITY;
    this.#body = head.length === 0 ? undefined : new RequestBody(this, head.expectContinue);
    this.#response = undefined;
    this.#meter?.start();
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
        this.#meter?.count(event.body);
        this.#codec.send(event, this.#out);
        // A large one leaves at once, so that the next of a pipeline is not made beside it for a reader that does not keep up.
        if ((event.body?.length ?? 0) > GATHER_BYTES) this.#flush();
        if (!event.more) return this.#complete(exchange);
        break;
      case "data":
        this.#meter?.count(event.bytes);
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
    const { draining, keepAlive } = this.#host;
    if (draining || keepAlive === 0 || this.#peerEnded || this.#mustClose) return true;
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
    if (event.type === "end") return this.#nextCycle();
    if (event.type === "data") {
      this.#body!.received += event.bytes.length;
      if (this.#body!.received <= DISCARD_BYTES + this.#discardFrom) return true;
    } else if (event.type === "need-data" && this.#codec.keepAlive) {
      this.deadlineAt = Math.min(this.deadlineAt, this.#host.deadlines.in(this.#host.bodyTimeout));
      return false;
    }
    this.#shut();
    return false;
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
    this.#exchange = undefined;
    this.#head = undefined;
    this.#discardFrom = this.#body?.received ?? 0;
    const meter = this.#meter;
    if (meter === undefined) this.#host.ended(undefined);
    else {
      const { info } = this.#transport;
      const bytesIn = this.#discardFrom;
      this.#host.ended(meter.record({ head, info, exchange, response: this.#response, bytesIn, aborted }));
    }
  }

  /** The response cannot be ended as it was announced. What is out stays out; the client must be able to see that it is not whole. */
  #cut(exchange: Exchange): void {
    const endsByClosing = this.#head!.version === "1.0" && this.#response?.length === undefined;
    this.#flush();
    this.#close(exchange, true);
    if (endsByClosing) {
      this.#state = "linger";
      this.#transport.reset();
    } else this.#shut();
  }

  /** Says why and closes: after a broken request nobody can know where the next one starts. */
  #refuse(what: Fault): void {
    this.#codec.send(refusal(what, this.#host.deadlines.date), this.#out);
    this.#shut();
  }

  /** No more requests. What was put out is sent, then the peer is told, and read on for a moment. */
  #shut(): void {
    this.#flush();
    this.#state = "linger";
    this.deadlineAt = Number.POSITIVE_INFINITY;
    if (this.#paused) this.#transport.resume();
    // The moment starts when everything is sent, however slowly the peer reads it.
    this.#transport.end(() => {
      this.deadlineAt = this.#host.deadlines.in(LINGER_SECONDS);
    });
  }

  #flush(): void {
    const out = this.#out;
    if (out.length === 0) return;
    this.#blocked = !this.#transport.write(out);
    this.#wroteSinceEnd = this.#peerEnded;
    out.length = 0;
  }
}
