// A websocket of an ASGI application by `tsgi.upgrade` of an environ (docs/gateway.md, section 14): accept is the upgrade, anything else a
// response. Does not know the server, nor how a response is made.

import { RequestError } from "../gateway/exchange.ts";
import { failureText } from "../gateway/failure.ts";
import { refusalOf } from "../gateway/refusal.ts";
import type { Body, Environ, Upgrade, WebSocketConnection } from "../gateway/types.ts";
import { asksForWebSocket } from "../gateway/upgrade.ts";
import type { RequestHead, ResponseEvent } from "../protocol/events.ts";
import { ClientDisconnectedError } from "./asgi-errors.ts";
import type { Given } from "./asgi-reply.ts";
import { headersOf, outOfOrder, statusOf, unfinished, unknownEvent } from "./asgi-said.ts";
import type {
  AsgiApplication,
  HttpScope,
  SendEvent,
  TsgiExtension,
  WebSocketDisconnectEvent,
  WebSocketIncomingEvent,
  WebSocketScope,
} from "./asgi-types.ts";
import {
  acceptFields,
  closeOf,
  FORBIDDEN,
  forbidden,
  messageOf,
  protocolOf,
  WEBSOCKET_SENDABLE,
} from "./asgi-websocket-said.ts";
import { handshakeRefusal, protocolsOf } from "./handshake.ts";

/** RFC 6455 section 7.1.5: the connection was lost. */
const LOST: WebSocketDisconnectEvent = Object.freeze({ type: "websocket.disconnect", code: 1006, reason: "" });

const INTERNAL_ERROR = 1011;

const OFFERED = Object.freeze({});

export interface WebSocketBridgeParts {
  readonly environ: Environ;
  readonly upgrade: Upgrade;
  /** What the request would be if it were no websocket. */
  readonly scope: HttpScope;
  /** Makes the TSGI response of a part of the application that answers as to a request. */
  readonly answer: (application: AsgiApplication) => Promise<Body>;
}

type Answering = (event: SendEvent) => Promise<void>;

