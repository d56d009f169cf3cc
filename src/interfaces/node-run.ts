// One request of a node application: makes its objects, calls the listeners, pulls the body for them, and tells them how it ends. What
// they write is node-delivery.ts. An application's failure is a response or a cut, as for any other interface.

import { channel } from "node:diagnostics_channel";
import type { ServerResponse } from "node:http";
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
import type { Claims } from "../gateway/forwarded.ts";
import type { GatewayHost, Trouble } from "../gateway/host.ts";
import { Notice } from "../gateway/notice.ts";
import { refusalFor, refusalOf } from "../gateway/refusal.ts";
import { asksForWebSocket, upgradeOf } from "../gateway/upgrade.ts";
import { type ConnectionInfo, NO_FIELDS } from "../protocol/events.ts";
import { fault } from "../protocol/faults.ts";
import { Delivery, type Sender } from "./node-delivery.ts";
import { type Classes, type InnerRequest, RUN } from "./node-names.ts";
import { abortRequest, endRequest, requestOf } from "./node-request.ts";
import { responseOf } from "./node-response.ts";
import type { WorkerServer } from "./node-server.ts";
import { Companion, NodeSocket } from "./node-socket.ts";
import { NodeUpgrade } from "./node-upgrade.ts";
import { wordOf } from "./words.ts";

/** What tracing libraries listen to. */
const started = channel("http.server.request.start");
const finished = channel("http.server.response.finish");

const NOBODY_UPGRADES =
  "a websocket was asked for, and nobody listens to 'upgrade' of the server that is served: the request is answered as any other. " +
  "What was attached to another server, as by ws or socket.io, has to be attached to the one that is exported";

/** What all requests of a gateway share. */
export interface NodeGateway {
  readonly host: GatewayHost;
  readonly served: WorkerServer;
  readonly classes: Classes;
  /** It was said that nobody makes websockets. */
  saidDeaf: boolean;
}

export class NodeRun implements Exchange, Sender {
  readonly requestId: string;
  readonly #gateway: NodeGateway;
  readonly #given: ExchangeRequest;
  #request: InnerRequest | undefined;
  #socket: NodeSocket | undefined;
  #delivery: Delivery | undefined;
  /** The client as it is believed to be. */
  #client: ConnectionInfo;
  #isNew = true;
  /** `next` is under way: whoever writes now need not wake it. */
  #asked = false;
  #failure: { readonly error: unknown } | undefined;
  /** Why the body could not be read to its end. */
  #unread: unknown;
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

  /** As RequestInfo has it; so are the next two. */
  get peerAddress(): string {
    return this.#given.info.remoteAddress;
  }

  get signal(): AbortSignal {
    return this.#noticed().signal;
  }

