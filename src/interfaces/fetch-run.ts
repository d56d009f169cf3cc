// One request of a fetch application: the handler is called with a light Request, and its Response becomes the events that the connection
// asks for. A synchronous handler with text or bytes is answered in one event and never meets the microtask queue.

import { isPromise } from "../gateway/body.ts";
import { decodePath } from "../gateway/decode-path.ts";
import { claimsOf } from "../gateway/environ.ts";
import {
  type BodySource,
  CUT,
  END,
  type Exchange,
  type ExchangeEvent,
  type ExchangeRequest,
  type RequestError,
  WAIT,
} from "../gateway/exchange.ts";
import { verdictOn } from "../gateway/failure.ts";
import type { Claims } from "../gateway/forwarded.ts";
import type { GatewayHost, Trouble } from "../gateway/host.ts";
import { Notice } from "../gateway/notice.ts";
import { refusalFor, refusalOf } from "../gateway/refusal.ts";
import { checkHeaders } from "../gateway/said.ts";
import { type FlatFields, type InformationEvent, NO_FIELDS, type RequestHead } from "../protocol/events.ts";
import { type FaultCode, fault } from "../protocol/faults.ts";
import { type Answer, answerOf, bodylessEvent, dropBody, isBodyless, unwantedIn, wholeEvent } from "./fetch-answer.ts";
import {
  type Afterwork,
  Context,
  type ContextOwner,
  Env,
  type FetchContext,
  type FetchEnv,
  type HintHeaders,
} from "./fetch-context.ts";
import { FetchDelivery } from "./fetch-delivery.ts";
import { LightHeaders } from "./fetch-headers.ts";
import { isHeaders } from "./fetch-native.ts";
import { LightRequest, type RequestOwner } from "./fetch-request.ts";
import { urlOf } from "./fetch-url.ts";
import { wordOf } from "./words.ts";

/** What is the same for all requests of one gateway. */
export interface FetchGateway {
  readonly target: { fetch(request: Request, env: FetchEnv, context: FetchContext): unknown };
  readonly host: GatewayHost;
  readonly afterwork: Afterwork;
}

type Phase = "new" | "calling" | "answer" | "body" | "failed" | "over";

/** A websocket that the application has accepted and that the connection does not know of yet. */
export interface Handshake {
  /** The upgrade, if the fields are those of the response that stands for it. */
  accept(fields: FlatFields): ExchangeEvent | undefined;
  /** Nothing came of it. */
  lose(): void;
}

export class FetchRun implements Exchange, ContextOwner, RequestOwner {
  readonly requestId: string;
  readonly #gateway: FetchGateway;
  readonly #request: ExchangeRequest;
  readonly #draining: AbortController;
  #phase: Phase = "new";
  #claims: Claims | undefined;
  #answer: Answer | undefined;
  /** Of a body that is not all here. */
  #delivery: FetchDelivery | undefined;
  #leaving: Error | undefined;
  #hints: InformationEvent[] | undefined;
  #failure: unknown;
  #notice: Notice | undefined;
  #handshake: Handshake | undefined;

  constructor(gateway: FetchGateway, request: ExchangeRequest, draining: AbortController) {
    this.#gateway = gateway;
    this.#request = request;
    this.#draining = draining;
    this.requestId = gateway.host.nextRequestId();
  }

  get head(): RequestHead {
    return this.#request.head;
  }

  get source(): BodySource {
    return this.#request.body;
  }

  get host(): GatewayHost {
    return this.#gateway.host;
  }

  /** Whether it came on a connection, which alone can be upgraded. */
  get hasCarrier(): boolean {
    return this.#request.carrier !== undefined;
  }

