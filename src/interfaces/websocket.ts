// A connection becomes a websocket: RFC 6455 by the `ws` library, on the worker's own socket. Answers the handshake, bounds messages,
// and says good-bye when the worker leaves. Does not know what an application says on it, nor its interface.

import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import type * as Library from "ws";
import type { LeaveCode, Upgraded, UpgradeEvent } from "../gateway/exchange.ts";
import type { WebSocketAcceptance, WebSocketDoor, WireSocket } from "../gateway/host.ts";
import { show } from "../gateway/said.ts";
import { fieldValue } from "../gateway/upgrade.ts";
import type { RequestHead, ResponseEvent } from "../protocol/events.ts";
import { handshakeRefusal, protocolsOf } from "./handshake.ts";
import { type Pinged, Pings } from "./websocket-pings.ts";

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

/** How long a client may take to answer our close frame, and then to end its side. */
const CLOSE_TIMEOUT_MS = 10_000;

/**
 * What is short gains nothing and would wait for a thread. With a window of 4 KiB and the least tables that still compress well, a
 * compressor takes 32 KiB where zlib's own defaults take 256 (zlib.h: (1 << (windowBits + 2)) + (1 << (memLevel + 9))). Contexts are
 * not kept from one message to the next: what one message says must not show in the length of another.
 */
const DEFLATE = {
  threshold: 1_024,
  serverMaxWindowBits: 12,
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  zlibDeflateOptions: { memLevel: 5 },
} as const;

/** What the worker and the sweep of the pings keep of a websocket is on the library's own object, so that an idle one costs none more. */
type ServerSocket = Library.WebSocket &
  Upgraded & {
    wire: Socket | undefined;
    home: Pings | undefined;
    seenBytes: number;
    quietTicks: number;
    isPinged: boolean;
  };

/** The library makes one for each handshake. */
function serverSocketOf({ WebSocket }: typeof Library) {
  return class ServerWebSocket extends WebSocket implements Pinged, Upgraded {
    wire: Socket | undefined;
    home: Pings | undefined;
    seenBytes = 0;
    quietTicks = 0;
    isPinged = false;

    get status(): number {
      return 101;
    }

    leave(code: LeaveCode): void {
      this.close(code);
      // An application that has stopped reading for a while would keep us from seeing the client's answer.
      this.resume();
    }
  };
}

/** The client was gone before there was an answer, and is dropped. */
const LOST: Upgraded = Object.freeze({ status: 0, leave: () => {} });

// One function for all sockets: each of them is `this` in it.
function goHome(this: Library.WebSocket): void {
  const socket = this as ServerSocket;
  socket.home?.delete(socket);
}

/** The peer broke a rule: the library closes with the code for it, and the application hears that. Unheard, it would end the process. */
const ignore = (): void => {};

/** The websockets of one worker. The library is loaded with the first of them: most workers have none, and it costs 15 ms and 1 MB. */
export class WebSockets implements WebSocketDoor {
  readonly #settings: WebSocketSettings;
  readonly #pings: Pings;
  #made: Library.WebSocketServer | undefined;

  constructor(settings: WebSocketSettings) {
    this.#settings = settings;
    this.#pings = new Pings({ interval: settings.pingInterval, timeout: settings.pingTimeout });
  }

  get #server(): Library.WebSocketServer {
    this.#made ??= this.#make(createRequire(import.meta.url)("ws") as typeof Library);
    return this.#made;
  }

  #make(library: typeof Library): Library.WebSocketServer {
    const { maxSize, deflate } = this.#settings;
    const server = new library.WebSocketServer({
      ...{ noServer: true, clientTracking: false, maxPayload: maxSize, WebSocket: serverSocketOf(library) },
      perMessageDeflate: deflate && DEFLATE,
      ...{ closeTimeout: CLOSE_TIMEOUT_MS },
      // What belongs to one handshake travels with its request, so that nothing of it stays here when one fails.
      handleProtocols: (_offered: Set<string>, request: IncomingMessage) => of(request).acceptance.protocol ?? false,
    });
    server.on("headers", (lines: string[], request: IncomingMessage) => {
      const { fields = [] } = of(request).acceptance;
      for (let i = 0; i < fields.length; i += 2) lines.push(`${fields[i]}: ${fields[i + 1]}`);
    });
    server.on("wsClientError", (_error: Error, socket: Socket, request: IncomingMessage) =>
      this.#decline(socket, of(request)),
    );
    return server;
  }

  refusal(head: RequestHead): ResponseEvent | undefined {
    return handshakeRefusal(head);
  }

  accept(head: RequestHead, acceptance: WebSocketAcceptance): UpgradeEvent {
    const { protocol } = acceptance;
    const offers = protocolsOf(head);
    if (protocol !== undefined && !offers.includes(protocol)) {
      const fits = offers.length === 0 ? "the client offers none" : `the client offers ${offers.join(", ")}`;
      throw new TypeError(`websocket subprotocol ${show(protocol)}: ${fits}`);
    }
    return { type: "upgrade", take: (socket, rest) => this.#open(handshakeOf(head, acceptance, rest), socket) };
  }

  #open(handshake: Handshake, socket: Socket): Upgraded {
    // The library writes the 101 as text, and what is in fields is latin-1.
    socket.setDefaultEncoding("latin1");
    this.#shake(handshake, socket);
    socket.setDefaultEncoding("utf8");
    const { opened, acceptance } = handshake;
    if (opened === undefined) {
      acceptance.lost?.();
      return LOST;
    }
    opened.wire = socket;
    opened.home = this.#pings;
    opened.on("error", ignore);
    opened.on("close", goHome);
    this.#pings.add(opened);
    acceptance.open(opened as unknown as WireSocket);
    return opened;
  }

  #shake(handshake: Handshake, socket: Socket): void {
    this.#server.handleUpgrade(
      handshake as unknown as IncomingMessage,
      socket,
      handshake.rest,
      (opened: Library.WebSocket) => {
        handshake.opened = opened as ServerSocket;
      },
    );
  }

  /** Everything else was judged before: an offer of compression that cannot be taken is declined, not refused (RFC 7692 section 7.1). */
  #decline(socket: Socket, handshake: Handshake): void {
    if (handshake.headers[EXTENSIONS] === undefined) socket.destroy();
    else {
      handshake.headers[EXTENSIONS] = undefined;
      this.#shake(handshake, socket);
    }
  }
}

const EXTENSIONS = "sec-websocket-extensions";
const HEADERS = [
  "upgrade",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
  EXTENSIONS,
] as const;

/** As much of a request as the library looks at, and what is to come of it. */
interface Handshake {
  readonly method: string;
  readonly headers: Record<string, string | undefined>;
  readonly acceptance: WebSocketAcceptance;
  /** What the client has sent behind its request. */
  readonly rest: Buffer;
  opened: ServerSocket | undefined;
}

const of = (request: IncomingMessage): Handshake => request as unknown as Handshake;

function handshakeOf(head: RequestHead, acceptance: WebSocketAcceptance, rest: Buffer): Handshake {
  const headers: Record<string, string | undefined> = {};
  for (const name of HEADERS) headers[name] = fieldValue(head, name);
  // A list of which it is one: other protocols were offered too, and this is the one that is spoken.
  headers["upgrade"] = "websocket";
  return { method: head.method, headers, acceptance, rest, opened: undefined };
}
