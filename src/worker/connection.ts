// One client's connection: the one place that knows both the wire and the application. Bytes -> codec -> exchange -> codec ->
// bytes. Asks for the next event only when it has room, so that backpressure needs no flag further along. Does not know
// which wire or which interface it serves, nor what a socket is.

import type { Carrier, Exchange, ExchangeEvent, LeaveCode, Serve, UpgradeEvent } from "../gateway/exchange.ts";
import { RequestError } from "../gateway/exchange.ts";
import type { Codec } from "../protocol/codec.ts";
import type { ConnectionInfo, ProtocolEvent, RequestHead } from "../protocol/events.ts";
import { type Fault, type FaultCode, fault } from "../protocol/faults.ts";
import { refusal } from "../protocol/refusal.ts";
import { Allowance } from "./allowance.ts";
import type { ConnectionHost, NewRequest, OpenConnection, RequestInHand, State } from "./connection-host.ts";
import { GATHER_BYTES, HALF_CLOSED_SECONDS, LINGER_SECONDS } from "./connection-host.ts";
import { Inflow } from "./inflow.ts";
import { Intake } from "./intake.ts";
import { Ledger } from "./ledger.ts";
import { Outlet } from "./outlet.ts";
import { startApart } from "./own-context.ts";
import { type Impatient, Patience } from "./patience.ts";
import { NO_BODY, type RequestBody } from "./request-body.ts";
import { type Comer, Threshold } from "./threshold.ts";
import type { Transport, TransportEvents } from "./transport.ts";
import { Turns, type TurnTaker } from "./turns.ts";

type Roles = OpenConnection & TransportEvents & Impatient & NewRequest & Carrier & Comer & TurnTaker;

export class Connection implements Roles {
  readonly #transport: Transport;
  readonly #host: ConnectionHost;
  readonly #codec: Codec;
  readonly #intake: Intake;
  readonly #patience: Patience;
  readonly #outlet: Outlet;
  readonly #inflow: Inflow;
  readonly #turns: Turns;
  state: State = "idle";
  #head: RequestHead | undefined;
  #exchange: Exchange | undefined;
  #body: RequestBody | undefined;
  peerEnded = false;
  /** Why the client counts as gone, where that is our verdict. */
  #gone: RequestError | undefined;
  #mustClose = false;
  readonly #allowance: Allowance;
  readonly #ledger: Ledger;
  readonly #threshold: Threshold | undefined;
  companion: Carrier["companion"];

