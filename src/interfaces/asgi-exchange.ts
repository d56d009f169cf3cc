// One scope of a connection in progress, whatever its type: calls the application, queues what it sends until the connection asks, and
// judges how it ended. What may be sent and received is the matter of the two that are made of it (asgi-http.ts, asgi-websocket.ts).

import { isPromise } from "../gateway/body.ts";
import type { DrainingSignals } from "../gateway/draining.ts";
import {
  CUT,
  END,
  type Exchange,
  type ExchangeEvent,
  type ExchangeRequest,
  type RequestError,
  WAIT,
} from "../gateway/exchange.ts";
import { verdictOn } from "../gateway/failure.ts";
import type { GatewayHost, Trouble } from "../gateway/host.ts";
import { Notice } from "../gateway/notice.ts";
import { refusalFor, refusalOf } from "../gateway/refusal.ts";
import { type Fault, type FaultCode, fault } from "../protocol/faults.ts";
import { ClientDisconnectedError } from "./asgi-errors.ts";
import { AsgiReply, type EventSink, type Given } from "./asgi-reply.ts";
import { unknownEvent } from "./asgi-said.ts";
import type {
  AsgiApplication,
  AsgiState,
  HttpScope,
  ReceiveEvent,
  SendEvent,
  TsgiExtension,
  WebSocketScope,
} from "./asgi-types.ts";
import { wordOf } from "./words.ts";

/** What is the same for all requests of one gateway. */
export interface AsgiParts {
  readonly application: AsgiApplication;
  readonly host: GatewayHost;
  /** What `lifespan` has filled. */
  readonly state: AsgiState;
  readonly signals: DrainingSignals;
}

/** For what has nothing to wait for. */
export const DONE: Promise<void> = Promise.resolve();

interface Waiter {
  /** Which event it waits for, by its number. */
  readonly event: number;
  readonly resolve: () => void;
  readonly reject: (why: Error) => void;
}

export abstract class AsgiExchange implements Exchange, EventSink {
  readonly requestId: string;
  protected readonly parts: AsgiParts;
  protected readonly request: ExchangeRequest;
  protected readonly reply: AsgiReply;
  /** The last event is queued or taken; nobody asks after it. */
  protected ended = false;
  /** Why nothing goes out any more. */
  protected gone: Error | undefined;
  /** Why the application should end; what it still sends goes out. */
  protected told: Error | undefined;
  #called = false;
  #headTaken = false;
  #first: ExchangeEvent | undefined;
  /** Those behind the first: made only for an application that does not wait. */
  #others: ExchangeEvent[] | undefined;
  #put = 0;
  #taken = 0;
  /** So many were taken by the operating system. */
  #handed = 0;
  #waiters: Waiter[] | undefined;
  #notice: Notice | undefined;
  readonly #draining: AbortController;
  /** Where there is none, the request was refused. */
  #scope: HttpScope | WebSocketScope | undefined;
  /** What `send` rejected with last: where nobody awaits it, it would be seen by nobody. */
  protected refused: unknown;

  constructor(parts: AsgiParts, request: ExchangeRequest) {
    this.parts = parts;
    this.request = request;
    this.reply = new AsgiReply(request.head);
    this.requestId = parts.host.nextRequestId();
    this.#draining = parts.signals.take();
  }

  /** A fresh scope, or why the request is refused. */
  protected abstract scope(extension: TsgiExtension): HttpScope | WebSocketScope | FaultCode;
  protected abstract receive(): Promise<ReceiveEvent>;
  /** Takes an event; what it throws is what `send` rejects with. */
  protected abstract take(event: Given): Promise<void>;
  /** The types of events that may be sent. */
  protected abstract readonly sendable: readonly string[];
  /** Whoever waits in `receive` is told that nothing will come. */
  protected abstract release(): void;
  /** The application returned, and nobody has told it that its client is gone. */
  protected abstract returned(): void;