  get remoteAddress(): string {
    return (this.#claims?.info ?? this.#request.info).remoteAddress;
  }

  get remotePort(): string {
    return (this.#claims?.info ?? this.#request.info).remotePort;
  }

  get peerAddress(): string {
    return this.#request.info.remoteAddress;
  }

  get scriptName(): string {
    return this.#claims?.scriptName ?? "";
  }

  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  get signal(): AbortSignal {
    return this.#noticed().signal;
  }

  get trailers(): LightHeaders {
    return new LightHeaders(this.#request.body.trailers ?? NO_FIELDS);
  }

  waitUntil(promise: unknown): void {
    this.#gateway.afterwork.add(promise, (error) => this.report(error, "none"));
  }

  hint(headers: HintHeaders): void {
    const list = isHeaders(headers) || Array.isArray(headers) ? [...headers] : Object.entries(headers);
    const { fields } = checkHeaders(list, "earlyHints");
    if (this.#delivery !== undefined || this.#phase === "over" || this.head.version === "1.0") return;
    this.#hints ??= [];
    this.#hints.push({ type: "information", status: 103, fields });
    this.#request.wake();
  }

  /** The application accepts a websocket. Of two the last one counts; after the end nothing comes of any. */
  shake(handshake: Handshake): void {
    this.#handshake?.lose();
    this.#handshake = handshake;
    if (this.#phase === "over") this.#drop();
  }

  #drop(): void {
    const handshake = this.#handshake;
    this.#handshake = undefined;
    handshake?.lose();
  }

  report(error: unknown, answer: Trouble["answer"]): void {
    const { method, target } = this.head;
    this.#gateway.host.report({ requestId: this.requestId, method, target, error, answer });
  }

  next(): ExchangeEvent {
    try {
      if (this.#phase === "new") {
        const event = this.#call();
        if (event !== undefined) return event;
      }
      if (this.#hints !== undefined && this.#hints.length > 0 && this.#delivery === undefined)
        return this.#hints.shift()!;
      switch (this.#phase) {
        case "answer":
          return this.#begin(this.#answer!);
        case "body":
          return this.#next(this.#delivery!);
        case "calling":
          return WAIT;
        case "failed":
          throw this.#failure;
        default:
          return CUT;
      }
    } catch (error) {
      return this.#fail(error);
    }
  }

  lookup(key: string): unknown {
    const { head, info: peer } = this.#request;
    const client = this.#claims?.info ?? peer;
    return wordOf(key, { head, requestId: this.requestId, peer, client, scriptName: this.scriptName });
  }

  drain(reason: Error): void {
    if (this.#phase === "over") return;
    this.#draining.abort(reason);
    this.#leaving ??= reason;
    this.#noticed().leave(reason, this.#answer?.sent.isEventStream === true);
    if (this.#isEndless) this.#delivery?.endSoon(reason);
  }

  warn(reason: Error): void {
    if (this.#phase !== "over") this.#noticed().give(reason);
  }

  expire(reason: RequestError): ExchangeEvent {
    const event = this.#delivery?.begun === true ? CUT : refusalOf(reason.status, this.requestId);
    this.abort(reason);
    return event;
  }

  abort(reason: Error): void {
    if (this.#phase === "over") return;
    this.#noticed().give(reason);
    this.#finish(reason);
  }

  #noticed(): Notice {
    this.#notice ??= new Notice();
    return this.#notice;
  }

  /** Calls the application, or refuses the request in its place. */
  #call(): ExchangeEvent | undefined {
    this.#phase = "calling";
    const { head, info } = this.#request;
    const claims = claimsOf(head, info, this.#gateway.host.facts);
    if (typeof claims === "string") return this.#refuse(claims);
    this.#claims = claims;
    const url = urlOf(head, info, claims);
    if (url === undefined) return this.#refuse("http1.bad-host");
    if (claims?.inPath === true && !isUnder(url, claims.scriptName)) return this.#refuse("edge.script-name-mismatch");
    const request = new LightRequest(this, url) as unknown as Request;
    const result = this.#gateway.target.fetch(request, new Env(this), new Context(this));
    if (isPromise(result)) {
      result.then(
        (value) => this.#settle(value),
        (error: unknown) => this.#failLater(error),
      );
    } else this.#accept(result);
    return undefined;
  }

  #accept(result: unknown): void {
    this.#answer = answerOf(result);
    this.#phase = "answer";
    if (this.#notice !== undefined) this.#notice.said(this.#answer.sent.isEventStream);
  }

  #settle(value: unknown): void {
    // The client left while the application was thinking: nobody reads the body, but its source is told.
    if (this.#phase === "over") {
      dropBody(value, this.#notice?.reason);
      return;
    }
    try {
      this.#accept(value);
    } catch (error) {
      this.#failLater(error);
      return;
    }
    this.#request.wake();
  }

  #failLater(error: unknown): void {
    if (this.#phase === "over") {
      // The usual way out after an abort is to throw its reason; anything else is the application's own trouble.
      if (this.#notice?.explains(error) !== true) this.report(error, "none");
      return;
    }
    this.#failure = error;
    this.#phase = "failed";
    this.#request.wake();
  }

  /** The first event of a response, which is all of it where the body is here. */
  #begin(answer: Answer): ExchangeEvent {
    const { status, whole, stream } = answer;
    const event = this.#handshake?.accept(answer.sent.fields);
    if (event !== undefined) {
      this.#handshake = undefined;
      return this.#last(event);
    }
    if (isBodyless(this.head.method, status)) {
      const unwanted = unwantedIn(answer);
      if (unwanted !== undefined) this.report(unwanted, "none");
      stream?.cancel().catch(() => {});
      return this.#last(bodylessEvent(answer));
    }
    if (whole !== undefined) return this.#last(wholeEvent(answer, whole));
    this.#delivery = new FetchDelivery(answer, stream!, this.#request.wake);
    this.#phase = "body";
    if (this.#leaving !== undefined && this.#isEndless) this.#delivery.endSoon(this.#leaving);
    return this.#next(this.#delivery);
  }

  /** The next event of a stream. */
  #next(delivery: FetchDelivery): ExchangeEvent {
    const event = delivery.next();
    return delivery.isWhole ? this.#last(event) : event;
  }

  #last(event: ExchangeEvent): ExchangeEvent {
    this.#finish(undefined);
    return event;
  }

  #refuse(code: FaultCode): ExchangeEvent {
    const what = fault(code, 0);
    this.host.refused(what, this.#request.info, this.requestId);
    return this.#last(refusalFor(what, this.requestId));
  }

  /** Logged, then a 500 if nothing was sent, else a cut that the client can see. */
  #fail(error: unknown): ExchangeEvent {
    const told = this.#notice?.explains(error) === true;
    const headSent = this.#delivery?.begun === true;
    const { answer, blameless } = verdictOn(error, { told, headSent, endless: this.#isEndless });
    if (!blameless) this.report(error, answer === "end" ? "none" : answer);
    this.#finish(error);
    return answer === "cut" ? CUT : answer === "end" ? END : refusalOf(answer, this.requestId);
  }

  get #isEndless(): boolean {
    return this.#answer?.sent.isEventStream === true && this.#answer.length === undefined;
  }

  /** @param why Undefined when all was given. */
  #finish(why: unknown): void {
    const answer = this.#answer;
    const wasAnswer = this.#phase === "answer";
    this.#phase = "over";
    if (why !== undefined) {
      this.#delivery?.cancel(why, (error) => this.report(error, "none"));
      if (wasAnswer && answer?.stream?.locked === false) answer.stream.cancel(why).catch(() => {});
    }
    if (this.#handshake !== undefined) this.#drop();
  }
}

/** Whether a URL's path is the script name, or lies under it. */
function isUnder(url: string, scriptName: string): boolean {
  const path = decodePath(new URL(url).pathname);
  const rest = path.slice(scriptName.length);
  return path.startsWith(scriptName) && (rest === "" || rest.startsWith("/"));
}
