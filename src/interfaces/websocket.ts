// A connection becomes a websocket: RFC 6455 by the `ws` library, on the worker's own socket. Answers the handshake, bounds messages,
// pings who is silent, and says good-bye when the worker leaves. Does not know what an application says on it, nor its interface.

import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { LeaveCode, Upgraded, UpgradeEvent } from "../gateway/exchange.ts";
import type { WebSocketAcceptance, WebSocketDoor } from "../gateway/host.ts";
import { fieldValue } from "../gateway/upgrade.ts";
import type { RequestHead } from "../protocol/events.ts";

export interface WebSocketSettings {
  /** Bytes of one message, after decompression; 0 for any. */
  readonly maxSize: number;
  /** Seconds of silence after which a client is pinged; 0 for never. */
  readonly pingInterval: number;
  /** Seconds in which it has to answer; 0 for ever. */
  readonly pingTimeout: number;
  /** Whether messages are compressed where the client offers it (RFC 7692). */
  readonly deflate: boolean;
}

/** The websockets of one worker. */
export class WebSockets implements WebSocketDoor {
  readonly #server: WebSocketServer;

  constructor(settings: WebSocketSettings) {
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: settings.maxSize,
      perMessageDeflate: settings.deflate,
    });
  }

  /** The event that makes a websocket of a request whose handshake is right (handshake.ts). */
  accept(head: RequestHead, acceptance: WebSocketAcceptance): UpgradeEvent {
    return { type: "upgrade", take: (socket, rest) => this.#open(head, acceptance, socket, rest) };
  }

  #open(head: RequestHead, acceptance: WebSocketAcceptance, socket: Socket, rest: Buffer): Upgraded {
    const { protocol, fields = [], open } = acceptance;
    const server = this.#server;
    let websocket: WebSocket | undefined;
    server.options.handleProtocols = () => protocol ?? false;
    server.once("headers", (lines: string[]) => {
      for (let i = 0; i < fields.length; i += 2) lines.push(`${fields[i]}: ${fields[i + 1]}`);
    });
    server.handleUpgrade(requestOf(head), socket, rest, (opened) => {
      websocket = opened;
      open(opened);
    });
    server.removeAllListeners("headers");
    return {
      status: websocket === undefined ? 0 : 101,
      leave: (code: LeaveCode) => websocket?.close(code),
    };
  }
}

/** As much of a request as the library looks at. */
function requestOf(head: RequestHead): IncomingMessage {
  const headers: Record<string, string | undefined> = {};
  for (const name of ["upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"]) {
    headers[name] = fieldValue(head, name);
  }
  headers["sec-websocket-protocol"] = fieldValue(head, "sec-websocket-protocol");
  return { method: head.method, url: head.target, headers } as unknown as IncomingMessage;
}
