// The websocket scope of an ASGI server as a request that a TSGI application may upgrade, and as the socket that it has then. Does not know
// the gateway's loop, nor the server.

import { Buffer } from "node:buffer";
import type { Carrier, UpgradeEvent } from "../gateway/exchange.ts";
import type { WebSocketAcceptance, WebSocketDoor, WireSocket } from "../gateway/host.ts";
import { show } from "../gateway/said.ts";
import { upgradeOf } from "../gateway/upgrade.ts";
import type { FlatFields, RequestHead } from "../protocol/events.ts";
import type {
  HttpReceiveEvent,
  HttpScope,
  HttpSendEvent,
  WebSocketDisconnectEvent,
  WebSocketHandler,
  WebSocketIncomingEvent,
  WebSocketOutgoingEvent,
  WebSocketScope,
} from "./asgi-types.ts";
import { protocolsOf } from "./handshake.ts";

type Receive = Parameters<WebSocketHandler>[1];
type Send = Parameters<WebSocketHandler>[2];

const LOST = 1006;

/** Stands for the upgrade; the ASGI server has the socket. */
class Accepted implements UpgradeEvent {
  readonly type = "upgrade";
  readonly acceptance: WebSocketAcceptance;

  constructor(acceptance: WebSocketAcceptance) {
    this.acceptance = acceptance;
  }

  take(): never {
    throw new Error("there is no socket: the ASGI server has it");
  }
}

/** The ASGI server has judged the handshake; what is left is what the application chooses. */
export const door: WebSocketDoor = {
  refusal: () => undefined,
  accept(head, acceptance) {
    const { protocol } = acceptance;
    const offers = protocolsOf(head);
    if (protocol === undefined || offers.includes(protocol)) return new Accepted(acceptance);
    const fits = offers.length === 0 ? "the client offers none" : `the client offers ${offers.join(", ")}`;
    throw new TypeError(`websocket subprotocol ${show(protocol)}: ${fits}`);
  },
};

/** A connection that nobody may touch. */
export const carrier: Carrier = Object.freeze({ unsent: 0, destroy: () => {} });

/** The same request, asking for a websocket where its server has kept that for itself. */
export function asksForWebSocket(head: RequestHead, { subprotocols }: WebSocketScope): RequestHead {
  if (upgradeOf(head) !== undefined) return head;
  const fields = [...head.fields, "upgrade", "websocket", "connection", "upgrade"];
  if (subprotocols.length > 0 && protocolsOf(head).length === 0) {
    fields.push("sec-websocket-protocol", subprotocols.join(", "));
  }
  return { ...head, version: "1.1", length: 0, fields };
}

export class WebSocketSide {
  /** What the request would be if it were no websocket. */
  readonly scope: HttpScope;
  readonly #receive: Receive;
  readonly #send: Send;
  readonly #mayAnswer: boolean;
  /** One that was asked for while the application was thinking, and that is the first of the websocket. */
  #coming: Promise<WebSocketIncomingEvent> | undefined;

  constructor(scope: WebSocketScope, receive: Receive, send: Send) {
    const { type: _type, scheme, subprotocols: _subprotocols, extensions, ...shared } = scope;
    const { tsgi } = extensions ?? {};
    this.scope = {
      ...shared,
      ...{ type: "http", method: "GET", scheme: scheme === "wss" ? "https" : "http" },
      extensions: tsgi === undefined ? {} : { tsgi },
    };
    this.#receive = receive;
    this.#send = send;
    this.#mayAnswer = "websocket.http.response" in (extensions ?? {});
  }

  /** ASGI, Connect: nothing is said before. */
  connect(): Promise<unknown> {
    return this.#receive();
  }

  /** There is no body: it is kept when the client is gone. */
  async receive(): Promise<HttpReceiveEvent> {
    this.#coming ??= this.#receive();
    await this.#coming;
    return { type: "http.disconnect" };
  }

