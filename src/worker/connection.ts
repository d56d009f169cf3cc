// One client's connection: the one place that knows both the wire and the application. Bytes -> codec -> exchange -> codec ->
// bytes. Asks for the next event only when it has room, so that backpressure needs no flag further along. Does not know
// which wire or which interface it serves, nor what a socket is.

import { type Exchange, type ExchangeEvent, RequestError, type Serve } from "../gateway/exchange.ts";
import type { Codec } from "../protocol/codec.ts";
import type { ConnectionInfo, Piece, ProtocolEvent, RequestHead, ResponseEvent } from "../protocol/events.ts";
import { FAULTS, type Fault, type FaultCode, fault } from "../protocol/faults.ts";
import { refusal } from "../protocol/refusal.ts";
import { Allowance } from "./allowance.ts";
import {
  type ConnectionHost,
  FAIR_SHARE,
  GATHER_BYTES,
  HALF_CLOSED_SECONDS,
  LAME_DUCK_SECONDS,
  LINGER_SECONDS,
  type NewRequest,
  type OpenConnection,
  type RequestInHand,
  type State,
} from "./connection-host.ts";
import { Intake } from "./intake.ts";
import { Meter } from "./meter.ts";
import { type Impatient, Patience } from "./patience.ts";
import { type BodyPort, NO_BODY, RequestBody } from "./request-body.ts";
import type { Transport, TransportEvents } from "./transport.ts";

export class Connection implements OpenConnection, TransportEvents, Impatient, NewRequest, BodyPort {
  readonly #transport: Transport;
  readonly #host: ConnectionHost;
  readonly #codec: Codec;
  readonly #intake: Intake;
  readonly #patience: Patience;
  readonly #out: Piece[] = [];
  readonly #wake = () => this.#turn();
  #state: State = "idle";
  #head: RequestHead | undefined;
  #exchange: Exchange | undefined;
  #body: RequestBody | undefined;
  #response: ResponseEvent | undefined;
  #turning = false;
  #blocked = false;
  #peerEnded = false;
  #wroteSinceEnd = false;
  /** Why the client counts as gone, where that is our verdict. */
  #gone: RequestError | undefined;
  #mustClose = false;
  readonly #allowance: Allowance;
  readonly #meter: Meter | undefined;

  constructor(transport: Transport, host: ConnectionHost) {
    this.#transport = transport;
    this.#host = host;
    this.#codec = host.makeCodec();
    this.#intake = new Intake(this.#codec, transport);
    this.#allowance = new Allowance(host);
    this.#meter = host.wantsRecord ? new Meter() : undefined;
    this.#patience = new Patience(host.deadlines, host, this);
    this.#patience.expect(host.headTimeout);
  }

  get info(): ConnectionInfo {
    return this.#transport.info;
  }

