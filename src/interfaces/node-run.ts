// One request of a node application: calls the listeners, pulls the request's body for them, and turns what they write into the events
// that the connection asks for. A response that is whole within one turn is one event. Does not know sockets, nor how a head is framed.

import { channel } from "node:diagnostics_channel";
import { firstOf, wrongLength } from "../gateway/chunk.ts";
import { claimsOf } from "../gateway/environ.ts";
import {
  CUT,
  END,
  type Exchange,
  type ExchangeEvent,
  type ExchangeRequest,
  RequestError,
  WAIT,
} from "../gateway/exchange.ts";
import { verdictOn } from "../gateway/failure.ts";
import type { GatewayHost, Trouble } from "../gateway/host.ts";
import { Notice } from "../gateway/notice.ts";
import { refusalFor, refusalOf } from "../gateway/refusal.ts";
import { upgradeOf } from "../gateway/upgrade.ts";
import { type ConnectionInfo, type FlatFields, NO_FIELDS, type Piece, type ResponseEvent } from "../protocol/events.ts";
import { fault } from "../protocol/faults.ts";
import { type Classes, type InnerRequest, type InnerResponse, NEED_DRAIN, RUN, type Told } from "./node-names.ts";
import { type Reply, trailersOf } from "./node-reply.ts";
import { abortRequest, dumpRequest, endRequest, requestOf } from "./node-request.ts";
import { closeResponse, isInformation, responseOf } from "./node-response.ts";
import type { Served } from "./node-server.ts";
import { Companion, NodeSocket } from "./node-socket.ts";
import { NodeUpgrade } from "./node-upgrade.ts";
import { Outbox } from "./outbox.ts";

/** Up to here a body leaves with its head; a larger one is followed by an event of its own, which is asked for when it was taken. */
const WHOLE_BYTES = 16_384;

/** What tracing libraries listen to. */
const started = channel("http.server.request.start");
const finished = channel("http.server.response.finish");

/** What all requests of a gateway share. */
export interface NodeGateway {
  readonly host: GatewayHost;
  readonly served: Served;
  readonly classes: Classes;
}

export class NodeRun implements Exchange {
  readonly requestId: string;
  readonly #gateway: NodeGateway;
  readonly #given: ExchangeRequest;
  #request!: InnerRequest;
  #response!: InnerResponse;
  #socket!: NodeSocket;
  /** The client as it is believed to be. */
  #client: ConnectionInfo;
  #phase: "new" | "open" | "over" = "new";
  /** `next` is under way: whoever writes now need not wake it. */
  #asked = false;
  #reply: Reply | undefined;
  /** The first bytes of the body, until it is known whether others follow in the same turn. */
  #first: Piece | undefined;
  #firstTold: Told | undefined;
  /** Who hears of an empty write, which is the end's if an end follows. */
  #tail: Told | undefined;
  #ticking = false;
  /** The head is to go out though no body is there. */
  #flush = false;
  /** The application has said all; of the head, that it is among the events; that the connection has it. */
  #ended = false;
  #begun = false;
  #headGiven = false;
  /** The application has heard the end of it. */
  #told = false;
  #sent = 0;
  #box: Outbox | undefined;
  #failure: { readonly error: unknown } | undefined;
  #notice: Notice | undefined;
  #leaving: Error | undefined;
  #draining: AbortController | undefined;
  /** What was asked for before the application read, so that the client is told to send. */
  #early: ReturnType<ExchangeRequest["body"]["read"]> | undefined;

  constructor(gateway: NodeGateway, given: ExchangeRequest) {
    this.#gateway = gateway;
    this.#given = given;
    this.#client = given.info;
    this.requestId = gateway.host.nextRequestId();
  }

  get peerAddress(): string {
    return this.#given.info.remoteAddress;
  }

  get signal(): AbortSignal {
    this.#notice ??= new Notice();
    return this.#notice.signal;
  }