  constructor(transport: Transport, host: ConnectionHost) {
    this.#transport = transport;
    this.#host = host;
    this.#codec = host.makeCodec();
    this.#intake = new Intake(this.#codec, transport);
    this.#allowance = new Allowance(host);
    this.#ledger = new Ledger(host, transport);
    this.#patience = new Patience(host.deadlines, host, this);
    this.#outlet = new Outlet(this.#codec, transport, this.#patience);
    this.#inflow = new Inflow(this.#intake, this.#outlet, this.#patience, transport, host);
    this.#patience.expect(host.headTimeout);
    this.#turns = new Turns(this, this.#outlet);
    const parts = { host, comer: this, codec: this.#codec, intake: this.#intake, patience: this.#patience, transport };
    this.#threshold = host.gate === undefined ? undefined : new Threshold(host.gate, parts);
  }

  get info(): ConnectionInfo {
    return this.#transport.info;
  }

  get inHand(): RequestInHand | undefined {
    if (this.#exchange === undefined) return undefined;
    return { head: this.#head!, requestId: this.#exchange.requestId, since: this.#patience.requestSince };
  }

  onBytes(bytes: Uint8Array): void {
    if (this.state === "linger") this.#intake.drop(bytes.length);
    else if (this.#threshold === undefined || !this.#threshold.stops(bytes)) this.receive(bytes);
  }

  receive(bytes: Uint8Array): void {
    this.#intake.receive(bytes);
    this.#turns.go();
    if (this.state !== "closed") this.#intake.keep();
  }

  onEnd(): void {
    this.peerEnded = true;
    if (this.state === "held") return;
    this.#patience.noMore();
    this.#outlet.wrote = false;
    if (this.state === "linger") return;
    this.#codec.receiveEof();
    this.#turns.go();
    // A client that only closed its sending side still reads; one that left cannot be told apart until we write.
    if (this.#head !== undefined) this.#patience.expect(HALF_CLOSED_SECONDS);
  }

  onDrain(): void {
    this.#outlet.drained();
    this.#turns.go();
  }

  onClose(): void {
    if (this.state === "closed") return;
    if (this.state === "queued") this.#host.forget(this);
    this.#threshold?.leave();
    this.state = "closed";
    this.#patience.end();
    if (this.#exchange !== undefined) {
      this.#gone ??= new RequestError(499, "the client closed the connection");
      this.#exchange.abort(this.#gone);
      this.#body?.fail(this.#gone);
      this.#close(this.#exchange, "left");
    }
    this.#ledger.parted();
    this.companion?.closed();
    this.#host.closed(this);
  }

  late(): void {
    if (this.state === "idle") this.#host.dismiss(this);
    else if (this.state === "head" || this.state === "held")
      this.refuse(fault("edge.head-too-slow", this.#codec.buffered));
    else if (this.state !== "exchange") this.#transport.destroy();
    else if (this.peerEnded && !this.#outlet.wrote && !this.#outlet.blocked) this.#transport.destroy();
    else if (!this.peerEnded && this.#body?.waiting === true) {
      this.#mustClose = true;
      this.#body.fail(this.#blame(this.#patience.whyLate()));
    }
  }

  leave(): void {
    this.#transport.look();
    if (this.state === "idle" && !this.#patience.expects) this.#shut();
  }

  stalled(): void {
    if (this.#patience.progressed(this.#transport.unsent)) return;
    this.#gone = this.#blame("edge.response-too-slow");
    this.#transport.reset();
  }

  overdue(): void {
    // An application that writes when its signal aborts must not be asked for it: its answer is there.
    this.#turns.after(() => {
      if (this.state === "queued") this.#begin(this.#host.giveUp(this));
      const exchange = this.#exchange!;
      const begun = this.#outlet.response !== undefined;
      const reason = this.#host.overdue(this.#head!, this.info, exchange.requestId, begun);
      // What is left of a body that nobody waited for may be long in coming.
      this.#mustClose ||= !this.#codec.requestDone;
      this.#body?.fail(reason);
      this.#put(exchange, exchange.expire(reason));
    });
  }

  #blame(code: FaultCode): RequestError {
    return this.#host.blame(fault(code, this.#body?.received ?? 0), this.info);
  }

  drain(): void {
    if (this.state === "idle") this.#patience.lameDuck();
  }

  giveBack(): void {
    this.#threshold?.giveBack();
  }

  tell(how: "drain" | "warn", reason: RequestError): void {
    this.#exchange?.[how](reason);
  }

  leaveUpgraded(code: LeaveCode): void {
    this.#ledger.leaveUpgraded(code);
  }

  get unsent(): number {
    return this.#transport.unsent;
  }

  destroy(reason?: RequestError): void {
    if (reason !== undefined) this.#gone ??= reason;
    if (this.#outlet.endsByClosing(this.#head)) this.#transport.reset();
    else this.#transport.destroy();
  }

  /** In the state in force. */
  advance(): boolean {
    switch (this.state) {
      case "exchange":
        if (this.#body?.waiting === true) this.#inflow.feed(this.#body);
        return !this.#outlet.blocked && this.#put(this.#exchange!, this.#exchange!.next());
      case "idle":
      case "head":
        return this.#take(this.#intake.next());
      case "discard":
        return this.#discard(this.#inflow.pull());
      default:
        return false;
    }
  }

  #take(event: ProtocolEvent): boolean {
    if (event.type === "request") return this.#open(event.head);
    if (event.type === "fault") this.refuse(event.fault);
    else if (event.type === "closed") this.#shut();
    else if (this.state === "idle" && this.#codec.buffered > 0) {
      // The clock of a head starts with its first byte, not with each of them.
      this.state = "head";
      this.#patience.expect(this.#host.headTimeout);
    }
    return false;
  }

  /** A request is here; false when it has to wait for its turn. */
  #open(head: RequestHead): boolean {
    this.#head = head;
    this.#allowance.count();
    this.#patience.restForRequest();
    this.#body = this.#inflow.bodyOf(head);
    this.#ledger.start();
    const serve = this.#host.enter(this, head);
    if (serve === undefined) this.state = "queued";
    else this.#begin(serve);
    return serve !== undefined;
  }

  admit(): void {
    this.#begin(this.#host.serve);
    this.#turns.go();
  }

  #begin(serve: Serve): void {
    this.state = "exchange";
    const body = this.#body ?? NO_BODY;
    const exchange = serve({ head: this.#head!, info: this.info, body, carrier: this, wake: this.#turns.go });
    this.#exchange = this.#intake.takeFresh() ? exchange : startApart(exchange);
    if (this.#host.draining) this.#host.brief(exchange);
  }

  /** Puts out what the application gave; false when it gave nothing yet. */
  #put(exchange: Exchange, event: ExchangeEvent): boolean {
    switch (event.type) {
      case "wait":
        return false;
      case "cut":
        this.#cut(exchange);
        return false;
      case "upgrade":
        this.#upgrade(exchange, event);
        return false;
      case "response":
        event.date = this.#host.deadlines.date;
        event.close ||= this.#isLast();
        this.#ledger.count(event.body);
        this.#outlet.put(event);
        // A large one leaves at once, so that the next of a pipeline is not made beside it for a reader that does not keep up.
        if ((event.body?.length ?? 0) > GATHER_BYTES) this.#outlet.flush();
        if (!event.more) return this.#complete(exchange);
        break;
      default:
        if (event.type === "data") this.#ledger.count(event.bytes);
        this.#outlet.put(event);
        if (event.type === "end") return this.#complete(exchange);
    }
    // PEP 3333, Buffering and Streaming: a chunk is handed over before the next is asked for.
    this.#outlet.flush();
    return true;
  }

  /** The connection is another protocol's from here on. */
  #upgrade(exchange: Exchange, event: UpgradeEvent): void {
    this.#outlet.flush();
    this.state = "upgraded";
    this.#patience.end();
    this.#exchange = undefined;
    this.#ledger.upgrade(this.#head!, exchange, event, this.#codec.surrender());
    if (this.#host.draining) this.#host.briefUpgraded(this);
  }

  /** Whether this response must be the last one, as far as it can be known when it starts. */
  #isLast(): boolean {
    // A client that ended its side may have sent requests before that; the codec knows whether one is left.
    if (this.#host.ends || this.#host.keepAlive === 0 || this.#mustClose || this.#allowance.isSpent()) return true;
    return this.#body !== undefined && !this.#codec.requestDone && !this.#body.mayBeDiscarded(this.#head!.length);
  }

  #complete(exchange: Exchange): boolean {
    this.#body?.close();
    this.#close(exchange, "whole");
    this.state = "discard";
    return this.#codec.requestDone ? this.#nextCycle() : true;
  }

  /** Reads the rest of a body that nobody wanted, up to a limit. */
  #discard(event: ProtocolEvent): boolean {
    if (event.type === "end") return this.#nextCycle();
    if (event.type === "data" && this.#body!.discard(event.bytes.length)) return true;
    if (event.type === "need-data" && this.#codec.keepAlive) {
      this.#patience.expectSooner(this.#host.bodyTimeout);
      return false;
    }
    return this.#shut();
  }

  #nextCycle(): boolean {
    if (!this.#codec.keepAlive || this.#mustClose) return this.#shut();
    this.#codec.startNextCycle();
    this.state = "idle";
    this.#allowance.answered(this.#codec.buffered > 0);
    this.#patience.expectNext(this.#host.ends);
    return this.#threshold === undefined || this.#threshold.goesOn();
  }

  /** The exchange is over, because all is said, the client left, or the application could not go on: count it and forget it. */
  #close(exchange: Exchange, end: "whole" | "left" | "cut"): void {
    const head = this.#head!;
    this.#patience.answered();
    this.#exchange = undefined;
    this.#head = undefined;
    this.#ledger.ended({ head, exchange, response: this.#outlet.forget(), bytesIn: this.#body?.received ?? 0, end });
  }

  /** The response cannot be ended as it was announced. What is out stays out; the client must be able to see that it is not whole. */
  #cut(exchange: Exchange): void {
    const endsByClosing = this.#outlet.endsByClosing(this.#head);
    this.#outlet.flush();
    this.#close(exchange, "cut");
    if (endsByClosing) {
      this.state = "linger";
      this.#transport.reset();
    } else this.#shut();
  }

  /** Says why and closes: after a broken request nobody can know where the next one starts. */
  refuse(what: Fault): void {
    const answer = refusal(what, this.#host.deadlines.date);
    this.#ledger.refused(what, answer);
    this.#outlet.put(answer);
    this.#shut();
  }

  /** No more requests. What was put out is sent, then the peer is told, and read on for a moment. */
  #shut(): false {
    this.state = "linger";
    this.#intake.resume();
    // The moment starts when everything is sent, as long as the peer goes on reading it.
    this.#outlet.end(() => this.#patience.expect(LINGER_SECONDS));
    return false;
  }
}
