// The words of ASGI 3.0 in TypeScript: scopes, events, and the application. The full text is docs/asgi.md. Nothing here runs.

/** Text where each character is one byte (latin-1), or the bytes themselves. What the server gives is always text. */
export type ByteString = string | Uint8Array;

/** Names and values in the order of the wire, duplicates kept. Names that come from the server are in lower case. */
export type AsgiHeaders = Iterable<readonly [name: ByteString, value: ByteString]>;

export interface AsgiVersions {
  readonly version: "3.0";
  readonly spec_version: string;
}

/** What `lifespan` put there; each request has a shallow copy of its own. */
export type AsgiState = Record<string, unknown>;

/** tsgi's own extension: what a request is known by, and what tells that it has to end. */
export interface TsgiExtension {
  /** Unique among the workers of a server; in the log lines of this request and in a 500 answer. */
  readonly request_id: string;
  /** Aborts when the client is gone, or the server gives the request up or is about to. Made when it is first asked for. */
  readonly signal: AbortSignal;
  /** Aborts when the worker begins to leave: answer soon if you can. */
  readonly draining: AbortSignal;
}

/** An extension without details. */
export type Offered = Readonly<Record<string, unknown>>;

/** What is listed works for this request; what is not listed must not be sent. */
export interface HttpExtensions {
  readonly "http.response.early_hint"?: Offered;
  readonly "http.response.trailers"?: Offered;
  readonly "http.response.pathsend"?: Offered;
  readonly tsgi?: TsgiExtension;
  readonly [name: string]: unknown;
}

export interface WebSocketExtensions {
  readonly "websocket.http.response"?: Offered;
  readonly tsgi?: TsgiExtension;
  readonly [name: string]: unknown;
}

/** A host, or for a Unix socket its path, and a port. */
export type AsgiAddress = readonly [host: string, port: number | null];

interface ConnectionScope {
  asgi: AsgiVersions;
  http_version: string;
  /** Without the query; percent-decoded once as UTF-8. It begins with `root_path`. */
  path: string;
  /** The path as it was sent. */
  raw_path: string;
  /** What follows the `?`, undecoded; `""` when there is none. */
  query_string: string;
  /** Where the application is mounted: `""`, or `/x` without a slash at the end. */
  root_path: string;
  /** Names in lower case; values are latin-1 text. The list is frozen: make another one instead of changing it. */
  headers: readonly (readonly [name: string, value: string])[];
  /** Null where it is not known (a Unix socket). The port is 0 where only the address is known (behind a proxy). */
  client: AsgiAddress | null;
  server: AsgiAddress | null;
  state: AsgiState;
}

export interface HttpScope extends ConnectionScope {
  type: "http";
  /** In upper case. */
  method: string;
  scheme: "http" | "https";
  extensions: HttpExtensions;
}

export interface WebSocketScope extends ConnectionScope {
  type: "websocket";
  scheme: "ws" | "wss";
  /** What the client offers, the one it likes best first. */
  subprotocols: readonly string[];
  extensions: WebSocketExtensions;
}

export interface LifespanScope {
  type: "lifespan";
  asgi: AsgiVersions;
  /** To be filled before `lifespan.startup.complete`. */
  state: AsgiState;
  extensions: { readonly tsgi?: { readonly slot: number; readonly generation: number; readonly workers: number } };
}

export type Scope = HttpScope | WebSocketScope | LifespanScope;

// What an application receives.

export interface HttpRequestEvent {
  type: "http.request";
  body: Uint8Array;
  more_body: boolean;
}

export interface HttpDisconnectEvent {
  type: "http.disconnect";
}

export interface WebSocketConnectEvent {
  type: "websocket.connect";
}

/** Exactly one of the two is not null. */
export type WebSocketReceiveEvent =
  | { type: "websocket.receive"; text: string; bytes: null }
  | { type: "websocket.receive"; text: null; bytes: Uint8Array };

export interface WebSocketDisconnectEvent {
  type: "websocket.disconnect";
  /** 1005 where the peer gave none, 1006 where the connection was lost. */
  code: number;
  reason: string;
}

export interface LifespanStartupEvent {
  type: "lifespan.startup";
}

export interface LifespanShutdownEvent {
  type: "lifespan.shutdown";
}

