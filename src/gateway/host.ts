// What the gateway loop needs of the process it runs in, and what it tells it.

import type { Buffer } from "node:buffer";
import type { ConnectionInfo, FlatFields, RequestHead, ResponseEvent } from "../protocol/events.ts";
import type { Fault } from "../protocol/faults.ts";
import type { ServerFacts } from "./environ.ts";
import type { ErrorSink } from "./errors.ts";
import type { UpgradeEvent } from "./exchange.ts";

/** What went wrong with a request, for whoever writes the log. */
export interface Trouble {
  readonly requestId: string;
  readonly method: string;
  readonly target: string;
  /** What was thrown, or a ContractError. */
  readonly error: unknown;
  /** What the client gets: a status, or a connection that is cut because the head was already sent; "none" when it has its answer. */
  readonly answer: number | "cut" | "none";
}

/** Websockets, where the server has them; interfaces/websocket.ts makes one. The socket is of the `ws` library. */
export interface WebSocketDoor {
  /** The answer to a request for a websocket whose handshake is wrong (RFC 6455 section 4.2.1); undefined where it is right. */
  refusal(head: RequestHead): ResponseEvent | undefined;
  /**
   * The event that makes a websocket of a request whose handshake is right.
   *
   * @throws TypeError for a subprotocol that the client does not offer.
   */
  accept(head: RequestHead, acceptance: WebSocketAcceptance): UpgradeEvent;
}

export interface WebSocketAcceptance {
  /** One of the subprotocols that the client offered. */
  readonly protocol?: string | undefined;
  /** Fields of the 101, judged already: none of Sec-WebSocket-*, Connection and Upgrade. */
  readonly fields?: FlatFields | undefined;
  /** It is open. Called at once, from within the connection, which an exception would tear down with the whole worker. */
  readonly open: (socket: WireSocket) => void;
  /** The client was gone before: `open` is never called. */
  readonly lost?: (() => void) | undefined;
}

/** As much of the `ws` library's WebSocket as is used here; its types are nobody's business who types a TSGI application. */
export interface WireSocket {
  readonly protocol: string;
  /** 1 is open, 2 closing, 3 closed (HTML, the WebSocket interface). */
  readonly readyState: number;
  /** Bytes that were sent and that the operating system has not taken yet. */
  readonly bufferedAmount: number;
  /** `done` is called when the operating system has it, or never will. */
  send(data: string | Uint8Array, options: { readonly binary: boolean }, done?: (error?: Error) => void): void;
  close(code?: number, reason?: string): void;
  /** Without a good-bye. */
  terminate(): void;
  ping(): void;
  /** Reads no further, and goes on. */
  pause(): void;
  resume(): void;
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): unknown;
  /** 1005 where the peer gave no code, 1006 where the connection was lost. */
  on(event: "close", listener: (code: number, reason: Buffer) => void): unknown;
  /** The peer broke a rule; `close` follows. */
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "pong" | "ping", listener: (data: Buffer) => void): unknown;
}

/** What the loop needs of the process it runs in. */
export interface GatewayHost {
  readonly facts: ServerFacts;
  readonly nextRequestId: () => string;
  /** One line, or a text of several, that an application wrote to `tsgi.errors`. */
  readonly writeError: ErrorSink;
  readonly report: (trouble: Trouble) => void;
  /** Absent where there are none. */
  readonly websockets?: WebSocketDoor | undefined;
  /** A request that never reached the application, because what a proxy or its client says about it cannot be. */
  readonly refused: (what: Fault, info: ConnectionInfo, requestId: string) => void;
}