  get draining(): AbortSignal {
    this.#draining ??= new AbortController();
    if (this.#leaving !== undefined) this.#draining.abort(this.#leaving);
    return this.#draining.signal;
  }

  next(): ExchangeEvent {
    this.#asked = true;
    try {
      const first = this.#phase === "new" ? this.#start() : undefined;
      return first ?? this.#step();
    } catch (error) {
      return this.#fail(error);
    } finally {
      this.#asked = false;
    }
  }

  lookup(key: string): unknown {
    if (key === "REMOTE_ADDR") return this.#client.remoteAddress;
    if (key === "REMOTE_PORT") return this.#client.remotePort;
    return key === "tsgi.url_scheme" ? this.#client.scheme : undefined;
  }

  drain(reason: Error): void {
    this.#leaving = reason;
    if (this.#phase === "over") return;
    this.#draining?.abort(reason);
    if (this.#headGiven && this.#reply!.isEventStream) this.#endStream(reason);
  }

  warn(reason: Error): void {
    if (this.#phase === "over") return;
    this.#notice ??= new Notice();
    this.#notice.give(reason);
  }

  expire(reason: RequestError): ExchangeEvent {
    const event = this.#headGiven ? CUT : refusalOf(reason.status, this.requestId);
    this.#quit(reason);
    return event;
  }

  abort(reason: Error): void {
    if (this.#phase === "over") return;
    this.#socket?.gone();
    this.#quit(reason);
  }

  /** A listener failed in its own time. */
  fail(error: unknown): void {
    if (this.#phase === "over" || this.#ended) {
      if (!(this.#notice?.explains(error) ?? error instanceof RequestError)) this.#report(error, "none");
      return;
    }
    this.#failure ??= { error };
    this.#wake();
  }

  /** The head is said. It goes out with the first bytes, the end, or when it is flushed. */
  said(reply: Reply): void {
    this.#reply = reply;
  }

  /** @returns Whether there is room for more. */
  send(piece: Piece, told: Told | undefined): boolean {
    if (this.#phase === "over") return false;
    const room = this.#response.writableHighWaterMark;
    if (!this.#begun && this.#first === undefined) {
      this.#first = piece;
      this.#firstTold = told;
      this.#response.outputSize = piece.length;
      this.#tick();
      return piece.length < room;
    }
    this.#begin();
    this.#put(piece, told);
    return this.#waiting() < room;
  }

  /** Nothing was written: for the sake of the head, or by the end. */
  sendNothing(told: Told | undefined): boolean {
    if (this.#phase === "over") return false;
    if (told === undefined) {
      this.#flush = true;
      this.#wake();
    } else {
      this.#tail = told;
      this.#tick();
    }
    return true;
  }

  /** An interim response. */
  inform(status: number, fields: FlatFields, told: Told | undefined): void {
    if (this.#phase === "over") return;
    if (status === 100 && this.#given.head.expectContinue) {
      // The first reading says so, and says it once.
      if (!this.#request._consuming && !this.#request.complete) this.#early ??= this.#given.body.read();
    } else if (isInformation(status) && !this.#begun) {
      this.#outbox().put({ type: "information", status, fields }, told && (() => told()));
      return;
    }
    if (told !== undefined) process.nextTick(told);
  }

  /** Nothing more will be written. */
  ended(): void {
    if (this.#phase === "over" || this.#ended) return;
    this.#ended = true;
    if (this.#begun) this.#putEnd();
    this.#wake();
  }

  readBody(): void {
    const request = this.#request;
    if (request.complete || this.#phase === "over") {
      endRequest(request, NO_FIELDS);
      return;
    }
    const got = this.#early ?? this.#given.body.read();
    this.#early = undefined;
    if (got instanceof Promise) got.then(this.#took, this.#notTaken);
    else this.#took(got);
  }

  readonly #took = (bytes: Uint8Array | null): void => {
    const request = this.#request;
    if (request.destroyed) return;
    this.#socket.touch();
    if (bytes !== null) {
      request.push(bytes);
      return;
    }
    endRequest(request, this.#given.body.trailers ?? NO_FIELDS);
    if (this.#ended && this.#begun) this.#putEnd();
  };

  /** The client's part failed. The application hears of it, and may answer within this turn. */
  readonly #notTaken = (error: unknown): void => {
    abortRequest(this.#request);
    if (this.#phase === "over") return;
    if (this.#ended) this.#putEnd();
    else setImmediate(() => this.#reply === undefined && this.fail(error));
  };

  /** Makes the objects and calls the listeners, unless the request goes elsewhere. */
  #start(): ExchangeEvent | undefined {
    this.#phase = "open";
    const { host, served, classes } = this.#gateway;
    const { head, info, carrier } = this.#given;
    const { server } = served;
    const claims = claimsOf(head, info, host.facts);
    if (typeof claims === "string") {
      this.#phase = "over";
      host.refused(fault(claims, 0), info, this.requestId);
      return refusalFor(fault(claims, 0), this.requestId);
    }
    const claimed = claims?.info;
    this.#client = claimed ?? info;
    served.met(info);
    if (carrier !== undefined && server.listenerCount("upgrade") > 0) {
      const protocol = upgradeOf(head);
      if (protocol !== undefined) return this.#upgrade(protocol, claimed);
    }
    const socket =
      carrier === undefined
        ? new NodeSocket({ info: this.#client, carrier, server })
        : Companion.of({ info, carrier, server }).socketFor(claimed);
    if (carrier === undefined) socket.dropped = () => this.fail(new RequestError(499, "the connection was dropped"));
    this.#socket = socket;
    const { joinDuplicateHeaders = false } = server as { joinDuplicateHeaders?: boolean };
    const request = requestOf({ run: this, head, socket, classes, joinDuplicateHeaders });
    this.#request = request;
    const response = responseOf({ run: this, request, socket, keepAlive: head.keepAlive, classes, options: server });
    this.#response = response;
    if (server.timeout > 0) socket.setTimeout(server.timeout);
    if (started.hasSubscribers) started.publish({ request, response, socket, server });
    const waits = head.expectContinue && server.listenerCount("checkContinue") > 0;
    server.emit(waits ? "checkContinue" : "request", request, response);
    return undefined;
  }

  #upgrade(protocol: string, claimed: ConnectionInfo | undefined): ExchangeEvent {
    const { served, classes } = this.#gateway;
    const { head } = this.#given;
    this.#phase = "over";
    return {
      type: "upgrade",
      take: (socket, rest) => {
        const request = requestOf({ run: this, head, socket, classes, joinDuplicateHeaders: false });
        this.#request = request;
        request.upgrade = true;
        const failed = (error: unknown) => this.#report(error, "cut");
        return new NodeUpgrade({ server: served.server, request, socket, rest, claimed, protocol, failed });
      },
    };
  }

  #step(): ExchangeEvent {
    if (this.#failure !== undefined) return this.#fail(this.#failure.error);
    const box = this.#box;
    if (box !== undefined && !box.isEmpty) return this.#take(box);
    if (!this.#begun && this.#reply !== undefined && (this.#ended || this.#flush)) return this.#open(this.#reply);
    if (box === undefined) return WAIT;
    // Asked again, so all that was given is with the operating system.
    box.next();
    this.#drained();
    return box.isEmpty ? WAIT : this.#take(box);
  }

  /** The head goes out, with the whole body where it is there and small. */
  #open(reply: Reply): ExchangeEvent {
    const first = this.#first;
    const size = first?.length ?? 0;
    const { length, bodyless } = reply;
    if (this.#ended && !bodyless && length !== undefined && length !== size) throw wrongLength(length, size);
    const isWhole = this.#ended && (bodyless || length !== undefined) && size <= WHOLE_BYTES;
    if (isWhole && !this.#isReading()) {
      this.#begun = true;
      this.#headGiven = true;
      this.#over();
      return this.#event(reply, false);
    }
    this.#begin();
    if (this.#ended) this.#putEnd();
    return this.#take(this.#box!);
  }

  #event({ status, reason, fields, length, close, announces }: Reply, more: boolean): ResponseEvent {
    const body = this.#first;
    this.#first = undefined;
    return { type: "response", status, reason, fields, length, date: "", close, body, more, announces };
  }

  /** The head is among the events, and more follows. */
  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    const reply = this.#reply!;
    const first = this.#first;
    const told = this.#firstTold;
    this.#firstTold = undefined;
    this.#sent = first?.length ?? 0;
    if (reply.length !== undefined && this.#sent > reply.length)
      throw wrongLength(reply.length, this.#sent, "at least ");
    this.#outbox().put(this.#event(reply, true), told);
  }

  /** A body that is longer than it was said to be is cut where it should have ended, as the client must not take the rest for an answer. */
  #put(piece: Piece, told: Told | undefined): void {
    const length = this.#reply!.length ?? Number.POSITIVE_INFINITY;
    const room = length - this.#sent;
    this.#sent += piece.length;
    this.#socket.touch();
    const box = this.#outbox();
    if (piece.length <= room) box.put({ type: "data", bytes: piece }, told);
    else {
      if (room > 0) box.put({ type: "data", bytes: firstOf(piece, room) });
      this.fail(wrongLength(length, this.#sent, "at least "));
    }
    this.#response.outputSize = box.size;
  }

  #putEnd(): void {
    if (this.#isReading()) return;
    const { length = this.#sent, bodyless } = this.#reply!;
    if (!bodyless && length !== this.#sent) {
      this.#ended = false;
      this.fail(wrongLength(length, this.#sent));
      return;
    }
    const { _trailer: lines } = this.#response;
    this.#outbox().put(lines === "" ? END : { type: "end", trailers: trailersOf(lines) });
  }

  /** The application still takes the request in, which ends with its response: the end has to wait. */
  #isReading(): boolean {
    const request = this.#request;
    return (
      !request.complete && !request.destroyed && request.readableFlowing === true && request.listenerCount("data") > 0
    );
  }

  #take(box: Outbox): ExchangeEvent {
    const event = box.next();
    this.#response.outputSize = box.size;
    if (event.type === "response") {
      this.#headGiven = true;
      if (this.#leaving !== undefined && this.#reply!.isEventStream)
        setImmediate(() => this.#endStream(this.#leaving!));
    } else if (event.type === "end") this.#over();
    return event;
  }

  #outbox(): Outbox {
    this.#box ??= new Outbox(() => this.#wake());
    return this.#box;
  }

  #wake(): void {
    if (!this.#asked && this.#phase === "open") this.#given.wake();
  }

  /** Bytes that the connection has not taken. */
  #waiting(): number {
    return (this.#box?.size ?? 0) + (this.#first?.length ?? 0);
  }

  #drained(): void {
    const response = this.#response as InnerResponse & Record<symbol, unknown>;
    response.outputSize = this.#waiting();
    if (NEED_DRAIN === undefined || response[NEED_DRAIN] !== true || this.#ended || response.destroyed) return;
    response[NEED_DRAIN] = false;
    response.emit("drain");
  }

  /** One for all that has to wait for the end of what runs now: whether more is written, and the end of the response. */
  #tick(): void {
    if (this.#ticking) return;
    this.#ticking = true;
    process.nextTick(ticked, this);
  }

  ticked(): void {
    this.#ticking = false;
    if (this.#phase === "over") this.#finish();
    else if (!this.#ended) {
      this.#flush = true;
      const tail = this.#tail;
      this.#tail = undefined;
      this.#wake();
      tail?.();
    }
  }

  /** The last event was given. */
  #over(): void {
    this.#phase = "over";
    this.#tick();
  }

  /** The application hears that its response is out. */
  #finish(): void {
    if (this.#told) return;
    this.#told = true;
    const request = this.#request;
    const response = this.#response;
    const socket = this.#socket;
    this.#box?.delivered();
    response.outputSize = 0;
    if (finished.hasSubscribers) {
      finished.publish({ request, response, socket, server: this.#gateway.served.server });
    }
    dumpRequest(request);
    this.#detach();
    this.#firstTold?.();
    this.#tail?.();
    process.nextTick(closeResponse, response);
  }

  #detach(): void {
    const socket = this.#socket;
    socket._httpMessage = null;
    if (socket.timeout !== undefined && socket.timeout > 0) socket.setTimeout(0);
    (this.#response as { socket: NodeSocket | null }).socket = null;
  }

  /** The response will not be finished: the application hears it as Node tells that a client has left. */
  #quit(reason: Error): void {
    this.#phase = "over";
    this.#notice ??= new Notice();
    this.#notice.give(reason);
    this.#box?.lose(reason);
    this.#leave();
  }

  #leave(): void {
    if (this.#told || this.#response === undefined) return;
    this.#told = true;
    abortRequest(this.#request);
    closeResponse(this.#response);
    this.#detach();
  }

  /** An event stream has no end of its own: the client gets a proper one, and the application hears that it is gone. */
  #endStream(reason: Error): void {
    if (this.#phase === "over" || this.#ended) return;
    this.#ended = true;
    this.#notice ??= new Notice();
    this.#notice.give(reason);
    this.#outbox().put(END);
    this.#leave();
  }

  #fail(error: unknown): ExchangeEvent {
    const told = this.#notice?.explains(error) === true;
    const endless = this.#reply?.isEventStream === true;
    const { answer, blameless } = verdictOn(error, { told, headSent: this.#headGiven, endless });
    if (!blameless) this.#report(error, answer === "end" ? "none" : answer);
    this.#quit(error instanceof Error ? error : new Error("the listener failed", { cause: error }));
    return answer === "cut" ? CUT : answer === "end" ? END : refusalOf(answer, this.requestId);
  }

  #report(error: unknown, answer: Trouble["answer"]): void {
    const { method, target } = this.#given.head;
    this.#gateway.host.report({ requestId: this.requestId, method, target, error, answer });
  }
}

const ticked = (run: NodeRun): void => run.ticked();

/** The run of a request that came through this interface. */
export const runOf = (request: unknown): NodeRun | undefined =>
  (request as { [RUN]?: NodeRun } | null | undefined)?.[RUN];
