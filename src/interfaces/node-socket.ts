// `req.socket`: a `net.Socket` without a handle that stands for the connection which a request came on. Knows its ends, drops it, and
// counts its silence. Nothing is read or written through it: the worker does that, for all interfaces in one way.

import type { ServerResponse } from "node:http";
import { isIPv6, type Server, Socket } from "node:net";
import process from "node:process";
import type { Carrier } from "../gateway/exchange.ts";
import type { ConnectionInfo } from "../protocol/events.ts";

/** Node's `socket` events that need no answer; without a listener an `error` would end the process. */
const ignore = (): void => {};

export interface NodeSocketParts {
  readonly info: ConnectionInfo;
  readonly carrier: Carrier | undefined;
  readonly server: Server;
}

/** A response that is under way, as far as its socket knows it. */
interface Owner extends ServerResponse {
  readonly req: ServerResponse["req"];
}

export class NodeSocket extends Socket {
  /** Whether the client is believed to have come by https (Express asks here for `req.protocol`). */
  readonly encrypted: boolean;
  readonly server: Server;
  /** The response that is under way (a name of Node that libraries ask for). */
  _httpMessage: Owner | null = null;
  readonly #carrier: Carrier | undefined;
  readonly #info: ConnectionInfo;
  /** What drops a request that came on no connection. */
  dropped: (() => void) | undefined;
  #timed = false;
  #isGone = false;
  /** What is left of a destruction that began here. */
  #closeNow: (() => void) | undefined;

  constructor({ info, carrier, server }: NodeSocketParts) {
    super();
    this.encrypted = info.scheme === "https";
    this.server = server;
    this.#carrier = carrier;
    this.#info = info;
    this.on("error", ignore);
  }

  get info(): ConnectionInfo {
    return this.#info;
  }

  override address(): { address: string; family: string; port: number } | Record<string, never> {
    const { localAddress, localPort } = this.#info;
    return localAddress === ""
      ? {}
      : { address: localAddress, family: familyOf(localAddress)!, port: Number(localPort) };
  }

  /** As with Node a `timeout` goes to the request that is still coming in, its response and the server; unheard, it drops the connection. */
  override setTimeout(milliseconds: number, callback?: () => void): this {
    if (!this.#timed) {
      this.#timed = true;
      this.on("timeout", this.#onTimeout);
    }
    return super.setTimeout(milliseconds, callback);
  }

  /** Bytes came or went. */
  touch(): void {
    if (this.timeout !== undefined && this.timeout > 0) super.setTimeout(this.timeout);
  }

  /** The connection is gone. */
  gone(): void {
    this.#isGone = true;
    if (!this.destroyed) this.destroy();
    this.#closeNow?.();
    this.#closeNow = undefined;
  }

  override ref(): this {
    return this;
  }

  override unref(): this {
    return this;
  }

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: unknown, callback: (error?: Error | null) => void): void {
    callback(
      new Error("the server writes to this connection: answer with the response, or take the socket of an 'upgrade'"),
    );
  }

  override _writev(_chunks: unknown, callback: (error?: Error | null) => void): void {
    this._write(undefined, undefined, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    const end = (): void => {
      callback();
      this.destroy();
    };
    // As under Node, where it is in the socket by then.
    if (this._httpMessage?.writableEnded === true) this._httpMessage.once("close", end);
    else end();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#carrier === undefined) this.dropped?.();
    else if (!this.#isGone) {
      // As with a handle: `close` comes when it is closed, after the request and its response have heard.
      this.#closeNow = () => super._destroy(error, callback);
      // A response that was ended before leaves first, as under Node, which writes at once.
      process.nextTick(dropNow, this.#carrier);
      return;
    }
    super._destroy(error, callback);
  }

  #onTimeout(): void {
    const response = this._httpMessage;
    const request = response?.req;
    const heard = [
      request?.complete === false && request.emit("timeout", this),
      response?.emit("timeout", this) === true,
      this.server.emit("timeout", this),
    ];
    if (!heard.includes(true)) this.destroy();
  }
}

const dropNow = (carrier: Carrier): void => carrier.destroy();

const familyOf = (address: string): "IPv4" | "IPv6" | undefined =>
  address === "" ? undefined : isIPv6(address) ? "IPv6" : "IPv4";

const portOf = (port: string): number | undefined => (port === "" ? undefined : Number(port));

const getter = (get: (this: NodeSocket) => unknown): PropertyDescriptor => ({ get, configurable: true });

/** Accessors of `net.Socket`, which its types have as properties. */
Object.defineProperties(NodeSocket.prototype, {
  remoteAddress: getter(function () {
    return this.info.remoteAddress || undefined;
  }),
  remotePort: getter(function () {
    return portOf(this.info.remotePort);
  }),
  remoteFamily: getter(function () {
    return familyOf(this.info.remoteAddress);
  }),
  localAddress: getter(function () {
    return this.info.localAddress || undefined;
  }),
  localPort: getter(function () {
    return portOf(this.info.localPort);
  }),
  localFamily: getter(function () {
    return familyOf(this.info.localAddress);
  }),
  pending: getter(() => false),
});

/** What the interface keeps beside a connection. */
export class Companion {
  readonly #parts: NodeSocketParts;
  /** The peer's own; made for the first request that nobody speaks for. */
  #socket: NodeSocket | undefined;
  /** The last one that stands for a client behind a proxy. */
  #claimed: NodeSocket | undefined;

  constructor(parts: NodeSocketParts) {
    this.#parts = parts;
  }

  /** The one of a connection, made for its first request. Emits the server's `connection` with the first socket. */
  static of(parts: NodeSocketParts & { readonly carrier: Carrier }): Companion {
    const { carrier } = parts;
    if (!(carrier.companion instanceof Companion)) carrier.companion = new Companion(parts);
    return carrier.companion as Companion;
  }

  /** @param claimed What trusted proxies say of the client; undefined where they say nothing. */
  socketFor(claimed: ConnectionInfo | undefined): NodeSocket {
    if (claimed === undefined) {
      this.#socket ??= this.#make(this.#parts.info);
      return this.#socket;
    }
    const last = this.#claimed;
    if (last !== undefined && !last.destroyed && sameClient(last.info, claimed)) return last;
    this.#claimed = this.#make(claimed);
    return this.#claimed;
  }

  closed(): void {
    this.#socket?.gone();
    this.#claimed?.gone();
  }

  #make(info: ConnectionInfo): NodeSocket {
    const isFirst = this.#socket === undefined && this.#claimed === undefined;
    const socket = new NodeSocket({ ...this.#parts, info });
    if (isFirst) this.#parts.server.emit("connection", socket);
    return socket;
  }
}

const sameClient = (one: ConnectionInfo, other: ConnectionInfo): boolean =>
  one.remoteAddress === other.remoteAddress &&
  one.remotePort === other.remotePort &&
  one.scheme === other.scheme &&
  one.localPort === other.localPort;
