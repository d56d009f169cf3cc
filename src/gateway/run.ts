// The reference gateway loop: PEP 3333 and wsgiref's BaseHandler.run, pulled one event at a time by the connection.
// Set up the environ, call the application, hand over what it gives, close what it returned, exactly once on every path.
// A synchronous application with one chunk is answered in one event and never meets the microtask queue.

import { Buffer } from "node:buffer";
import type { Piece, ResponseEvent } from "../protocol/events.ts";
import { type Fault, fault } from "../protocol/faults.ts";
import { ContractError, closeResult, DONE, ResponseBody, WAITING } from "./body.ts";
import { buildEnviron, type RequestParts } from "./environ.ts";
import { ErrorStream } from "./errors.ts";
import {
  CUT,
  type Exchange,
  type ExchangeEvent,
  type ExchangeRequest,
  RequestError,
  type Serve,
  WAIT,
} from "./exchange.ts";
import { type CheckedHeaders, type CheckedStatus, checkHeaders, checkStatus, show } from "./headers.ts";
import type { GatewayHost, Trouble } from "./host.ts";
import { InputStream } from "./input.ts";
import { refusalFor, refusalOf } from "./refusal.ts";
import type { Application, Chunk, Environ, HeaderList } from "./types.ts";

/** Makes the `Serve` of a TSGI application. */
export const gatewayFor =
  (application: Application, host: GatewayHost): Serve =>
  (request) =>
    new Run(application, host, request);

