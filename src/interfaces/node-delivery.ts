// What a node application writes, on its way to the connection: the head waits for the first bytes, bytes wait until there is room, and
// what is whole within one turn is one event. Tells the application when its response is out, or never will be. Does not know how the
// request came, who failed, nor how a head is framed.

import process from "node:process";
import { firstOf, wrongLength } from "../gateway/chunk.ts";
import { END, type ExchangeEvent, WAIT } from "../gateway/exchange.ts";
import type { FlatFields, Piece, ResponseEvent } from "../protocol/events.ts";
import { type InnerRequest, type InnerResponse, NEED_DRAIN, type Told } from "./node-names.ts";
import { type Reply, trailersOf } from "./node-reply.ts";
import { abortRequest, dumpRequest } from "./node-request.ts";
import { closeResponse, isInformation } from "./node-response.ts";
import type { NodeSocket } from "./node-socket.ts";
import { Outbox } from "./outbox.ts";

/** Up to here a body leaves with its head; a larger one is followed by an event of its own, which is asked for when it was taken. */
const WHOLE_BYTES = 16_384;

/** Whose delivery it is. */
export interface Sender {
  /** `next` would now answer something else. */
  wake(): void;
  /** What was written cannot be sent. */
  fail(error: unknown): void;
  /** The application says that it wants the body; true when the client hears so by the reading of it. */
  welcome(): boolean;
  /** The response is out. */
  finished(response: InnerResponse): void;
}

export class Delivery {
  readonly #sender: Sender;
  readonly #request: InnerRequest;
  readonly #response: InnerResponse;
  readonly #socket: NodeSocket;
  #reply: Reply | undefined;
  /** The first bytes of the body, until it is known whether others follow in the same turn. */
  #first: Piece | undefined;
  #firstTold: Told | undefined;
  /** Who hears of an empty write, which is the end's if an end follows. */
  #tail: Told | undefined;
  #ticking = false;
  /** The head is to go out though no body is there. */
  #flush = false;
  /** The application has said all. */
  ended = false;
  /** The head is among the events. */
  #begun = false;
  /** The connection has the head. */
  headGiven = false;
  /** The connection has the last event, or wants no more. */
  over = false;
  #isRefused = false;
  /** The application has heard the end of it. */
  #told = false;
  #sent = 0;
  #box: Outbox | undefined;

  constructor(sender: Sender, request: InnerRequest, response: InnerResponse, socket: NodeSocket) {
    this.#sender = sender;
    this.#request = request;
    this.#response = response;
    this.#socket = socket;
  }

  get isEventStream(): boolean {
    return this.#reply?.isEventStream === true;
  }

