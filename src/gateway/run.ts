// The reference gateway loop: PEP 3333 and wsgiref's BaseHandler.run, pulled one event at a time by the connection.
// Set up the environ, call the application, hand over what it gives, close what it returned, exactly once on every path.
// A synchronous application with one chunk is answered in one event and never meets the microtask queue.

import type { InformationEvent, Piece, ResponseEvent } from "../protocol/events.ts";
import { type Fault, fault } from "../protocol/faults.ts";
import { Ahead } from "./ahead.ts";
import { ContractError, closeResult, DONE, isPromise, ResponseBody, WAITING } from "./body.ts";
import { firstOf, hasNoBody, toPiece, unwantedBody, wrongLength } from "./chunk.ts";
import { buildEnviron, type RequestParts } from "./environ.ts";
import { ErrorStream } from "./errors.ts";
import {
  CUT,
  END,
  type Exchange,
  type ExchangeEvent,
  type ExchangeRequest,
  isFarewell,
  RequestError,
  type Serve,
  WAIT,
} from "./exchange.ts";
import { FileWrapper } from "./file-wrapper.ts";
import { type CheckedHeaders, type CheckedStatus, checkHeaders, checkStatus, UNSAID } from "./headers.ts";
import type { GatewayHost, Trouble } from "./host.ts";
import { InputStream } from "./input.ts";
import { refusalFor, refusalOf } from "./refusal.ts";
import { checkTrailers, NO_TRAILERS, trailerFields, trailerNames } from "./trailers.ts";
import type { Application, Chunk, Environ, HeaderList, TrailerList } from "./types.ts";

/** Makes the `Serve` of a TSGI application. */
export const gatewayFor =
  (application: Application, host: GatewayHost): Serve =>
  (request) =>
    new Run(application, host, request);

type Phase = "new" | "calling" | "body" | "failed" | "over";

class Run implements Exchange, RequestParts {
  readonly requestId: string;
  readonly input: InputStream;
  readonly errors: ErrorStream;
  readonly earlyHints = (headers: HeaderList) => this.#hint(headers);
  readonly #application: Application;
  readonly #host: GatewayHost;
  readonly #request: ExchangeRequest;
  #phase: Phase = "new";
  #status: CheckedStatus | undefined;
  #headers: CheckedHeaders | undefined;
  #headSent = false;
  /** Body bytes given to the connection. */
  #sent = 0;
  #ahead: Ahead | undefined;
  #environ: Environ | undefined;
  #body: ResponseBody | undefined;
  /** The body, if it is a file that was not begun yet. */
  #file: FileWrapper | undefined;
  #trailers = NO_TRAILERS;
  #failure: unknown;
  #abort: AbortController | undefined;
  #gone: Error | undefined;

  constructor(application: Application, host: GatewayHost, request: ExchangeRequest) {
    this.#application = application;
    this.#host = host;
    this.#request = request;
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

  signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#gone !== undefined) this.#abort.abort(this.#gone);
    return this.#abort.signal;
  }

  lookup(key: string): unknown {
    return this.#environ?.[key];
  }