export type HttpReceiveEvent = HttpRequestEvent | HttpDisconnectEvent;
export type WebSocketIncomingEvent = WebSocketConnectEvent | WebSocketReceiveEvent | WebSocketDisconnectEvent;
export type LifespanReceiveEvent = LifespanStartupEvent | LifespanShutdownEvent;
export type ReceiveEvent = HttpReceiveEvent | WebSocketIncomingEvent | LifespanReceiveEvent;

// What it sends.

export interface HttpResponseStartEvent {
  type: "http.response.start";
  /** 200 to 999. */
  status: number;
  /** Default: none. */
  headers?: AsgiHeaders | undefined;
  /** Whether `http.response.trailers` follows the body. Default: false. */
  trailers?: boolean | undefined;
}

export interface HttpResponseBodyEvent {
  type: "http.response.body";
  /** Text is sent as UTF-8. Default: nothing. */
  body?: string | Uint8Array | undefined;
  /** Default: false. */
  more_body?: boolean | undefined;
}

export interface HttpResponseTrailersEvent {
  type: "http.response.trailers";
  headers?: AsgiHeaders | undefined;
  /** Default: false. */
  more_trailers?: boolean | undefined;
}

export interface HttpResponseEarlyHintEvent {
  type: "http.response.early_hint";
  /** Values of `Link` (RFC 8288). */
  links: Iterable<ByteString>;
}

export interface HttpResponsePathsendEvent {
  type: "http.response.pathsend";
  /** Of a file; absolute. */
  path: string;
}

export interface WebSocketAcceptEvent {
  type: "websocket.accept";
  /** One of those that the client offered. Default: none. */
  subprotocol?: string | null | undefined;
  headers?: AsgiHeaders | undefined;
}

/** Exactly one of `text` and `bytes`. */
export interface WebSocketSendEvent {
  type: "websocket.send";
  text?: string | null | undefined;
  bytes?: Uint8Array | null | undefined;
}

export interface WebSocketCloseEvent {
  type: "websocket.close";
  /** Default: 1000. */
  code?: number | undefined;
  /** At most 123 bytes of UTF-8. */
  reason?: string | null | undefined;
}

/** In place of `websocket.accept`: an answer of its own to a handshake that is refused. */
export interface WebSocketDenialStartEvent {
  type: "websocket.http.response.start";
  status: number;
  headers?: AsgiHeaders | undefined;
}

export interface WebSocketDenialBodyEvent {
  type: "websocket.http.response.body";
  body?: string | Uint8Array | undefined;
  more_body?: boolean | undefined;
}

export interface LifespanCompleteEvent {
  type: "lifespan.startup.complete" | "lifespan.shutdown.complete";
}

export interface LifespanFailedEvent {
  type: "lifespan.startup.failed" | "lifespan.shutdown.failed";
  /** For whoever starts the server. */
  message?: string | undefined;
}

export type HttpSendEvent =
  | HttpResponseStartEvent
  | HttpResponseBodyEvent
  | HttpResponseTrailersEvent
  | HttpResponseEarlyHintEvent
  | HttpResponsePathsendEvent;
export type WebSocketOutgoingEvent =
  | WebSocketAcceptEvent
  | WebSocketSendEvent
  | WebSocketCloseEvent
  | WebSocketDenialStartEvent
  | WebSocketDenialBodyEvent;
export type LifespanSendEvent = LifespanCompleteEvent | LifespanFailedEvent;
export type SendEvent = HttpSendEvent | WebSocketOutgoingEvent | LifespanSendEvent;

export type Receive<E extends ReceiveEvent = ReceiveEvent> = () => Promise<E>;

/** Settles when the server has taken the event and there is room for another one: to await it is the backpressure. */
export type Send<E extends SendEvent = SendEvent> = (event: E) => Promise<void>;

/** Called once for each request, each websocket, and once for the lifespan of a worker. */
export type AsgiApplication = (scope: Scope, receive: Receive, send: Send) => Promise<void>;

/** The part of an application that answers requests. */
export type HttpHandler = (
  scope: HttpScope,
  receive: Receive<HttpReceiveEvent>,
  send: Send<HttpSendEvent>,
) => Promise<void>;

/** The part that talks on a websocket. */
export type WebSocketHandler = (
  scope: WebSocketScope,
  receive: Receive<WebSocketIncomingEvent>,
  send: Send<WebSocketOutgoingEvent>,
) => Promise<void>;

/** The part that begins and ends a worker. */
export type LifespanHandler = (
  scope: LifespanScope,
  receive: Receive<LifespanReceiveEvent>,
  send: Send<LifespanSendEvent>,
) => Promise<void>;