export class WebSocketBridge implements TsgiExtension {
  readonly #parts: WebSocketBridgeParts;
  readonly #offered: readonly string[];
  #phase: "new" | "connecting" | "denying" | "opening" | "open" | "over" = "new";
  #socket: WebSocketConnection | undefined;
  #messages: AsyncIterator<string | Buffer, unknown> | undefined;
  #decide: { resolve(body: Body | Promise<Body>): void; reject(why: unknown): void } | undefined;
  /** Of the websocket, or of the answer in its place: how the application ended. */
  readonly #done: Promise<void>;
  #end!: { resolve(): void; reject(why: unknown): void };
  #accepted: { resolve(): void; reject(why: Error): void } | undefined;
  /** Whoever waits for the answer to the handshake; given nothing where it is open. */
  #receiver: ((event: WebSocketDisconnectEvent | undefined) => void) | undefined;
  #isReading = false;
  #disconnect: WebSocketDisconnectEvent | undefined;
  #isTold = false;
  #deny: Answering | undefined;
  #controller: AbortController | undefined;
  #refused: unknown;
  #reason: Error | undefined;
  /** The application failed before the socket was open. */
  #isBroken = false;
  readonly #whenGone = (): void => {
    this.#reason = this.#parts.environ["tsgi.signal"].reason as Error;
    this.#finish(LOST);
  };

  constructor(parts: WebSocketBridgeParts) {
    this.#parts = parts;
    this.#offered = protocolsOf(headFrom(parts));
    this.#done = new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
    });
    // Where nobody is left to take it, it was logged.
    this.#done.catch(nothing);
  }

  run(application: AsgiApplication): Promise<Body> | Body {
    const { environ, upgrade } = this.#parts;
    // A handshake that is wrong never reaches the application (RFC 6455 section 4.2.1): the server has the refusal.
    if (handshakeRefusal(headFrom(this.#parts)) !== undefined) return upgrade(nothing);
    const signal = environ["tsgi.signal"];
    if (signal.aborted) this.#whenGone();
    else signal.addEventListener("abort", this.#whenGone, { once: true });
    return new Promise<Body>((resolve, reject) => {
      this.#decide = { resolve, reject };
      // An application that throws at once is one that rejects.
      const receive = (): Promise<WebSocketIncomingEvent> => this.#receive();
      const called = (async () => application(this.#scope(), receive, (event) => this.#send(event)))();
      called.then(
        () => this.#returned(),
        (error: unknown) => this.#fail(error),
      );
    });
  }

  #scope(): WebSocketScope {
    const { method: _method, scheme, ...shared } = this.#parts.scope;
    return {
      ...shared,
      ...{ type: "websocket", scheme: scheme === "https" ? "wss" : "ws", subprotocols: this.#offered },
      extensions: { "websocket.http.response": OFFERED, tsgi: this },
    };
  }

  /** Aborts when the websocket is over; that of the environ ends with the request. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#disconnect !== undefined) this.#controller.abort(this.#why());
    return this.#controller.signal;
  }

  get draining(): AbortSignal {
    return this.#parts.environ["tsgi.draining"];
  }

  get request_id(): string {
    return this.#parts.environ["tsgi.request_id"];
  }

  async #receive(): Promise<WebSocketIncomingEvent> {
    if (this.#phase === "new") {
      this.#phase = "connecting";
      return { type: "websocket.connect" };
    }
    if (this.#isReading) throw outOfOrder("receive()", "again before the one before was over");
    this.#isReading = true;
    try {
      if (this.#messages === undefined && this.#disconnect === undefined) {
        const event = await new Promise<WebSocketDisconnectEvent | undefined>((resolve) => {
          this.#receiver = resolve;
        });
        if (event !== undefined) return event;
      }
      const next = await this.#messages?.next();
      if (next !== undefined && next.done !== true) return messageEvent(next.value as string | Buffer);
      if (this.#socket !== undefined) this.#finish({ type: "websocket.disconnect", ...(await this.#socket.closed) });
      if (this.#isTold) throw new ClientDisconnectedError(this.#why());
      this.#isTold = true;
      return this.#disconnect!;
    } finally {
      this.#isReading = false;
    }
  }

  #send(event: SendEvent): Promise<void> {
    let sent: Promise<void>;
    try {
      const type: unknown = (event as { type?: unknown } | null | undefined)?.type;
      if (!WEBSOCKET_SENDABLE.some((one) => one === type)) throw unknownEvent(event, WEBSOCKET_SENDABLE);
      sent = Promise.resolve(this.#take(event as unknown as Given));
    } catch (error) {
      this.#refused = error;
      sent = Promise.reject(error);
    }
    // A rejected send that nobody awaits must not end the process.
    sent.catch(nothing);
    return sent;
  }

  #take(event: Given): void | Promise<void> {
    const { type } = event;
    if (this.#disconnect !== undefined) throw new ClientDisconnectedError(this.#why());
    if (this.#phase === "over") throw outOfOrder(type, "after the end");
    switch (type) {
      case "websocket.accept":
        return this.#accept(event);
      case "websocket.send":
        if (this.#phase !== "open") throw outOfOrder(type, "before websocket.accept");
        return this.#socket!.send(messageOf(event)).catch((error: Error) => {
          throw new ClientDisconnectedError(error);
        });
      case "websocket.close":
        return this.#close(event);
      case "websocket.http.response.start":
        this.#isUndecided(type);
        // What is wrong was not said, so that another answer may be.
        statusOf(event["status"], type);
        headersOf(event["headers"], type);
        return this.#denial()({ ...event, trailers: false } as unknown as SendEvent);
      default:
        if (this.#phase !== "denying") throw outOfOrder(type, "before websocket.http.response.start");
        return this.#deny!(event as unknown as SendEvent).then(() => {
          if (event["more_body"] !== true) this.#finish(LOST);
        });
    }
  }

  #accept(event: Given): Promise<void> {
    this.#isUndecided(event.type);
    const { upgrade } = this.#parts;
    const protocol = protocolOf(event, this.#offered);
    const flat = acceptFields(event);
    const headers = Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2]!, flat[i * 2 + 1]!] as const);
    const body = upgrade((socket) => this.#opened(socket), { protocol, headers });
    this.#phase = "opening";
    // Where nothing came of it, this is all that is heard.
    this.#answer(Object.assign(body, { close: () => this.#finish(LOST) }));
    return new Promise<void>((resolve, reject) => {
      this.#accepted = { resolve, reject };
    });
  }

  #isUndecided(type: string): void {
    if (this.#phase === "new" || this.#phase === "connecting") return;
    throw outOfOrder(
      type,
      this.#phase === "denying" ? "after websocket.http.response.start" : "after websocket.accept",
    );
  }

  #opened(socket: WebSocketConnection): Promise<void> {
    this.#socket = socket;
    this.#messages = socket[Symbol.asyncIterator]();
    this.#phase = "open";
    this.#unlisten();
    void socket.closed.then((closed) => this.#finish({ type: "websocket.disconnect", ...closed }));
    this.#accepted?.resolve();
    this.#accepted = undefined;
    this.#wake(undefined);
    if (this.#isBroken) socket.close(INTERNAL_ERROR);
    return this.#done;
  }

  #close(event: Given): void | Promise<void> {
    const { code, reason } = closeOf(event);
    if (this.#phase === "denying") throw outOfOrder(event.type, "after websocket.http.response.start");
    if (this.#phase === "opening") throw outOfOrder(event.type, "before websocket.accept was over: await it");
    if (this.#phase === "open") {
      this.#phase = "over";
      this.#socket!.close(code, reason);
      return undefined;
    }
    return this.#forbid();
  }

  /** ASGI, Close: before the handshake was answered, it is refused. */
  #forbid({ body }: ResponseEvent = forbidden()): Promise<void> {
    const say = this.#denial();
    const headers = [["content-type", "text/plain; charset=utf-8"]] as const;
    void say({ type: "websocket.http.response.start", status: FORBIDDEN, headers });
    return say({ type: "websocket.http.response.body", body }).then(() => this.#finish(LOST));
  }

  /** The application answers as to a request, in its own time. */
  #denial(): Answering {
    this.#phase = "denying";
    const body = this.#parts.answer((_scope, _receive, send) => {
      this.#deny = send;
      return this.#done;
    });
    this.#answer(body);
    return this.#deny!;
  }

  #answer(body: Body | Promise<Body>): void {
    this.#decide?.resolve(body);
    this.#decide = undefined;
  }

  #finish(event: WebSocketDisconnectEvent): void {
    if (this.#disconnect !== undefined) return;
    this.#disconnect = event;
    this.#phase = "over";
    this.#unlisten();
    this.#accepted?.reject(new ClientDisconnectedError(this.#why()));
    this.#accepted = undefined;
    this.#controller?.abort(this.#why());
    if (this.#receiver !== undefined) this.#isTold = true;
    this.#wake(event);
  }

  #wake(event: WebSocketDisconnectEvent | undefined): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.(event);
  }

  #unlisten(): void {
    this.#parts.environ["tsgi.signal"].removeEventListener("abort", this.#whenGone);
  }

  #why(): Error {
    const { code, reason } = this.#disconnect ?? LOST;
    const words = reason === "" ? "" : ` (${reason})`;
    this.#reason ??= new RequestError(499, `the websocket was closed with ${code}${words}`);
    return this.#reason;
  }

  #returned(): void {
    if (this.#phase === "new" || this.#phase === "connecting") {
      const due = "it sent websocket.accept or websocket.close: the handshake is refused";
      this.#log(unfinished(due, this.#refused));
      void this.#forbid(refusalOf(FORBIDDEN, this.request_id));
    }
    this.#end.resolve();
    // It was told that its client is gone, or will be.
    this.#decide?.reject(this.#why());
  }

  #fail(error: unknown): void {
    const isFarewell = error instanceof ClientDisconnectedError;
    const why = isFarewell ? error.cause : error;
    if (this.#decide !== undefined) this.#decide.reject(why);
    else if (this.#phase === "opening" || this.#disconnect !== undefined) {
      if (!isFarewell && why !== this.#reason && !isAbort(why)) this.#log(why);
      this.#isBroken = true;
      this.#end.resolve();
    } else this.#end.reject(why);
  }

  #log(error: unknown): void {
    this.#parts.environ["tsgi.errors"].write(failureText(error), "error");
  }
}

/** Whether an environ is of a request that this server can make a websocket of, as an ASGI server would say it. */
export const isWebSocketEnviron = (
  scope: HttpScope,
  environ: Environ,
): environ is Environ & { "tsgi.upgrade": Upgrade } =>
  typeof environ["tsgi.upgrade"] === "function" && asksForWebSocket(headFrom({ environ, scope }));

/** As much of the request as a handshake is judged by. */
const headFrom = ({ environ, scope }: Pick<WebSocketBridgeParts, "environ" | "scope">): RequestHead => ({
  ...{ method: environ.REQUEST_METHOD, target: scope.raw_path, version: scope.http_version === "1.0" ? "1.0" : "1.1" },
  ...{ fields: scope.headers.flat(), length: 0, expectContinue: false, keepAlive: true },
});

const messageEvent = (message: string | Buffer): WebSocketIncomingEvent =>
  typeof message === "string"
    ? { type: "websocket.receive", text: message, bytes: null }
    : { type: "websocket.receive", text: null, bytes: message };

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";

const nothing = (): void => {};
