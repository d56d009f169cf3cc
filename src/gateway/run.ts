// The reference gateway loop: PEP 3333 and wsgiref's BaseHandler.run, pulled one event at a time by the connection.
// Set up the environ, call the application, hand over what it gives, close what it returned, exactly once on every path.
// A synchronous application with one chunk is answered in one event and never meets the microtask queue.

import type { InformationEvent, Piece } from "../protocol/events.ts";
import { type Fault, fault } from "../protocol/faults.ts";
import { Ahead } from "./ahead.ts";
import { ContractError, closeResult, DONE, isPromise, ResponseBody, WAITING } from "./body.ts";
import { firstOf, hasNoBody, toPiece, unwantedBody, wrongLength } from "./chunk.ts";
import { DrainingSignals } from "./draining.ts";
import { buildEnviron, type RequestParts } from "./environ.ts";
import { ErrorStream } from "./errors.ts";
import {
  CUT,
  END,
  type Exchange,
  type ExchangeEvent,
  type ExchangeRequest,
  type RequestError,
  type Serve,
  WAIT,
} from "./exchange.ts";
import { verdictOn } from "./failure.ts";
import { FileWrapper } from "./file-wrapper.ts";
import type { GatewayHost, Trouble } from "./host.ts";
import { InputStream } from "./input.ts";
import { Notice } from "./notice.ts";
import { refusalFor, refusalOf } from "./refusal.ts";
import { Reply } from "./reply.ts";
import { checkHeaders } from "./said.ts";
import { NO_TRAILERS, trailerFields } from "./trailers.ts";
import type { Application, Chunk, Environ, HeaderList, TrailerList } from "./types.ts";
import { offerUpgrade } from "./websocket.ts";

/** Makes the `Serve` of a TSGI application. */
export function gatewayFor(application: Application, host: GatewayHost): Serve {
  const signals = new DrainingSignals();
  return (request) => new Run(application, host, request, signals.take());
}

type Phase = "new" | "calling" | "body" | "failed" | "over";

class Run implements Exchange, RequestParts {
  readonly requestId: string;
  readonly input: InputStream;
  readonly errors: ErrorStream;
  readonly earlyHints = (headers: HeaderList) => this.#hint(headers);
  readonly trailers = (trailers: TrailerList) => this.#reply.add(trailers);
  readonly #application: Application;
  readonly #host: GatewayHost;
  readonly #request: ExchangeRequest;
  #phase: Phase = "new";
  readonly #reply: Reply;
  #ahead: Ahead | undefined;
  #environ: Environ | undefined;
  #body: ResponseBody | undefined;
  /** The body, if it is a file that was not begun yet. */
  #file: FileWrapper | undefined;
  #failure: unknown;
  #notice: Notice | undefined;
  readonly #draining: AbortController;

  constructor(application: Application, host: GatewayHost, request: ExchangeRequest, draining: AbortController) {
    this.#application = application;
    this.#host = host;
    this.#request = request;
    this.#draining = draining;
    this.#reply = new Reply(request.head);
    this.requestId = host.nextRequestId();
    this.input = new InputStream(request.body);
    this.errors = new ErrorStream(host.writeError, this.requestId);
  }

  next(): ExchangeEvent {
    this.#ahead?.delivered();
    try {
      let event = this.#phase === "new" ? this.#call() : undefined;
      while (event === undefined) event = this.#step();
      return event;
    } catch (error) {
      return this.#fail(error);
    }
  }

  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  signal(): AbortSignal {
    return this.#noticed().signal;
  }

