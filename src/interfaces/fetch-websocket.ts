// How a fetch application makes a websocket of a request: it returns a Response that stands for it, and the gateway turns that into the
// upgrade. For any framework by `acceptWebSocket`, and in Hono's own way by `upgradeWebSocket`. Does not import Hono.

import type { WebSocketAcceptance } from "../gateway/host.ts";
import { show } from "../gateway/said.ts";
import { asksForWebSocket } from "../gateway/upgrade.ts";
import type { FlatFields, ResponseEvent } from "../protocol/events.ts";
import { NativeHeaders } from "./fetch-native.ts";
import { LightRequest } from "./fetch-request.ts";
import { LightResponse } from "./fetch-response.ts";
import { FetchRun } from "./fetch-run.ts";
import { FetchSocket, type SocketCloseEvent } from "./fetch-socket.ts";
import { handshakeRefusal, protocolsOf } from "./handshake.ts";

export interface AcceptWebSocketOptions {
  /** One of the subprotocols that the client offers. Without it none is chosen. */
  readonly protocol?: string | undefined;
  /** Fields of the answer, as cookies; what the handshake itself says cannot be changed. */
  readonly headers?: Headers | Readonly<Record<string, string>> | readonly (readonly [string, string])[] | undefined;
}

export interface AcceptedWebSocket {
  readonly socket: FetchSocket;
  /** To be returned by the handler. Where the handshake is wrong, the refusal that RFC 6455 asks for, and the socket never opens. */
  readonly response: Response;
}

/**
 * Makes a websocket of the request, once `response` is returned; its listeners are to be set before that.
 *
 * @throws TypeError when the request is not the one that the handler was given, or the client does not offer `protocol`.
 */
export function acceptWebSocket(request: Request, options: AcceptWebSocketOptions = {}): AcceptedWebSocket {
  const run = LightRequest.ownerOf(request);
  if (!(run instanceof FetchRun)) {
    throw new TypeError(
      `acceptWebSocket: ${show(request)} is not a request in progress: expected the Request that the handler was given, and no copy`,
    );
  }
  const { head } = run;
  const socket = new FetchSocket({
    url: request.url.replace(/^http/, "ws"),
    report: (error) => run.report(error, "none"),
  });
  const { websockets } = run.host;
  const refusal = isWebSocketRequest(request) ? handshakeRefusal(head) : NO_UPGRADE;
  if (refusal !== undefined || websockets === undefined || !run.hasCarrier) {
    FetchSocket.lose(socket);
    return { socket, response: responseFor(refusal ?? NO_DOOR) };
  }
  const { protocol } = options;
  if (protocol !== undefined && !protocolsOf(head).includes(protocol)) {
    throw new TypeError(
      `acceptWebSocket: protocol ${show(protocol)}: expected one that the client offers: ${protocolsOf(head).join(", ") || "it offers none"}`,
    );
  }
  run.shake({
    accept: (fields) => (stands(fields, run.requestId) ? websockets.accept(head, acceptance(fields)) : undefined),
    lose: () => FetchSocket.lose(socket),
  });
  const acceptance = (fields: FlatFields): WebSocketAcceptance => ({
    protocol,
    fields: fields.filter((_part, at) => !isOwn(fields[at - (at % 2)]!)),
    open: (wire) => FetchSocket.open(socket, wire),
    lost: () => FetchSocket.lose(socket),
  });
  const headers = [...pairsOf(options.headers), [STANDS_FOR, run.requestId] as [string, string]];
  return { socket, response: new LightResponse(null, { headers }) as unknown as Response };
}

/** Whether the response is the one that stands for the upgrade, or a copy. */
function stands(fields: FlatFields, requestId: string): boolean {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === STANDS_FOR) return fields[i + 1] === requestId;
  return false;
}

/** The platform has no Response with status 101. A field survives what middlewares do to a response: they copy it, each in its own way. */
const STANDS_FOR = "tsgi-upgrade";

/** Whether a request asks to become a websocket. */
export function isWebSocketRequest(request: Request): boolean {
  const run = LightRequest.ownerOf(request);
  return run !== undefined && asksForWebSocket(run.head);
}

function pairsOf(headers: AcceptWebSocketOptions["headers"]): [string, string][] {
  return headers === undefined ? [] : [...new NativeHeaders(headers as Headers)];
}

/** What of a 101 is said by the handshake, or would speak of a body. */
const isOwn = (name: string): boolean =>
  name === STANDS_FOR || name.startsWith("sec-websocket-") || name.startsWith("content-");

type Refusal = Pick<ResponseEvent, "status" | "fields" | "body">;

const NO_UPGRADE: Refusal = {
  status: 426,
  fields: ["Content-Type", "text/plain; charset=utf-8", "Upgrade", "websocket"],
  body: "426 Upgrade Required: this is a websocket\n",
};
const NO_DOOR: Refusal = {
  status: 501,
  fields: ["Content-Type", "text/plain; charset=utf-8"],
  body: "501 Not Implemented: this request cannot become a websocket\n",
};