  /** A response is a refusal: a whole one where the server can send it. */
  async send(event: HttpSendEvent): Promise<void> {
    const { type } = event;
    if (this.#mayAnswer) await this.#send({ ...event, type: `websocket.${type}` } as WebSocketOutgoingEvent);
    else if (type === "http.response.start") await this.#send({ type: "websocket.close" });
  }

  /** Kept when the websocket is over; rejected where the server failed. */
  async converse(event: UpgradeEvent): Promise<void> {
    const { protocol, fields = [], open, lost } = (event as Accepted).acceptance;
    try {
      await this.#send({ type: "websocket.accept", subprotocol: protocol ?? null, headers: pairs(fields) });
    } catch (error) {
      lost?.();
      throw error;
    }
    const wire = new AsgiWire(protocol ?? "", this.#send);
    // The server closes it: read on, also where the application asks for nothing, so that the end is seen.
    const { draining } = this.scope.extensions.tsgi ?? {};
    const leave = (): void => wire.leave();
    draining?.addEventListener("abort", leave, { once: true });
    open(wire);
    if (draining?.aborted === true) leave();
    const ended = await this.#read(wire).catch(
      (): WebSocketDisconnectEvent => ({ ...GONE, code: wire.saidCode ?? LOST }),
    );
    draining?.removeEventListener("abort", leave);
    wire.end(ended);
  }

  async #read(wire: AsgiWire): Promise<WebSocketDisconnectEvent> {
    for (;;) {
      await wire.reads;
      const event = await (this.#coming ?? this.#receive());
      this.#coming = undefined;
      if (event.type === "websocket.disconnect") return event;
      if (event.type === "websocket.receive") wire.take(event.text ?? event.bytes);
    }
  }
}

const GONE: WebSocketDisconnectEvent = { type: "websocket.disconnect", code: LOST, reason: "" };

type Heard = (...given: never[]) => void;

/** What the gateway takes for a socket of the `ws` library. */
class AsgiWire implements WireSocket {
  readonly protocol: string;
  readyState = 1;
  bufferedAmount = 0;
  /** Kept while messages are wanted. */
  reads: Promise<void> | undefined;
  saidCode: number | undefined;
  readonly #send: Send;
  readonly #listeners = new Map<string, Heard>();
  #resume: (() => void) | undefined;

  constructor(protocol: string, send: Send) {
    this.protocol = protocol;
    this.#send = send;
  }

  on(event: string, listener: Heard): void {
    this.#listeners.set(event, listener);
  }

  send(data: string | Uint8Array, { binary }: { readonly binary: boolean }, done?: (error?: Error) => void): void {
    const { length } = data;
    this.bufferedAmount += length;
    const sent = binary
      ? this.#send({ type: "websocket.send", bytes: data as Uint8Array })
      : this.#send({ type: "websocket.send", text: data as string });
    sent.then(
      () => {
        this.bufferedAmount -= length;
        done?.();
      },
      (error: Error) => {
        this.bufferedAmount -= length;
        // Nothing goes out any more, as the server knows already: the client is gone, or it closes the websocket itself.
        this.readyState = Math.max(this.readyState, 2);
        done?.(error);
      },
    );
  }

  close(code = 1_000, reason = ""): void {
    if (this.readyState !== 1) return;
    this.readyState = 2;
    this.saidCode = code;
    this.#send({ type: "websocket.close", code, reason }).catch(() => {});
  }

  /** Somebody else has begun to close it. */
  leave(): void {
    this.readyState = Math.max(this.readyState, 2);
    this.resume();
  }

  terminate(): void {
    this.close(1_011);
  }

  /** The server's matter. */
  ping(): void {}

  pause(): void {
    this.reads ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.reads = undefined;
    this.#resume?.();
  }

  take(message: string | Uint8Array): void {
    const data = typeof message === "string" ? Buffer.from(message) : bufferOf(message);
    (this.#listeners.get("message") as ((data: Buffer, isBinary: boolean) => void) | undefined)?.(
      data,
      typeof message !== "string",
    );
  }

  end({ code, reason }: WebSocketDisconnectEvent): void {
    this.readyState = 3;
    (this.#listeners.get("close") as ((code: number, reason: Buffer) => void) | undefined)?.(
      code,
      Buffer.from(reason ?? ""),
    );
  }
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

const pairs = (flat: FlatFields): [string, string][] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2]!, flat[i * 2 + 1]!]);