/** What the application put out itself, ahead of what it returns: a chunk by `write`, or early hints. */
type Queued =
  | { readonly kind: "event"; readonly event: ExchangeEvent }
  | { readonly kind: "chunk"; readonly piece: Piece; readonly handedOver: () => void };

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
  #wrote = false;
  #queue: Queued[] = NOTHING;
  #handedOver: (() => void) | undefined;
  #environ: Environ | undefined;
  #body: ResponseBody | undefined;
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
    this.#handedOver?.();
    this.#handedOver = undefined;
    try {
      let event = this.#phase === "new" ? this.#call() : undefined;
      for (;;) {
        event ??= this.#step();
        if (event !== undefined) return event;
      }
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
    this.#finish();
    this.#handedOver?.();
  }

  /** An event, or undefined when the state moved on and another step is due. */
  #step(): ExchangeEvent | undefined {
    if (this.#queue.length > 0) return this.#dequeue(this.#queue.shift()!);
    if (this.#phase === "calling") return WAIT;
    if (this.#phase === "failed") throw this.#failure;
    const body = this.#body;
    if (this.#phase === "over" || body === undefined) return CUT;
    if (body.single && !this.#wrote) return this.#whole(toPiece(body.only));
    const chunk = body.next();
    if (chunk === WAITING) return WAIT;
    if (this.#queue.length > 0) {
      // A generator wrote or hinted while it ran: that was first.
      if (chunk !== DONE) this.#queue.push({ kind: "chunk", piece: toPiece(chunk), handedOver: nothing });
      return undefined;
    }
    return chunk === DONE ? this.#end() : this.#data(toPiece(chunk));
  }

  /** Calls the application, or refuses the request in its place. */
  #call(): ExchangeEvent | undefined {
    this.#phase = "calling";
    const startResponse = (status: string, headers: HeaderList, error?: unknown) =>
      this.#startResponse(status, headers, error);
    const { head, info } = this.#request;
    const environ = buildEnviron(head, info, this.#host.facts, this);
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

  /** The whole body in one chunk, so its length is known (PEP 3333, Handling the Content-Length Header). */
  #whole(piece: Piece): ExchangeEvent {
    const bodyless = this.#bodyless();
    const { length } = this.#head();
    if (length !== undefined && length !== piece.length && !bodyless) throw wrongLength(length, piece.length);
    const event = this.#response(length ?? piece.length, bodyless || piece.length === 0 ? undefined : piece, false);
    this.#finish();
    return event;
  }

  #data(piece: Piece): ExchangeEvent | undefined {
    // PEP 3333: nothing is sent before the first chunk that is not empty.
    if (piece.length === 0) return undefined;
    const { length } = this.#head();
    if (this.#bodyless()) {
      const event = this.#response(length, undefined, false);
      this.#finish();
      return event;
    }
    if (length !== undefined && this.#sent + piece.length > length) return this.#tooLong(piece, length);
    this.#sent += piece.length;
    return this.#headSent ? { type: "data", bytes: piece } : this.#response(length, piece, true);
  }

  #end(): ExchangeEvent {
    const { length } = this.#head();
    const bodyless = this.#bodyless();
    if (length !== undefined && this.#sent < length && !bodyless) throw wrongLength(length, this.#sent);
    // Nothing came: the length is 0, unless HEAD or 304 said, or left open, what a GET would have had.
    const event = this.#headSent ? END : this.#response(length ?? (bodyless ? undefined : 0), undefined, false);
    this.#finish();
    return event;
  }

  /** More bytes than Content-Length said: they are not sent, they are not hidden, and the connection is not used again. */
  #tooLong(piece: Piece, length: number): ExchangeEvent {
    const error = wrongLength(length, this.#sent + piece.length, "at least ");
    const room = length - this.#sent;
    if (!this.#headSent || room === 0) throw error;
    this.#failure = error;
    this.#phase = "failed";
    this.#sent = length;
    return { type: "data", bytes: typeof piece === "string" ? piece.slice(0, room) : piece.subarray(0, room) };
  }

  #dequeue(queued: Queued): ExchangeEvent | undefined {
    if (queued.kind === "event") return this.#headSent ? undefined : queued.event;
    this.#handedOver = queued.handedOver;
    return this.#data(queued.piece);
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
    const promise = new Promise<void>((resolve, reject) => {
      const handedOver = () => (this.#gone === undefined ? resolve() : reject(this.#gone));
      if (this.#phase !== "over") {
        this.#wrote = true;
        this.#enqueue({ kind: "chunk", piece, handedOver });
      } else if (this.#gone !== undefined || this.#bodyless()) handedOver();
      else reject(new ContractError("write() was called after the response was over"));
    });
    // A rejected write that nobody awaits must not end the process.
    promise.catch(nothing);
    return promise;
  }

  #hint(headers: HeaderList): void {
    const { fields } = checkHeaders(headers);
    if (this.#headSent || this.#phase === "over" || this.#request.head.version === "1.0") return;
    this.#enqueue({ kind: "event", event: { type: "information", status: 103, fields } });
  }

  #enqueue(queued: Queued): void {
    if (this.#queue === NOTHING) this.#queue = [];
    this.#queue.push(queued);
    this.#request.wake();
  }

  /** The headers, once startResponse was called as it should be. */
  #head(): CheckedHeaders {
    if (this.#headers === undefined) {
      throw new ContractError("the application did not call startResponse before its first chunk");
    }
    return this.#headers;
  }

  #bodyless(): boolean {
    const status = this.#status?.status;
    return this.#request.head.method === "HEAD" || status === 204 || status === 304;
  }

  #response(length: number | undefined, body: Piece | undefined, more: boolean): ResponseEvent {
    const { fields } = this.#head();
    const { status, reason } = this.#status!;
    this.#headSent = true;
    return { type: "response", status, reason, fields, length, date: "", close: false, body, more };
  }

  /** No application is asked about a request whose origin is in dispute: there is no environ that would be right. */
  #refuse(what: Fault): ExchangeEvent {
    this.#host.refused(what, this.#request.info, this.requestId);
    this.#finish();
    return refusalFor(what, this.requestId);
  }

  /** wsgiref's handle_error: logged, then a 500 if nothing was sent, else a cut that the client can see. */
  #fail(error: unknown): ExchangeEvent {
    // Where the client's part failed and the application let it through, nobody here did wrong.
    const blameless = error instanceof RequestError;
    const status = blameless ? error.status : 500;
    const answer = this.#headSent ? "cut" : status;
    if (!blameless) this.#report(error, answer);
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
    if (this.#queue === NOTHING) return;
    // What was written and not asked for, of HEAD or by an application that goes on after its client left.
    for (const queued of this.#queue) if (queued.kind === "chunk") queued.handedOver();
    this.#queue = NOTHING;
  }
}

const END = Object.freeze({ type: "end" } as const);
/** Stands for an empty queue, which is the rule: no array for a request that needs none. */
const NOTHING: Queued[] = [];
/** Holds the place of a status while startResponse judges its arguments. */
const UNSAID: CheckedStatus = Object.freeze({ status: 500, reason: "" });
const nothing = () => {};

/** A chunk as a latin-1 string or bytes, so that `length` counts bytes. */
function toPiece(chunk: unknown): Piece {
  if (typeof chunk === "string") {
    // As many bytes as code units means ASCII, which is its own latin-1: no copy.
    return Buffer.byteLength(chunk) === chunk.length ? chunk : Buffer.from(chunk, "utf8");
  }
  if (chunk instanceof Uint8Array) return chunk;
  throw new ContractError(
    `the application gave ${show(chunk)} as a chunk of the body: expected a string or a Uint8Array`,
  );
}

const wrongLength = (said: number, gave: number, about = ""): ContractError =>
  new ContractError(`the application said Content-Length ${said} and gave ${about}${gave} bytes`);

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

const isFarewell = (error: unknown, reason: Error | undefined): boolean =>
  error === reason || error instanceof RequestError || (error instanceof Error && error.name === "AbortError");
