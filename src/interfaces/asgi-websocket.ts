// A websocket as an ASGI application sees it (ASGI 3.0, WebSocket): the handshake is answered by what it sends, messages come by `receive`
// as it asks for them, and one event ends it. RFC 6455 itself is the matter of the server's websockets (websocket.ts).

import type { Buffer } from "node:buffer";
import { RequestError, type UpgradeEvent } from "../gateway/exchange.ts";
import type { WireSocket } from "../gateway/host.ts";
import type { FaultCode } from "../protocol/faults.ts";
import { ClientDisconnectedError } from "./asgi-errors.ts";
import { AsgiExchange, DONE } from "./asgi-exchange.ts";
import type { Given } from "./asgi-reply.ts";
import { outOfOrder, unfinished, unfinishedResponse } from "./asgi-said.ts";
import { webSocketScope } from "./asgi-scope.ts";
import type {
  TsgiExtension,
  WebSocketDisconnectEvent,
  WebSocketIncomingEvent,
  WebSocketReceiveEvent,
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
import { protocolsOf } from "./handshake.ts";

/** RFC 6455 section 7.1.5: the connection was lost. */
const LOST = 1006;
const INTERNAL_ERROR = 1011;
/** Text that waits for the operating system beyond this makes its sender wait. */
const HIGH_WATER_BYTES = 65_536;
/** Messages beyond these, or more bytes than that, are left where the client is until the application asks. */
const WAITING_MESSAGES = 16;
const WAITING_BYTES = 65_536;

interface Settle {
  readonly resolve: () => void;
  readonly reject: (why: Error) => void;
}

interface Receiver {
  readonly resolve: (event: WebSocketIncomingEvent) => void;
  readonly reject: (why: Error) => void;
}

export class WebSocketExchange extends AsgiExchange {
  protected readonly sendable = WEBSOCKET_SENDABLE;
  #phase: "new" | "connecting" | "denying" | "opening" | "open" | "closing" | "over" = "new";
  #socket: WireSocket | undefined;
  #accepted: Settle | undefined;
  /** Messages that nobody has asked for yet. */
  readonly #messages: WebSocketReceiveEvent[] = [];
  #waitingBytes = 0;
  #isPaused = false;
  #receiver: Receiver | undefined;
  #disconnect: WebSocketDisconnectEvent | undefined;
  #isTold = false;
  /** The server ends it. */
  #leaving: Error | undefined;
  /** The application ended before the socket was open: how it is closed then. */
  #closesWith = 0;

  protected scope(extension: TsgiExtension): WebSocketScope | FaultCode {
    const { host, state } = this.parts;
    return webSocketScope(this.request.head, { info: this.request.info, facts: host.facts, state, extension });
  }

  protected receive(): Promise<WebSocketIncomingEvent> {
    if (this.#phase === "new") {
      this.#phase = "connecting";
      return Promise.resolve({ type: "websocket.connect" });
    }
    if (this.#receiver !== undefined) {
      return rejected(outOfOrder("receive()", "again before the one before was over"));
    }
    const message = this.#messages.shift();
    if (message !== undefined) {
      if (this.#messages.length === 0) this.#resume();
      return Promise.resolve(message);
    }
    if (this.#disconnect !== undefined) return this.#last(this.#disconnect);
    return new Promise((resolve, reject) => {
      this.#receiver = { resolve, reject };
    });
  }

  /** ASGI, Disconnect: said once. */
  #last(event: WebSocketDisconnectEvent): Promise<WebSocketIncomingEvent> {
    if (this.#isTold) return rejected(new ClientDisconnectedError(this.#why(event)));
    this.#isTold = true;
    return Promise.resolve(event);
  }

  protected take(event: Given): Promise<void> {
    if (this.gone !== undefined) throw new ClientDisconnectedError(this.gone);
    if (this.#disconnect !== undefined) throw new ClientDisconnectedError(this.#why(this.#disconnect));
    if (this.#leaving !== undefined) throw new ClientDisconnectedError(this.#leaving);
    if (this.#phase === "closing" || this.#phase === "over") throw outOfOrder(event.type, "after the end");
    switch (event.type) {
      case "websocket.accept":
        return this.#accept(event);
      case "websocket.send":
        return this.#message(event);
      case "websocket.close":
        return this.#close(event);
      case "websocket.http.response.start":
        this.#isUndecided(event.type);
        this.reply.start(event);
        this.#phase = "denying";
        return DONE;
      default:
        if (this.#phase !== "denying") throw outOfOrder(event.type, "before websocket.http.response.start");
        this.reply.body(event, this);
        return this.#denied();
    }
  }

  #denied(): Promise<void> {
    if (this.reply.phase !== "over") {
      this.request.wake();
      return this.handedOver();
    }
    this.#finish({ type: "websocket.disconnect", code: LOST, reason: "" });
    this.end();
    return DONE;
  }

  #isUndecided(type: string): void {
    if (this.#phase === "new" || this.#phase === "connecting") return;
    throw outOfOrder(
      type,
      this.#phase === "denying" ? "after websocket.http.response.start" : "after websocket.accept",
    );
  }

  #accept(event: Given): Promise<void> {
    const { type } = event;
    this.#isUndecided(type);
    const protocol = protocolOf(event, protocolsOf(this.request.head));
    const fields = acceptFields(event);
    this.#phase = "opening";
    const { websockets } = this.parts.host;
    const open = (socket: WireSocket): void => this.#opened(socket);
    const lost = (): void => this.#finish({ type: "websocket.disconnect", code: LOST, reason: "" });
    this.put(this.#watched(websockets!.accept(this.request.head, { protocol, fields, open, lost })));
    this.ended = true;
    const accepted = new Promise<void>((resolve, reject) => {
      this.#accepted = { resolve, reject };
    });
    accepted.catch(nothing);
    this.request.wake();
    return accepted;
  }

  /** What is to be left is read on, so that its end is seen. */
  #watched(event: UpgradeEvent): UpgradeEvent {
    return {
      type: "upgrade",
      take: (socket, head) => {
        const upgraded = event.take(socket, head);
        return {
          get status() {
            return upgraded.status;
          },
          leave: (code) => {
            this.#leaving = new RequestError(499, `the server closes the websocket with ${code}`);
            this.abortDraining(this.#leaving);
            upgraded.leave(code);
            this.#drop();
          },
        };
      },
    };
  }

  #opened(socket: WireSocket): void {
    this.#socket = socket;
    this.#phase = "open";
    socket.on("message", (data, isBinary) => this.#arrived(data, isBinary));
    socket.on("close", (code, reason) => this.#closed(code, reason.toString()));
    // What the peer did wrong is in the code of the close that follows.
    socket.on("error", nothing);
    this.#accepted?.resolve();
    this.#accepted = undefined;
    if (this.#closesWith !== 0) this.#leave(this.#closesWith, "");
  }

  #arrived(data: Buffer, isBinary: boolean): void {
    const event: WebSocketReceiveEvent = isBinary
      ? { type: "websocket.receive", text: null, bytes: data }
      : { type: "websocket.receive", text: data.toString(), bytes: null };
    // Behind our close frame nothing is a part of the conversation (RFC 6455 section 1.4).
    if (this.#phase !== "open") return;
    const receiver = this.#receiver;
    if (receiver !== undefined) {
      this.#receiver = undefined;
      receiver.resolve(event);
    } else {
      this.#messages.push(event);
      this.#waitingBytes += data.length;
      // Not asking is the backpressure: the client's messages wait where the client is.
      if (this.#messages.length < WAITING_MESSAGES && this.#waitingBytes <= WAITING_BYTES) return;
      this.#isPaused = true;
      this.#socket!.pause();
    }
  }

  #resume(): void {
    this.#waitingBytes = 0;
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket!.resume();
  }

  /** The close handshake has begun: nothing that comes now is asked for, but the peer's own close is to be read. */
  #drop(): void {
    if (this.#phase === "open") this.#phase = "closing";
    this.#resume();
  }

  #closed(code: number, reason: string): void {
    this.#finish({ type: "websocket.disconnect", code, reason });
    // Through the signal, whoever works for this client hears of it.
    this.abortSignal(this.#why(this.#disconnect!));
  }

  /** There will be no message but those that are here. */
  #finish(event: WebSocketDisconnectEvent): void {
    if (this.#disconnect !== undefined) return;
    this.#phase = "over";
    this.#disconnect = event;
    const accepted = this.#accepted;
    this.#accepted = undefined;
    accepted?.reject(new ClientDisconnectedError(this.#why(event)));
    const receiver = this.#receiver;
    if (receiver === undefined) return;
    this.#receiver = undefined;
    this.#isTold = true;
    receiver.resolve(event);
  }

  #why({ code, reason }: WebSocketDisconnectEvent): Error {
    return new RequestError(499, `the websocket was closed with ${code}${reason === "" ? "" : ` (${reason})`}`);
  }

  #message(event: Given): Promise<void> {
    const { type } = event;
    if (this.#phase !== "open") throw outOfOrder(type, "before websocket.accept");
    const data = messageOf(event);
    const written = this.#write(data, typeof data !== "string");
    if (written !== DONE) written.catch(nothing);
    return written;
  }

  #write(data: string | Uint8Array, binary: boolean): Promise<void> {
    const socket = this.#socket!;
    // Text is nobody's to change; bytes are their sender's until the operating system has them.
    if (!binary && data.length < HIGH_WATER_BYTES && socket.bufferedAmount < HIGH_WATER_BYTES) {
      socket.send(data, TEXT_FRAME);
      return DONE;
    }
    return new Promise<void>((resolve, reject) => {
      socket.send(data, { binary }, (error) => {
        // The library says null where others say nothing.
        if (error == null) resolve();
        else reject(new ClientDisconnectedError(error));
      });
    });
  }

  #close(event: Given): Promise<void> {
    const { type } = event;
    const { code, reason } = closeOf(event);
    if (this.#phase === "denying") throw outOfOrder(type, "after websocket.http.response.start");
    if (this.#phase === "open") this.#leave(code, reason);
    else if (this.#phase === "opening") throw outOfOrder(type, "before websocket.accept was over: await it");
    else this.#deny();
    return DONE;
  }

  #leave(code: number, reason: string): void {
    this.#socket!.close(code, reason);
    this.#drop();
  }

  /** ASGI, Close: before the handshake was answered, it is refused. */
  #deny(): void {
    this.put(forbidden());
    this.#finish({ type: "websocket.disconnect", code: LOST, reason: "" });
    this.end();
  }

  protected release(): void {
    const why = this.gone ?? this.told;
    if (why !== undefined && this.#socket === undefined) {
      this.#finish({ type: "websocket.disconnect", code: LOST, reason: "" });
    }
  }

  protected override fail(error: unknown): void {
    if (this.#phase === "open") {
      if (!(error instanceof ClientDisconnectedError)) this.report(error, "cut");
      this.#leave(INTERNAL_ERROR, "");
    } else {
      super.fail(error);
      this.#closesWith = INTERNAL_ERROR;
    }
  }

  protected returned(): void {
    this.#closesWith = 1000;
    if (this.#phase === "open") this.#leave(1000, "");
    else if (this.ended) return;
    else if (this.told !== undefined) super.fail(this.told);
    else if (this.#phase === "denying") {
      super.fail(unfinishedResponse(this.reply.phase, this.refused));
    } else {
      const due = "it sent websocket.accept or websocket.close: the handshake is refused";
      super.fail(unfinished(due, this.refused), FORBIDDEN);
    }
  }
}

const TEXT_FRAME = Object.freeze({ binary: false });

function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(nothing);
  return promise;
}

const nothing = (): void => {};