  get draining(): AbortSignal {
    this.#draining ??= new AbortController();
    if (this.#leaving !== undefined) this.#draining.abort(this.#leaving);
    return this.#draining.signal;
  }

  next(): ExchangeEvent {
    this.#asked = true;
    try {
      const answer = this.#isNew ? this.#start() : undefined;
      if (answer !== undefined) return answer;
      if (this.#failure !== undefined) return this.#fail(this.#failure.error);
      const event = this.#delivery!.next();
      // A listener of `drain` wrote what cannot be sent while we asked, and could not wake us.
      const failure = this.#failure as { readonly error: unknown } | undefined;
      if (event.type === "wait" && failure !== undefined) return this.#fail(failure.error);
      if (event.type === "response" && this.#leaving !== undefined) setImmediate(() => this.#endStream());
      return event;
    } catch (error) {
      return this.#fail(error);
    } finally {
      this.#asked = false;
    }
  }

  lookup(key: string): unknown {
    const { head, info: peer } = this.#given;
    return wordOf(key, { head, requestId: this.requestId, peer, client: this.#client, scriptName: "" });
  }

  drain(reason: Error): void {
    this.#leaving = reason;
    this.#draining?.abort(reason);
    this.#endStream();
  }

  warn(reason: Error): void {
    this.#noticed().give(reason);
  }

  expire(reason: RequestError): ExchangeEvent {
    const event = this.#delivery?.headGiven === true ? CUT : refusalOf(reason.status, this.requestId);
    this.#quit(reason);
    return event;
  }

  abort(reason: Error): void {
    if (this.#delivery?.over === true) return;
    // Node closes the socket first.
    this.#socket?.gone();
    this.#quit(reason);
  }

  fail(failure: unknown): void {
    const delivery = this.#delivery;
    // What the listener let through is what its request was destroyed with: the client's part failed, not the application.
    const error = this.#unread !== undefined && failure === this.#request?.errored ? this.#unread : failure;
    if (delivery === undefined || delivery.over || delivery.ended) {
      if (!this.#isFarewell(error)) this.#report(error, "none");
      return;
    }
    this.#failure ??= { error };
    this.wake();
  }

  wake(): void {
    if (!this.#asked && this.#delivery?.over !== true) this.#given.wake();
  }

  welcome(): boolean {
    const { head, body } = this.#given;
    if (!head.expectContinue) return false;
    // Reading says so, and says it once.
    if (!this.#request!._consuming && !this.#request!.complete) this.#early ??= body.read();
    return true;
  }

  finished(response: ServerResponse): void {
    if (!finished.hasSubscribers) return;
    const { server } = this.#gateway.served;
    finished.publish({ request: this.#request, response, socket: this.#socket, server });
  }

  /** The application reads. */
  readBody(): void {
    const request = this.#request!;
    if (request.complete || this.#delivery?.over === true) {
      endRequest(request, NO_FIELDS);
      return;
    }
    const got = this.#early ?? this.#given.body.read();
    this.#early = undefined;
    if (got instanceof Promise) {
      got.then(
        (bytes) => this.#took(bytes),
        (error) => this.#notTaken(error),
      );
    } else this.#took(got);
  }

  #took(bytes: Uint8Array | null): void {
    const request = this.#request!;
    if (request.destroyed) return;
    this.#socket!.touch();
    if (bytes !== null) {
      request.push(bytes);
      return;
    }
    endRequest(request, this.#given.body.trailers ?? NO_FIELDS);
    this.#delivery!.requestRead();
  }

  /** The client's part failed. The application hears of it, and may answer within this turn: under Node it could not at all. */
  #notTaken(error: unknown): void {
    this.#unread = error;
    abortRequest(this.#request!);
    this.#delivery!.requestRead();
    setImmediate(() => this.fail(error));
  }

  /** Makes the objects and calls the listeners; answers where the request goes elsewhere. */
  #start(): ExchangeEvent | undefined {
    this.#isNew = false;
    const { host, served, classes } = this.#gateway;
    const { head, info, carrier } = this.#given;
    const { server } = served;
    const claims = claimsOf(head, info, host.facts);
    if (typeof claims === "string") {
      host.refused(fault(claims, 0), info, this.requestId);
      return refusalFor(fault(claims, 0), this.requestId);
    }
    // Node drops a CONNECT that nobody listens for. No application of requests and responses can serve one.
    if (head.method === "CONNECT") return refusalOf(501, this.requestId);
    const claimed = claims?.info;
    this.#client = claimed ?? info;
    served.met(info);
    if (carrier !== undefined && server.listenerCount("upgrade") > 0) {
      const protocol = upgradeOf(head);
      if (protocol !== undefined) return this.#upgrade(protocol, claims);
    } else if (carrier !== undefined && !this.#gateway.saidDeaf && asksForWebSocket(head)) {
      this.#gateway.saidDeaf = true;
      host.writeError(NOBODY_UPGRADES, this.requestId, "warn");
    }
    const socket =
      carrier === undefined
        ? new NodeSocket({ info: this.#client, carrier, server })
        : Companion.of({ info, carrier, server }).socketFor(claimed);
    // The request before it in a pipeline ends the connection, which is told in a moment.
    if (socket.writableEnded || socket.destroyed) return WAIT;
    if (carrier === undefined) socket.dropped = () => this.fail(new RequestError(499, "the connection was dropped"));
    this.#socket = socket;
    const { joinDuplicateHeaders = false } = server as { joinDuplicateHeaders?: boolean };
    const request = requestOf({ run: this, head, socket, classes, joinDuplicateHeaders, host: claims?.host });
    this.#request = request;
    const response = responseOf({ request, socket, keepAlive: head.keepAlive, classes, options: server });
    this.#delivery = new Delivery(this, request, response, socket);
    response[RUN] = this.#delivery;
    if (server.timeout > 0) socket.setTimeout(server.timeout);
    if (started.hasSubscribers) started.publish({ request, response, socket, server });
    const waits = head.expectContinue && server.listenerCount("checkContinue") > 0;
    server.emit(waits ? "checkContinue" : "request", request, response);
    return undefined;
  }

  #upgrade(protocol: string, claims: Claims | undefined): ExchangeEvent {
    const { served, classes } = this.#gateway;
    const { head } = this.#given;
    return {
      type: "upgrade",
      take: (socket, rest) => {
        const request = requestOf({
          run: this,
          head,
          socket,
          classes,
          joinDuplicateHeaders: false,
          host: claims?.host,
        });
        request.upgrade = true;
        const failed = (error: unknown) => this.#report(error, "cut");
        return new NodeUpgrade({
          server: served.server,
          request,
          socket,
          rest,
          claimed: claims?.info,
          protocol,
          failed,
        });
      },
    };
  }

  /** The worker leaves, and nobody misses the end of an event stream. */
  #endStream(): void {
    const delivery = this.#delivery;
    if (delivery === undefined || delivery.over || delivery.ended) return;
    if (!delivery.headGiven || !delivery.isEventStream) return;
    this.#noticed().give(this.#leaving!);
    delivery.endStream();
  }

  #noticed(): Notice {
    this.#notice ??= new Notice();
    return this.#notice;
  }

  #isFarewell(error: unknown): boolean {
    return this.#notice?.explains(error) ?? error instanceof RequestError;
  }

  /** No more is asked for. */
  #quit(reason: Error): void {
    this.#noticed().give(reason);
    this.#delivery?.lose(reason);
  }

  #fail(error: unknown): ExchangeEvent {
    const headSent = this.#delivery?.headGiven === true;
    const endless = this.#delivery?.isEventStream === true;
    const { answer, blameless } = verdictOn(error, { told: this.#notice?.explains(error) === true, headSent, endless });
    if (!blameless) this.#report(error, answer === "end" ? "none" : answer);
    this.#quit(error instanceof Error ? error : new Error("the listener failed", { cause: error }));
    return answer === "cut" ? CUT : answer === "end" ? END : refusalOf(answer, this.requestId);
  }

  #report(error: unknown, answer: Trouble["answer"]): void {
    const { method, target } = this.#given.head;
    this.#gateway.host.report({ requestId: this.requestId, method, target, error, answer });
  }
}

/** The run of a request that came through this interface. */
export const runOf = (request: unknown): NodeRun | undefined =>
  (request as { [RUN]?: NodeRun } | null | undefined)?.[RUN];