  get inHand(): RequestInHand | undefined {
    if (this.#exchange === undefined) return undefined;
    return { head: this.#head!, requestId: this.#exchange.requestId, since: this.#patience.requestSince };
  }

  onBytes(bytes: Uint8Array): void {
    if (this.#state === "linger") {
      this.#intake.drop(bytes.length);
      return;
    }
    this.#intake.receive(bytes);
    this.#turn();
    if (this.#state !== "closed") this.#intake.keep();
  }

  onEnd(): void {
    this.#peerEnded = true;
    if (this.#state === "linger") return;
    this.#codec.receiveEof();
    this.#turn();
    // A client that only closed its sending side still reads; one that left cannot be told apart until we write.
    if (this.#head !== undefined) this.#patience.expect(HALF_CLOSED_SECONDS);
  }

  onDrain(): void {
    this.#blocked = false;
    this.#patience.sent();
    this.#wroteSinceEnd = this.#peerEnded;
    this.#turn();
  }

  onClose(): void {
    if (this.#state === "closed") return;
    if (this.#state === "queued") this.#host.forget(this);
    this.#state = "closed";
    this.#patience.end();
    if (this.#exchange !== undefined) {
      this.#gone ??= new RequestError(499, "the client closed the connection");
      this.#exchange.abort(this.#gone);
      this.#body?.fail(this.#gone);
      this.#close(this.#exchange, "left");
    }
    this.#host.closed(this);
  }

  late(): void {
    if (this.#state === "idle") this.#shut();
    else if (this.#state === "head") this.refuse(fault("edge.head-too-slow", this.#codec.buffered));
    else if (this.#state !== "exchange") this.#transport.destroy();
    else if (this.#peerEnded) {
      if (!this.#wroteSinceEnd && !this.#blocked) this.#transport.destroy();
    } else if (this.#body?.waiting === true) {
      this.#mustClose = true;
      this.#body.fail(this.#blame(this.#patience.whyLate()));
    }
  }

  stalled(): void {
    if (this.#patience.progressed(this.#transport.unsent)) return;
    this.#gone = this.#blame("edge.response-too-slow");
    this.#transport.reset();
  }

  #blame(code: FaultCode): RequestError {
    const what = fault(code, this.#body?.received ?? 0);
    this.#host.refused(what, this.info, undefined);
    return new RequestError(what.status, FAULTS[code].why);
  }

  drain(): void {
    if (this.#state === "idle") this.#patience.expectSooner(LAME_DUCK_SECONDS);
  }

  destroy(): void {
    this.#transport.destroy();
  }

  pull(): ProtocolEvent {
    const event = this.#intake.next();
    if (event.type === "fault") this.#host.refused(event.fault, this.info, undefined);
    return event;
  }

  wanted(): void {
    if (!this.#peerEnded) this.#patience.expectBody(this.#body!.received);
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
        return this.#take(this.#intake.next());
      case "discard":
        return this.#discard(this.pull());
      default:
        return false;
    }
  }

  #feed(body: RequestBody): void {
    body.feed();
    if (!body.waiting && !this.#peerEnded) this.#patience.bodyCame();
  }

  #take(event: ProtocolEvent): boolean {
    if (event.type === "request") return this.#open(event.head);
    if (event.type === "fault") this.refuse(event.fault);
    else if (event.type === "closed") this.#shut();
    else if (this.#state === "idle" && this.#codec.buffered > 0) {
      // The clock of a head starts with its first byte, not with each of them.
      this.#state = "head";
      this.#patience.expect(this.#host.headTimeout);
    }
    return false;
  }

  /** A request is here; false when it has to wait for its turn. */
  #open(head: RequestHead): boolean {
    this.#head = head;
    this.#allowance.count();
    this.#patience.restForRequest();
    this.#body = head.length === 0 ? undefined : new RequestBody(this, head.expectContinue);
    this.#response = undefined;
    this.#meter?.start();
    const serve = this.#host.enter(this);
    if (serve === undefined) this.#state = "queued";
    else this.#begin(serve);
    return serve !== undefined;
  }

  admit(): void {
    this.#begin(this.#host.serve);
    this.#turn();
  }

  #begin(serve: Serve): void {
    this.#state = "exchange";
    this.#exchange = serve({ head: this.#head!, info: this.info, body: this.#body ?? NO_BODY, wake: this.#wake });
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
      default:
        if (event.type === "data") this.#meter?.count(event.bytes);
        this.#codec.send(event, this.#out);
        if (event.type === "end") return this.#complete(exchange);
    }
    // PEP 3333, Buffering and Streaming: a chunk is handed over before the next is asked for.
    this.#flush();
    return true;
  }

  /** Whether this response must be the last one, as far as it can be known when it starts. */
  #isLast(): boolean {
    const { draining, keepAlive } = this.#host;
    // A client that ended its side may have sent requests before that; the codec knows whether one is left.
    if (draining || keepAlive === 0 || this.#mustClose || this.#allowance.isSpent()) return true;
    return this.#body !== undefined && !this.#codec.requestDone && !this.#body.mayBeDiscarded(this.#head!.length);
  }

  #complete(exchange: Exchange): boolean {
    this.#body?.close();
    this.#close(exchange, "whole");
    this.#state = "discard";
    return this.#codec.requestDone ? this.#nextCycle() : true;
  }

  /** Reads the rest of a body that nobody wanted, up to a limit. */
  #discard(event: ProtocolEvent): boolean {
    if (event.type === "end") return this.#nextCycle();
    if (event.type === "data") {
      if (this.#body!.discard(event.bytes.length)) return true;
    } else if (event.type === "need-data" && this.#codec.keepAlive) {
      this.#patience.expectSooner(this.#host.bodyTimeout);
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
    this.#allowance.answered(this.#codec.buffered > 0);
    this.#patience.expect(host.draining ? LAME_DUCK_SECONDS : host.keepAlive);
    return true;
  }

  /** The exchange is over, because all is said, the client left, or the application could not go on: count it and forget it. */
  #close(exchange: Exchange, end: "whole" | "left" | "cut"): void {
    const [head, response, bytesIn] = [this.#head!, this.#response, this.#body?.received ?? 0];
    this.#exchange = undefined;
    this.#head = undefined;
    const aborted = end !== "whole";
    const record = this.#meter?.record({ head, info: this.info, exchange, response, bytesIn, aborted });
    this.#host.ended(record, end === "cut" || (response?.status ?? 0) >= 500);
    this.#meter?.forget();
  }

  /** The response cannot be ended as it was announced. What is out stays out; the client must be able to see that it is not whole. */
  #cut(exchange: Exchange): void {
    const endsByClosing = this.#head!.version === "1.0" && this.#response?.length === undefined;
    this.#flush();
    this.#close(exchange, "cut");
    if (endsByClosing) {
      this.#state = "linger";
      this.#transport.reset();
    } else this.#shut();
  }

  /** Says why and closes: after a broken request nobody can know where the next one starts. */
  refuse(what: Fault): void {
    const answer = refusal(what, this.#host.deadlines.date);
    this.#host.refused(what, this.info, this.#meter?.refusal(answer, this.info));
    this.#codec.send(answer, this.#out);
    this.#shut();
  }

  /** No more requests. What was put out is sent, then the peer is told, and read on for a moment. */
  #shut(): void {
    this.#flush();
    this.#state = "linger";
    this.#patience.rest();
    this.#patience.sending(this.#transport.unsent);
    this.#intake.resume();
    // The moment starts when everything is sent, as long as the peer goes on reading it.
    this.#transport.end(() => {
      this.#patience.sent();
      this.#patience.expect(LINGER_SECONDS);
    });
  }

  #flush(): void {
    const out = this.#out;
    if (out.length === 0) return;
    this.#blocked = !this.#transport.write(out);
    if (this.#blocked) this.#patience.sending(this.#transport.unsent);
    this.#wroteSinceEnd = this.#peerEnded;
    out.length = 0;
  }
}