  next(): ExchangeEvent {
    // The connection asks again only when what it was given was handed over.
    this.#handed = this.#taken;
    if (this.#waiters !== undefined) this.#settle(this.#waiters);
    if (!this.#called) this.#call();
    const event = this.#first;
    if (event === undefined) return WAIT;
    this.#first = this.#others?.shift();
    this.#taken += 1;
    if (event.type === "response") this.#headTaken = true;
    return event;
  }

  get signal(): AbortSignal {
    return this.#noticed().signal;
  }

  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  lookup(key: string): unknown {
    const { head, info: peer } = this.request;
    const scope = this.#scope;
    const [remoteAddress = peer.remoteAddress, port = peer.remotePort] = scope?.client ?? [];
    const isSecure = scope === undefined ? peer.scheme === "https" : scope.scheme.endsWith("s");
    const client = { remoteAddress, remotePort: String(port), scheme: isSecure ? "https" : "http" } as const;
    return wordOf(key, { head, requestId: this.requestId, peer, client, scriptName: scope?.root_path ?? "" });
  }

  drain(reason: Error): void {
    if (this.#isOver) return;
    this.#draining.abort(reason);
    const { isEventStream } = this.reply;
    this.#noticed().leave(reason, isEventStream);
    if (isEventStream) this.tell(reason);
  }

  warn(reason: Error): void {
    if (this.#isOver) return;
    this.#noticed().give(reason);
    this.tell(reason);
  }

  expire(reason: RequestError): ExchangeEvent {
    const event = this.#headTaken ? CUT : refusalOf(reason.status, this.requestId);
    this.abort(reason);
    return event;
  }

  abort(reason: Error): void {
    if (this.#isOver) return;
    this.gone = reason;
    this.#noticed().give(reason);
    this.#forget();
    if (this.#waiters !== undefined) {
      for (const { reject } of this.#waiters.splice(0)) reject(new ClientDisconnectedError(reason));
    }
    this.release();
  }

  put(event: ExchangeEvent): void {
    if (this.#first === undefined) this.#first = event;
    else {
      this.#others ??= [];
      this.#others.push(event);
    }
    this.#put += 1;
  }

  /** Nothing is asked, or listened to, any more. */
  get #isOver(): boolean {
    return this.gone !== undefined || (this.ended && this.#first === undefined);
  }

  #forget(): void {
    this.#first = undefined;
    this.#others = undefined;
  }

  /** The last event was put. */
  protected end(): void {
    this.ended = true;
    this.request.wake();
    this.release();
  }

  /** The application should end by itself. */
  protected tell(reason: Error): void {
    this.told ??= reason;
    this.release();
  }

  /** The worker leaves, which nobody says to an exchange that has become a websocket. */
  protected abortDraining(reason: Error): void {
    this.#draining.abort(reason);
  }

  protected abortSignal(reason: Error): void {
    this.#noticed().give(reason);
  }

  /** What kind of response it is, is known now: an event stream that begins in a worker that leaves is told at once. */
  protected said(): void {
    if (this.#notice === undefined) return;
    const { isEventStream } = this.reply;
    this.#notice.said(isEventStream);
    if (isEventStream && this.#notice.reason !== undefined) this.tell(this.#notice.reason);
  }

  /** Kept when everything that was put was handed over, or there is no more of it to wait for. */
  protected handedOver(): Promise<void> {
    if (this.ended || this.#handed >= this.#put) return DONE;
    const promise = new Promise<void>((resolve, reject) => {
      this.#waiters ??= [];
      this.#waiters.push({ event: this.#put, resolve, reject });
    });
    // A rejected send that nobody awaits must not end the process.
    promise.catch(nothing);
    return promise;
  }

  #settle(waiters: Waiter[]): void {
    while (waiters.length > 0 && waiters[0]!.event <= this.#handed) waiters.shift()!.resolve();
  }

  #noticed(): Notice {
    this.#notice ??= new Notice();
    return this.#notice;
  }

  #call(): void {
    this.#called = true;
    const scope = this.scope(new RequestExtension(this));
    // No application is asked about a request whose origin is in dispute: there is no scope that would be right.
    if (typeof scope === "string") {
      this.#refuse(fault(scope, 0));
      return;
    }
    this.#scope = scope;
    try {
      const result: unknown = this.parts.application(
        scope,
        () => this.receive(),
        (event) => this.#send(event),
      );
      if (!isPromise(result)) this.#over();
      else
        result.then(
          () => this.#over(),
          (error) => this.fail(error),
        );
    } catch (error) {
      this.fail(error);
    }
  }

  #refuse(what: Fault): void {
    this.parts.host.refused(what, this.request.info, this.requestId);
    this.put(refusalFor(what, this.requestId));
    this.ended = true;
  }

  #send(event: SendEvent): Promise<void> {
    try {
      const type: unknown = (event as { type?: unknown } | null | undefined)?.type;
      if (typeof type !== "string" || !this.sendable.includes(type)) throw unknownEvent(event, this.sendable);
      return this.take(event as unknown as Given);
    } catch (error) {
      this.refused = error;
      if (this.reply.broken === error) this.fail(error);
      return rejected(error);
    }
  }

  #over(): void {
    if (this.gone === undefined) this.returned();
  }

  /** wsgiref's handle_error: logged, then a status if nothing was sent, else a cut that the client can see. */
  protected fail(error: unknown, inPlace?: number): void {
    const told = error instanceof ClientDisconnectedError || error === this.told || this.#explains(error);
    if (this.ended || this.gone !== undefined) {
      // What went wrong with the response was said when it did.
      if (!told && error !== this.reply.broken) this.report(error, "none");
      return;
    }
    const { isEndless: endless } = this.reply;
    const headSent = this.#headTaken;
    const verdict = verdictOn(error, { told, headSent, endless });
    const answer = headSent ? verdict.answer : (inPlace ?? verdict.answer);
    if (!verdict.blameless) this.report(error, answer === "end" ? "none" : answer);
    if (typeof answer === "number") {
      this.#forget();
      this.put(refusalOf(answer, this.requestId));
    } else this.put(answer === "end" ? END : CUT);
    this.end();
  }

  #explains(error: unknown): boolean {
    return this.#notice?.explains(error) === true;
  }

  protected report(error: unknown, answer: Trouble["answer"]): void {
    const { method, target } = this.request.head;
    this.parts.host.report({ requestId: this.requestId, method, target, error, answer });
  }
}

class RequestExtension implements TsgiExtension {
  readonly request_id: string;
  readonly #exchange: AsgiExchange;

  constructor(exchange: AsgiExchange) {
    this.request_id = exchange.requestId;
    this.#exchange = exchange;
  }

  get signal(): AbortSignal {
    return this.#exchange.signal;
  }

  get draining(): AbortSignal {
    return this.#exchange.draining;
  }
}

function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject(error);
  // A rejected send that nobody awaits must not end the process; what came of it is said when the application returns.
  promise.catch(nothing);
  return promise;
}

const nothing = (): void => {};