function responseFor({ status, fields, body }: Refusal): Response {
  const headers: [string, string][] = [["connection", "close"]];
  for (let i = 0; i < fields.length; i += 2) headers.push([fields[i]!.toLowerCase(), fields[i + 1]!]);
  return new LightResponse(body as string, { status, headers }) as unknown as Response;
}

/** What a listener of Hono's is given beside the event; assignable to and from Hono's own `WSContext`. */
export interface WSContext {
  send(source: string | ArrayBuffer | Uint8Array<ArrayBuffer>, options?: { readonly compress?: boolean }): void;
  raw?: FetchSocket;
  binaryType: "arraybuffer" | "blob";
  readonly readyState: 0 | 1 | 2 | 3;
  url: URL | null;
  protocol: string | null;
  close(code?: number, reason?: string): void;
}

/** As Hono's `WSEvents`. */
export interface WSEvents {
  onOpen?(event: Event, ws: WSContext): unknown;
  onMessage?(event: MessageEvent, ws: WSContext): unknown;
  onClose?(event: SocketCloseEvent, ws: WSContext): unknown;
  onError?(event: Event, ws: WSContext): unknown;
}

/** As much of Hono's `Context` as is used. */
export interface HonoContext {
  readonly req: { readonly raw: Request };
}

export interface UpgradeWebSocketOptions {
  /** Chooses one of the subprotocols that the client offers. Default: the first. */
  readonly protocol?: ((offered: readonly string[]) => string | undefined) | undefined;
}

/** `(createEvents, options)` makes a handler of Hono's; `(c, events, options)` answers at once. */
export interface UpgradeWebSocket {
  // biome-ignore lint/suspicious/noExplicitAny: a handler for a route with any variables and parameters
  <C extends HonoContext = any>(
    createEvents: (c: C) => WSEvents | Promise<WSEvents>,
    options?: UpgradeWebSocketOptions,
  ): (c: C, next: () => Promise<void>) => Promise<Response | undefined>;
  (c: HonoContext, events: WSEvents, options?: UpgradeWebSocketOptions): Promise<Response>;
}

/**
 * Hono's websocket helper for this server. A request that is no websocket goes to the next handler; a wrong handshake is refused. A listener
 * that fails is logged with the request's id, and its socket closed with 1011.
 */
export const upgradeWebSocket: UpgradeWebSocket = ((...args: readonly unknown[]) => {
  if (typeof args[0] !== "function") {
    const [c, events, options] = args as [HonoContext, WSEvents, UpgradeWebSocketOptions?];
    return Promise.resolve(upgraded(c, events, options));
  }
  const [createEvents, options] = args as [(c: HonoContext) => WSEvents, UpgradeWebSocketOptions?];
  return async (c: HonoContext, next: () => Promise<void>): Promise<Response | undefined> => {
    if (isWebSocketRequest(c.req.raw)) return upgraded(c, await createEvents(c), options);
    await next();
    return undefined;
  };
}) as UpgradeWebSocket;

function upgraded({ req }: HonoContext, events: WSEvents, options: UpgradeWebSocketOptions = {}): Response {
  const owner = LightRequest.ownerOf(req.raw);
  const offered = owner === undefined ? [] : protocolsOf(owner.head);
  const protocol = options.protocol === undefined ? offered[0] : options.protocol(offered);
  const isRight = owner !== undefined && handshakeRefusal(owner.head) === undefined;
  const { socket, response } = acceptWebSocket(req.raw, { protocol: isRight ? protocol : undefined });
  if (!isRight) return response;
  const ws = new SocketContext(socket);
  if (events.onOpen) socket.onopen = (event) => events.onOpen!(event, ws);
  if (events.onMessage) socket.onmessage = (event) => events.onMessage!(event, ws);
  if (events.onClose) socket.onclose = (event) => events.onClose!(event, ws);
  if (events.onError) socket.onerror = (event) => events.onError!(event, ws);
  return response;
}

class SocketContext implements WSContext {
  readonly raw: FetchSocket;
  url: URL | null;

  constructor(socket: FetchSocket) {
    this.raw = socket;
    this.url = new URL(socket.url);
  }

  get binaryType(): "arraybuffer" | "blob" {
    return this.raw.binaryType;
  }

  set binaryType(type) {
    this.raw.binaryType = type;
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.raw.readyState;
  }

  get protocol(): string | null {
    return this.raw.protocol || null;
  }

  send(source: string | ArrayBuffer | Uint8Array<ArrayBuffer>): void {
    this.raw.send(source);
  }

  close(code?: number, reason?: string): void {
    this.raw.close(code, reason);
  }
}
