// A handler as the other side of a connection: what it puts out is queued, and pulled event by event like the loop's (run.ts).
// For servers whose requests are handled by a class of their user's. Does not know what the handler does.

import type { SendEvent } from "../protocol/events.ts";
import { fault } from "../protocol/faults.ts";
import { ContractError } from "./body.ts";
import { buildEnviron } from "./environ.ts";
import { ErrorStream } from "./errors.ts";
import {
  CUT,
  type Exchange,
  type ExchangeEvent,
  type ExchangeRequest,
  type RequestError,
  type Serve,
  WAIT,
} from "./exchange.ts";
import type { GatewayHost } from "./host.ts";
import { InputStream } from "./input.ts";
import { refusalFor, refusalOf } from "./refusal.ts";
import { show } from "./said.ts";
import type { ServerHandler, ServerHandlerClass, ServerRequest } from "./server-handler.ts";
import type { Application, Environ } from "./types.ts";

/** Makes the `Serve` of an application whose requests are handled by a class of handlers. */
export const handlerGateway =
  (handlerClass: ServerHandlerClass) =>
  (application: Application, host: GatewayHost): Serve =>
  (request) =>
    new HandlerExchange({ handlerClass, application, host, request });

interface Parts {
  readonly handlerClass: ServerHandlerClass;
  readonly application: Application;
  readonly host: GatewayHost;
  readonly request: ExchangeRequest;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (why: Error) => void;
}

const UNFINISHED =
  "run() was over before its response was: await super.run(application), and super.endBody() where that is overridden";