  #noticed(): Notice {
    this.#notice ??= new Notice();
    return this.#notice;
  }

  lookup(key: string): unknown {
    return this.#environ?.[key];
  }

  drain(reason: Error): void {
    if (this.#phase === "over") return;
    this.#draining.abort(reason);
    this.#noticed().leave(reason, this.#reply.isEventStream);
  }

  warn(reason: Error): void {
    if (this.#phase !== "over") this.#noticed().give(reason);
  }

  expire(reason: RequestError): ExchangeEvent {
    const event = this.#reply.begun ? CUT : refusalOf(reason.status, this.requestId);
    this.abort(reason);
    return event;
  }

  abort(reason: Error): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    // Before the body is closed, so that a generator's `finally` can tell this end from the other.
    this.#noticed().give(reason);
    this.#ahead?.lose(reason);
    this.#finish();
  }

  /** An event, or undefined when the state moved on and another step is due. */
  #step(): ExchangeEvent | undefined {
    if (this.#isAhead()) return this.#dequeue(this.#ahead!.take());
    if (this.#phase === "calling") return WAIT;
    if (this.#phase === "failed") throw this.#failure;
    const body = this.#body;
    if (this.#phase === "over" || body === undefined) return CUT;
    if (body.upgrade !== undefined) return this.#last(body.upgrade.handOver(this.#reply.begun));
    if (this.#isAlone(body)) return this.#whole(toPiece(body.only));
    if (this.#file !== undefined && this.#beginFile(this.#file)) return this.#end();
    const chunk = body.next();
    if (chunk === WAITING) return WAIT;
    if (this.#isAhead()) {
      // A generator wrote or hinted while it ran: that was first.
      if (chunk !== DONE) this.#ahead!.follow(toPiece(chunk));
      return undefined;
    }
    return chunk === DONE ? this.#end() : this.#data(toPiece(chunk));
  }

  /** Calls the application, or refuses the request in its place. */
  #call(): ExchangeEvent | undefined {
    this.#phase = "calling";
    const startResponse = (status: string, headers: HeaderList, error?: unknown) =>
      this.#startResponse(status, headers, error);
    const environ = buildEnviron(this.#request.head, this.#request.info, this.#host.facts, this);
    // No application is asked about a request whose origin is in dispute: there is no environ that would be right.
    if (typeof environ === "string") return this.#refuse(fault(environ, 0));
    this.#environ = environ;
    if (environ.HTTP_UPGRADE !== undefined) offerUpgrade(environ, this.#request, this.#host);
    const result: unknown = this.#application(environ, startResponse);
    if (!isPromise(result)) return this.#accept(result);
    const settle = (change: () => void) => {
      change();
      if (this.#phase !== "over") this.#request.wake();
    };
    result.then(
      (value) => settle(() => this.#accept(value)),
      (error) => settle(() => this.#failLater(error)),
    );
    return undefined;
  }

  #accept(result: unknown): undefined {
    // The client left while the application was thinking: nobody reads the body, but it is closed all the same.
    if (this.#phase === "over") {
      closeResult(result, (error) => this.#report(error, "none"));
      return;
    }
    try {
      this.#body = new ResponseBody(result, this.#request.wake);
      if (result instanceof FileWrapper) this.#file = result;
      this.#phase = "body";
    } catch (error) {
      closeResult(result, (trouble) => this.#report(trouble, "none"));
      this.#failLater(error);
    }
  }

  #failLater(error: unknown): void {
    if (this.#phase === "over") {
      // The usual way out after an abort is to throw its reason; anything else is the application's own trouble.
      if (this.#notice?.explains(error) !== true) this.#report(error, "none");
      return;
    }
    this.#failure = error;
    this.#phase = "failed";
  }

  /** Whether nothing of it is to be sent, so that nothing is read (PEP 3333: a file is sent up to the Content-Length). */
  #beginFile(file: FileWrapper): boolean {
    this.#file = undefined;
    const { length, sent, bodyless } = this.#reply;
    if (length !== undefined) file.atMost(Math.max(0, length - sent));
    return bodyless;
  }

  /** The whole body in one chunk, so its length is known (PEP 3333, Handling the Content-Length Header). */
  #whole(piece: Piece): ExchangeEvent {
    const reply = this.#reply;
    const { length } = reply;
    if (reply.bodyless) return this.#without(piece);
    if (length !== undefined && length !== piece.length) throw wrongLength(length, piece.length);
    return this.#last(reply.begin(piece.length, piece.length === 0 ? undefined : piece, false));
  }

  /** HEAD, or a status that has no body: a chunk that is not empty shows that the head is complete. */
  #without(piece: Piece): ExchangeEvent {
    const reply = this.#reply;
    const { length } = reply;
    const status = reply.status!;
    const isHead = this.#request.head.method === "HEAD";
    if (!isHead && piece.length > 0) this.#report(unwantedBody(status), "none");
    // HEAD says what GET would have said; an empty chunk tells nothing of that, nor does a 304 of what a 200 would have had.
    const says = isHead && !hasNoBody(status) && piece.length > 0 && this.#isAlone(this.#body!);
    return this.#last(reply.begin(length ?? (says ? piece.length : undefined), undefined, false));
  }

  #data(piece: Piece): ExchangeEvent | undefined {
    // PEP 3333: nothing is sent before the first chunk that is not empty.
    if (piece.length === 0) return undefined;
    const reply = this.#reply;
    const { length } = reply;
    if (reply.bodyless) return this.#without(piece);
    if (length !== undefined && reply.sent + piece.length > length) return this.#tooLong(piece, length);
    reply.sent += piece.length;
    return reply.begun ? { type: "data", bytes: piece } : reply.begin(length, piece, true);
  }

  #end(): ExchangeEvent {
    const reply = this.#reply;
    const { length, trailers } = reply;
    if (reply.bodyless) return this.#without("");
    if (length !== undefined && reply.sent < length) throw wrongLength(length, reply.sent);
    if (!reply.begun) {
      // Nothing came, so the length is 0; with trailers, the next step ends what this begins.
      if (length === undefined && trailers !== NO_TRAILERS) return reply.begin(undefined, undefined, true);
      return this.#last(reply.begin(length ?? 0, undefined, false));
    }
    return this.#last(trailers === NO_TRAILERS ? END : { type: "end", trailers: trailerFields(trailers) });
  }

  #last(event: ExchangeEvent): ExchangeEvent {
    this.#finish();
    return event;
  }

  /** More bytes than Content-Length said: they are not sent, they are not hidden, and the connection is not used again. */
  #tooLong(piece: Piece, length: number): ExchangeEvent {
    const reply = this.#reply;
    const error = wrongLength(length, reply.sent + piece.length, "at least ");
    const room = length - reply.sent;
    if (!reply.begun || room === 0) throw error;
    this.#failure = error;
    this.#ahead?.lose(error);
    this.#phase = "failed";
    reply.sent = length;
    return { type: "data", bytes: firstOf(piece, room) };
  }

  #isAhead(): boolean {
    return this.#ahead?.waiting === true;
  }

  /** Whether the body is one chunk and known at once. With trailers to come it must not have a length. */
  #isAlone(body: ResponseBody): boolean {
    return this.#ahead?.wrote !== true && this.#reply.trailers === NO_TRAILERS && body.single;
  }

  #dequeue(taken: InformationEvent | Piece): ExchangeEvent | undefined {
    if (typeof taken !== "string" && !(taken instanceof Uint8Array)) return this.#reply.begun ? undefined : taken;
    const event = this.#data(taken);
    // An empty chunk is not handed over, and nobody will ask on its account.
    if (event === undefined) this.#ahead!.delivered();
    return event;
  }

  #startResponse(status: string, headers: HeaderList, error?: unknown): (chunk: Chunk) => Promise<void> {
    this.#reply.say(status, headers, error);
    this.#notice?.said(this.#reply.isEventStream);
    return (chunk) => this.#write(chunk);
  }

  #write(chunk: Chunk): Promise<void> {
    const piece = toPiece(chunk);
    const ahead = this.#open();
    const promise = ahead.write(piece);
    if (this.#phase !== "over") this.#request.wake();
    else {
      const late = this.#reply.bodyless
        ? undefined
        : new ContractError("write() was called after the response was over");
      ahead.lose(this.#notice?.reason ?? late);
      ahead.close();
    }
    return promise;
  }

  #hint(headers: HeaderList): void {
    const { fields } = checkHeaders(headers, "tsgi.early_hints");
    if (this.#reply.begun || this.#phase === "over" || this.#request.head.version === "1.0") return;
    this.#open().hint({ type: "information", status: 103, fields });
    this.#request.wake();
  }

  #open(): Ahead {
    this.#ahead ??= new Ahead();
    return this.#ahead;
  }

  #refuse(what: Fault): ExchangeEvent {
    this.#host.refused(what, this.#request.info, this.requestId);
    return this.#last(refusalFor(what, this.requestId));
  }

  /** wsgiref's handle_error: logged, then a 500 if nothing was sent, else a cut that the client can see. */
  #fail(error: unknown): ExchangeEvent {
    const reply = this.#reply;
    const told = this.#notice?.explains(error) === true;
    const { answer, blameless } = verdictOn(error, { told, headSent: reply.begun, endless: reply.isEndless });
    if (!blameless) this.#report(error, answer === "end" ? "none" : answer);
    this.#ahead?.lose(error);
    this.#finish();
    return answer === "cut" ? CUT : answer === "end" ? END : refusalOf(answer, this.requestId);
  }

  #report(error: unknown, answer: Trouble["answer"]): void {
    const { method, target } = this.#request.head;
    this.#host.report({ requestId: this.requestId, method, target, error, answer });
  }

  #finish(): void {
    this.#phase = "over";
    if (this.#body?.inert === false) this.#body.close((error) => this.#report(error, "none"));
    // After close(), which may have had something to say.
    this.errors.flush();
    this.#ahead?.close();
  }
}