  /** As Exchange has it. @throws ContractError for a body of another length than was said. */
  next(): ExchangeEvent {
    const box = this.#box;
    if (box !== undefined && !box.isEmpty) return this.#take(box);
    if (!this.#begun && this.#reply !== undefined && (this.ended || this.#flush)) return this.#open(this.#reply);
    if (box === undefined) return WAIT;
    // Asked again, so all that was given is with the operating system.
    box.next();
    this.#drained();
    return box.isEmpty ? WAIT : this.#take(box);
  }

  /** The head is said. It goes out with the first bytes, the end, or when it is flushed. */
  said(reply: Reply): void {
    this.#reply = reply;
  }

  /** The head cannot be sent, and neither can what follows it. */
  refuse(error: unknown): void {
    this.#isRefused = true;
    this.#sender.fail(error);
  }

  /** @returns Whether there is room for more. */
  send(piece: Piece, told: Told | undefined): boolean {
    if (this.#isLost() || this.ended) return false;
    if (this.#tail !== undefined) {
      told = inTurn(this.#tail, told);
      this.#tail = undefined;
    }
    const room = this.#response.writableHighWaterMark;
    if (!this.#begun && this.#first === undefined) {
      this.#first = piece;
      this.#firstTold = told;
      this.#response.outputSize = piece.length;
      this.#tick();
      return piece.length < room;
    }
    try {
      this.#begin();
    } catch (error) {
      // Nobody may be there to catch it: a stream that is piped here is not.
      this.refuse(error);
      return false;
    }
    this.#put(piece, told);
    return this.#waiting() < room;
  }

  /** Nothing was written: for the sake of the head, or by the end. */
  sendNothing(told: Told | undefined): boolean {
    if (this.#isLost()) return false;
    if (told === undefined) {
      this.#flush = true;
      this.#sender.wake();
    } else {
      this.#tail = inTurn(this.#tail, told);
      this.#tick();
    }
    return true;
  }

  /** An interim response. */
  inform(status: number, fields: FlatFields, told: Told | undefined): void {
    if (this.#isLost()) return;
    if (isInformation(status) && !this.#begun && !(status === 100 && this.#sender.welcome())) {
      this.#outbox().put({ type: "information", status, fields }, told && (() => told()));
    } else if (told !== undefined) process.nextTick(told);
  }

  /** Nothing more will be written. */
  end(): void {
    if (this.#isLost() || this.ended) return;
    this.ended = true;
    if (this.#begun) this.#putEnd();
    this.#sender.wake();
  }

  /** The request is read, or will not be: a response that has waited for it ends. */
  requestRead(): void {
    if (this.ended && this.#begun && !this.over) this.#putEnd();
  }

  /** An event stream has no end of its own: the client gets a proper one, and the application hears that it is gone. */
  endStream(): void {
    this.ended = true;
    this.#outbox().put(END);
    this.leave();
  }

  /** Nothing more is asked for. What was written will not be sent. */
  lose(reason: Error): void {
    this.over = true;
    this.#box?.lose(reason);
    this.leave();
  }

  /** The application hears what it hears under Node when the client has left. */
  leave(): void {
    if (this.#told) return;
    this.#told = true;
    abortRequest(this.#request);
    closeResponse(this.#response);
    this.#detach();
  }

  /** What had to wait for the end of what ran: whether more is written, and the end of the response. */
  ticked(): void {
    this.#ticking = false;
    if (this.over) this.#finish();
    else if (!this.ended) {
      this.#flush = true;
      const tail = this.#tail;
      this.#tail = undefined;
      this.#sender.wake();
      tail?.();
    }
  }

  /** The head goes out, with the whole body where it is there and small. */
  #open(reply: Reply): ExchangeEvent {
    const size = this.#first?.length ?? 0;
    const { length, bodyless } = reply;
    if (this.ended && !bodyless && length !== undefined && length !== size) throw wrongLength(length, size);
    if (this.ended && (bodyless || length !== undefined) && size <= WHOLE_BYTES && !this.#isReading()) {
      this.#begun = true;
      this.headGiven = true;
      this.#response.outputSize = 0;
      this.#over();
      return this.#event(reply, false);
    }
    this.#begin();
    if (this.ended) this.#putEnd();
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
    const reply = this.#reply!;
    const told = this.#firstTold;
    const size = this.#first?.length ?? 0;
    if (reply.length !== undefined && size > reply.length) throw wrongLength(reply.length, size, "at least ");
    this.#begun = true;
    this.#firstTold = undefined;
    this.#sent = size;
    this.#outbox().put(this.#event(reply, true), told);
  }

  /** A body that is longer than it was said to be is cut where it should have ended: the client would take the rest for an answer. */
  #put(piece: Piece, told: Told | undefined): void {
    const length = this.#reply!.length ?? Number.POSITIVE_INFINITY;
    const room = length - this.#sent;
    this.#sent += piece.length;
    this.#socket.touch();
    const box = this.#outbox();
    if (piece.length <= room) box.put({ type: "data", bytes: piece }, told);
    else {
      if (room > 0) box.put({ type: "data", bytes: firstOf(piece, room) });
      this.#sender.fail(wrongLength(length, this.#sent, "at least "));
    }
    this.#response.outputSize = box.size;
  }

  #putEnd(): void {
    if (this.#isReading()) return;
    const { length = this.#sent, bodyless } = this.#reply!;
    if (!bodyless && length !== this.#sent) {
      this.ended = false;
      this.#sender.fail(wrongLength(length, this.#sent));
      return;
    }
    const { _trailer: lines } = this.#response;
    this.#outbox().put(lines === "" ? END : { type: "end", trailers: trailersOf(lines) });
  }

  /** The application still takes the request in, whose body ends with the response: the end has to wait. */
  #isReading(): boolean {
    const { complete, destroyed, readableFlowing } = this.#request;
    return !complete && !destroyed && readableFlowing === true && this.#request.listenerCount("data") > 0;
  }

  #take(box: Outbox): ExchangeEvent {
    const event = box.next();
    this.#response.outputSize = box.size;
    if (event.type === "response") this.headGiven = true;
    else if (event.type === "end") this.#over();
    return event;
  }

  #outbox(): Outbox {
    this.#box ??= new Outbox(() => this.#sender.wake());
    return this.#box;
  }

  /** Whether what is written now goes nowhere: all is over, or the application has dropped the connection. */
  #isLost(): boolean {
    return this.over || this.#isRefused || this.#socket.destroyed;
  }

  /** Bytes that the connection has not taken. */
  #waiting(): number {
    return (this.#box?.size ?? 0) + (this.#first?.length ?? 0);
  }

  #drained(): void {
    const response = this.#response as InnerResponse & Record<symbol, unknown>;
    response.outputSize = this.#waiting();
    if (NEED_DRAIN === undefined || response[NEED_DRAIN] !== true || this.ended || response.destroyed) return;
    response[NEED_DRAIN] = false;
    response.emit("drain");
  }

  #tick(): void {
    if (this.#ticking) return;
    this.#ticking = true;
    process.nextTick(ticked, this);
  }

  /** The last event was given. */
  #over(): void {
    this.over = true;
    this.#tick();
  }

  /** The application hears that its response is out. */
  #finish(): void {
    if (this.#told) return;
    this.#told = true;
    this.#box?.delivered();
    this.#response.outputSize = 0;
    this.#sender.finished(this.#response);
    dumpRequest(this.#request);
    this.#detach();
    this.#firstTold?.();
    this.#tail?.();
    process.nextTick(closeResponse, this.#response);
  }

  #detach(): void {
    const socket = this.#socket;
    (this.#response as { socket: NodeSocket | null }).socket = null;
    // The next request of a pipeline may have it already.
    if (socket._httpMessage !== this.#response) return;
    socket._httpMessage = null;
    if (socket.timeout !== undefined && socket.timeout > 0) socket.setTimeout(0);
  }
}

/** Who wrote first hears first. */
function inTurn(first: Told | undefined, second: Told | undefined): Told | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return (error) => {
    first(error);
    second(error);
  };
}

const ticked = (delivery: Delivery): void => delivery.ticked();