  abort(reason: Error): void {
    if (this.#phase === "over") return;
    this.#gone = reason;
    this.#phase = "over";
    // Before the body is closed, so that a generator's `finally` can tell this end from the other.
    this.#abort?.abort(reason);
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
      if (!isFarewell(error, this.#gone)) this.#report(error, "none");
      return;
    }
    this.#failure = error;
    this.#phase = "failed";
  }

  /** Whether nothing of it is to be sent, so that nothing is read (PEP 3333: a file is sent up to the Content-Length). */
  #beginFile(file: FileWrapper): boolean {
    this.#file = undefined;
    const { length } = this.#head();
    if (length !== undefined) file.atMost(Math.max(0, length - this.#sent));
    return this.#bodyless();
  }

  /** The whole body in one chunk, so its length is known (PEP 3333, Handling the Content-Length Header). */
  #whole(piece: Piece): ExchangeEvent {
    const { length } = this.#head();
    if (this.#bodyless()) return this.#without(piece);
    if (length !== undefined && length !== piece.length) throw wrongLength(length, piece.length);
    return this.#last(this.#response(piece.length, piece.length === 0 ? undefined : piece, false));
  }

  /** HEAD, or a status that has no body: a chunk that is not empty shows that the head is complete. */
  #without(piece: Piece): ExchangeEvent {
    const { length } = this.#head();
    const { status } = this.#status!;
    const isHead = this.#request.head.method === "HEAD";
    if (!isHead && piece.length > 0) this.#report(unwantedBody(status), "none");
    // HEAD says what GET would have said; an empty chunk tells nothing of that, nor does a 304 of what a 200 would have had.
    const says = isHead && !hasNoBody(status) && piece.length > 0 && this.#isAlone(this.#body!);
    return this.#last(this.#response(length ?? (says ? piece.length : undefined), undefined, false));
  }

  #data(piece: Piece): ExchangeEvent | undefined {
    // PEP 3333: nothing is sent before the first chunk that is not empty.
    if (piece.length === 0) return undefined;
    const { length } = this.#head();
    if (this.#bodyless()) return this.#without(piece);
    if (length !== undefined && this.#sent + piece.length > length) return this.#tooLong(piece, length);
    this.#sent += piece.length;
    return this.#headSent ? { type: "data", bytes: piece } : this.#response(length, piece, true);
  }

  #end(): ExchangeEvent {
    const { length } = this.#head();
    if (this.#bodyless()) return this.#without("");
    if (length !== undefined && this.#sent < length) throw wrongLength(length, this.#sent);
    if (!this.#headSent) {
      // Nothing came, so the length is 0; with trailers, the next step ends what this begins.
      if (length === undefined && this.#trailers !== NO_TRAILERS) return this.#response(undefined, undefined, true);
      return this.#last(this.#response(length ?? 0, undefined, false));
    }
    const trailers = this.#trailers;
    return this.#last(trailers === NO_TRAILERS ? END : { type: "end", trailers: trailerFields(trailers) });
  }

  #last(event: ExchangeEvent): ExchangeEvent {
    this.#finish();
    return event;
  }

  /** More bytes than Content-Length said: they are not sent, they are not hidden, and the connection is not used again. */
  #tooLong(piece: Piece, length: number): ExchangeEvent {
    const error = wrongLength(length, this.#sent + piece.length, "at least ");
    const room = length - this.#sent;
    if (!this.#headSent || room === 0) throw error;
    this.#failure = error;
    this.#ahead?.lose(error);
    this.#phase = "failed";
    this.#sent = length;
    return { type: "data", bytes: firstOf(piece, room) };
  }

  #isAhead(): boolean {
    return this.#ahead?.waiting === true;
  }

  /** Whether the body is one chunk and known at once. With trailers to come it must not have a length. */
  #isAlone(body: ResponseBody): boolean {
    return this.#ahead?.wrote !== true && this.#trailers === NO_TRAILERS && body.single;
  }

  #dequeue(taken: InformationEvent | Piece): ExchangeEvent | undefined {
    if (typeof taken !== "string" && !(taken instanceof Uint8Array)) return this.#headSent ? undefined : taken;
    const event = this.#data(taken);
    // An empty chunk is not handed over, and nobody will ask on its account.
    if (event === undefined) this.#ahead!.delivered();
    return event;
  }

  #startResponse(status: string, headers: HeaderList, error?: unknown): (chunk: Chunk) => Promise<void> {
    if (error !== undefined && error !== null) {
      if (this.#headSent) throw error;
    } else if (this.#status !== undefined) {
      throw new ContractError("startResponse was called twice: a second call needs the error that made it necessary");
    }
    // The first call counts even if it throws, so that whoever handles the throw must say why it calls again.
    this.#status = UNSAID;
    this.#headers = undefined;
    const checkedStatus = checkStatus(status);
    this.#headers = checkHeaders(headers);
    this.#status = checkedStatus;
    return (chunk) => this.#write(chunk);
  }

  #write(chunk: Chunk): Promise<void> {
    const piece = toPiece(chunk);
    const ahead = this.#open();
    const promise = ahead.write(piece);
    if (this.#phase !== "over") this.#request.wake();
    else {
      const late = this.#bodyless() ? undefined : new ContractError("write() was called after the response was over");
      ahead.lose(this.#gone ?? late);
      ahead.close();
    }
    return promise;
  }

  #hint(headers: HeaderList): void {
    const { fields } = checkHeaders(headers, "tsgi.early_hints");
    if (this.#headSent || this.#phase === "over" || this.#request.head.version === "1.0") return;
    this.#open().hint({ type: "information", status: 103, fields });
    this.#request.wake();
  }

  addTrailers(trailers: TrailerList): void {
    const checked = checkTrailers(trailers);
    if (this.#phase !== "over" && checked.length > 0) this.#trailers = [...this.#trailers, ...checked];
  }

  #open(): Ahead {
    this.#ahead ??= new Ahead();
    return this.#ahead;
  }

  /** The headers, once startResponse was called as it should be. */
  #head(): CheckedHeaders {
    if (this.#headers === undefined) {
      throw new ContractError("the application did not call startResponse before its first chunk");
    }
    return this.#headers;
  }

  #bodyless(): boolean {
    return this.#request.head.method === "HEAD" || hasNoBody(this.#status?.status);
  }

  #response(length: number | undefined, body: Piece | undefined, more: boolean): ResponseEvent {
    const { fields } = this.#head();
    const { status, reason } = this.#status!;
    this.#headSent = true;
    const announces = this.#trailers === NO_TRAILERS ? undefined : trailerNames(this.#trailers);
    return { type: "response", status, reason, fields, length, date: "", close: false, body, more, announces };
  }

  #refuse(what: Fault): ExchangeEvent {
    this.#host.refused(what, this.#request.info, this.requestId);
    return this.#last(refusalFor(what, this.requestId));
  }

  /** wsgiref's handle_error: logged, then a 500 if nothing was sent, else a cut that the client can see. */
  #fail(error: unknown): ExchangeEvent {
    // Where the client's part failed and the application let it through, nobody here did wrong.
    const blameless = error instanceof RequestError;
    const status = blameless ? error.status : 500;
    const answer = this.#headSent ? "cut" : status;
    if (!blameless) this.#report(error, answer);
    this.#ahead?.lose(error);
    this.#finish();
    if (answer === "cut") return CUT;
    this.#headSent = true;
    return refusalOf(status, this.requestId);
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