class HandlerExchange implements Exchange {
  readonly requestId: string;
  readonly #input: InputStream;
  readonly #errors: ErrorStream;
  readonly #parts: Parts;
  readonly #queue: ExchangeEvent[] = [];
  #waiters: Waiter[] = [];
  #handler: ServerHandler | undefined;
  /** What there was to say before there was a handler: a request may begin in a worker that leaves. */
  readonly #untold: ((handler: ServerHandler) => void)[] = [];
  #headPut = false;
  /** Bytes of the body that are still to come; Infinity where its length was not said. */
  #left = Number.POSITIVE_INFINITY;
  #headTaken = false;
  /** The connection has asked for more than there was: everything is handed over. */
  #isDry = false;
  /** The last event is in the queue, or was taken; nobody asks after it. */
  #ended = false;
  #gone: Error | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.requestId = parts.host.nextRequestId();
    this.#input = new InputStream(parts.request.body);
    this.#errors = new ErrorStream(parts.host.writeError, this.requestId);
  }

  next(): ExchangeEvent {
    if (this.#handler === undefined && !this.#ended) this.#begin();
    const event = this.#queue.shift();
    if (event?.type === "response") this.#headTaken = true;
    // The connection asks again only when it has room: what was taken before is handed over.
    this.#isDry = event === undefined;
    if (this.#isDry || (this.#ended && this.#queue.length === 0)) this.#settle();
    return event ?? WAIT;
  }

  lookup(key: string): unknown {
    return this.#handler?.environ[key];
  }

  drain(reason: Error): void {
    this.#tell((handler) => handler.drain(reason));
  }

  warn(reason: Error): void {
    this.#tell((handler) => handler.warn(reason));
  }

  expire(reason: RequestError): ExchangeEvent {
    const event = this.#headTaken ? CUT : refusalOf(reason.status, this.requestId);
    this.abort(reason);
    return event;
  }

  abort(reason: Error): void {
    this.#gone ??= reason;
    this.#ended = true;
    this.#handler?.abort(reason);
    this.#settle();
  }

  #begin(): void {
    const { host, request } = this.#parts;
    const environ = this.#environ();
    // No application is asked about a request whose origin is in dispute: there is no environ that would be right.
    if (typeof environ === "string") {
      const what = fault(environ, 0);
      host.refused(what, request.info, this.requestId);
      this.#queueUp(refusalFor(what, this.requestId), true);
      return;
    }
    void this.#serve(environ);
  }

  async #serve(environ: Environ): Promise<void> {
    const { handlerClass, application, host, request } = this.#parts;
    try {
      const handler = new handlerClass(this.#requestFor(environ));
      this.#handler = handler;
      for (const tell of this.#untold) tell(handler);
      await handler.run(application);
      // Its own `run`, which forgot the promise of ours; or its own `endBody`.
      if (!this.#ended && (handler.outcome ?? "whole") === "whole")
        throw new ContractError(`${handlerClass.name || "a handler"}: ${UNFINISHED}`);
    } catch (error) {
      const { method, target } = request.head;
      const answer = this.#ended ? "none" : this.#headPut ? "cut" : 500;
      host.report({ requestId: this.requestId, method, target, error, answer });
    }
    this.#over();
  }

  #tell(tell: (handler: ServerHandler) => void): void {
    if (this.#handler === undefined) this.#untold.push(tell);
    else tell(this.#handler);
  }

  #requestFor(environ: Environ): ServerRequest {
    return {
      ...{ requestId: this.requestId, environ, input: this.#input, errors: this.#errors },
      put: (event) => this.#put(event),
      handedOver: () => this.#handedOver(),
      report: (trouble) => this.#parts.host.report(trouble),
    };
  }

  #put(event: SendEvent): void {
    if (this.#ended) return;
    const isHead = event.type === "response";
    // Steps in an order of the handler's own: said in the step, where the codec would say it to nobody.
    if (isHead === this.#headPut && event.type !== "information") {
      throw new ContractError(isHead ? "the headers were sent already" : "sendHeaders() comes before the body");
    }
    this.#headPut ||= isHead;
    this.#count(event);
    this.#queueUp(event, event.type === "end" || (event.type === "response" && !event.more));
  }

  /** Whether the bytes are as many as the headers said, which a step that was overridden may have changed. */
  #count(event: SendEvent): void {
    if (event.type === "response") this.#left = event.length ?? Number.POSITIVE_INFINITY;
    else if (event.type === "data") {
      const bytes: unknown = event.bytes;
      if (typeof bytes !== "string" && !(bytes instanceof Uint8Array)) {
        throw new ContractError(`writeRaw() was given ${show(bytes)}: expected a string or a Uint8Array`);
      }
      if (bytes.length > this.#left)
        throw new ContractError("the handler wrote more bytes than its Content-Length says");
      this.#left -= bytes.length;
    } else if (event.type === "end" && this.#left > 0 && this.#left < Number.POSITIVE_INFINITY) {
      throw new ContractError(`the handler wrote ${this.#left} bytes less than its Content-Length says`);
    }
  }

  #handedOver(): void | Promise<void> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    // The last event is asked for, and nothing after it.
    if (this.#isDry || (this.#ended && this.#queue.length === 0)) return;
    return new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  #environ(): Environ | Parameters<typeof fault>[0] {
    const { host, request } = this.#parts;
    const never = new AbortController().signal;
    return buildEnviron(request.head, request.info, host.facts, {
      ...{ input: this.#input, errors: this.#errors, requestId: this.requestId, draining: never },
      ...{ earlyHints: () => {}, trailers: () => {}, signal: () => never },
    });
  }

  /** The handler is through. What it did not end is cut; and where it could not even say that it failed, this does. */
  #over(): void {
    if (!this.#ended) this.#queueUp(this.#headPut ? CUT : refusalOf(500, this.requestId), true);
  }

  #queueUp(event: ExchangeEvent, isLast: boolean): void {
    this.#queue.push(event);
    this.#isDry = false;
    this.#ended = isLast;
    this.#parts.request.wake();
  }

  #settle(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { resolve, reject } of waiters) this.#gone === undefined ? resolve() : reject(this.#gone);
  }
}
