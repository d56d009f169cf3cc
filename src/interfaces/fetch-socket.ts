// The server's end of a websocket as the platform's interface has it (HTML, the WebSocket interface): events, send, close. A listener that
// fails is reported and closes its socket; it never ends the worker, as an exception in an EventTarget of Node's would.

import { Buffer } from "node:buffer";
import type { WireSocket } from "../gateway/host.ts";
import { exactBuffer } from "./fetch-body.ts";

/** What a socket needs of the request that it came from. */
export interface SocketOwner {
  readonly url: string;
  report(error: unknown): void;
}

/** `CloseEvent` of the platform, which Node has since 23. */
export interface SocketCloseEvent extends Event {
  /** 1005 where the client gave none, 1006 where the connection was lost. */
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

class Closed extends Event implements SocketCloseEvent {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;

  constructor(code: number, reason: string) {
    super("close");
    this.code = code;
    this.reason = reason;
    this.wasClean = code !== 1006;
  }
}

class Failed extends Event {
  readonly error: unknown;
  readonly message: string;

  constructor(error: unknown) {
    super("error");
    this.error = error;
    this.message = error instanceof Error ? error.message : String(error);
  }
}

/** 1006 is never sent: it stands for an end without a close frame (RFC 6455 section 7.4.1). */
const LOST = 1006;
/** A condition that the server did not expect (RFC 6455 section 7.4.1). */
const UNEXPECTED = 1011;

/** Beyond so much that a client has not read, nothing more is read from it: else one that asks and never reads fills the memory. */
const HIGH_WATER_BYTES = 65_536;

type Listener = ((event: never) => unknown) | { handleEvent(event: never): unknown };

export class FetchSocket extends EventTarget {
  /** What a binary message is given as. Unlike a browser's, an ArrayBuffer at first. */
  binaryType: "arraybuffer" | "blob" = "arraybuffer";
  onopen: ((event: Event) => unknown) | null = null;
  onmessage: ((event: MessageEvent) => unknown) | null = null;
  onclose: ((event: SocketCloseEvent) => unknown) | null = null;
  onerror: ((event: Event) => unknown) | null = null;
  readonly #owner: SocketOwner;
  #guards: WeakMap<object, (event: Event) => void> | undefined;
  #wire: WireSocket | undefined;
  #isLost = false;
  /** Nothing is read until what was sent is out. */
  #isHeld = false;
  /** Asks for word of what is sent, where it may come to be waited for; one function for all that a socket sends. */
  #sent: (() => void) | undefined;
  /** Closed before it was open. */
  #isUnwanted = false;

  constructor(owner: SocketOwner) {
    super();
    this.#owner = owner;
  }

  /** The connection is a websocket now. */
  static open(socket: FetchSocket, wire: WireSocket): void {
    socket.#open(wire);
  }

  /** It will never be one. */
  static lose(socket: FetchSocket): void {
    if (socket.#isLost) return;
    socket.#isLost = true;
    // Later, since whoever has just made it has had no time to listen.
    queueMicrotask(() => socket.#tell(new Closed(LOST, ""), socket.onclose));
  }

  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  get readyState(): 0 | 1 | 2 | 3 {
    if (this.#isLost) return 3;
    return (this.#wire?.readyState ?? (this.#isUnwanted ? 2 : 0)) as 0 | 1 | 2 | 3;
  }

  get url(): string {
    return this.#owner.url;
  }

  /** The subprotocol that was chosen, or `""`. */
  get protocol(): string {
    return this.#wire?.protocol ?? "";
  }

  get extensions(): string {
    return "";
  }

  /** Bytes that were sent and that the operating system has not taken yet: who sends much should look at it. */
  get bufferedAmount(): number {
    return this.#wire?.bufferedAmount ?? 0;
  }

  /**
   * Sends a message; after the socket began to close it does nothing.
   *
   * @throws DOMException InvalidStateError before `open`.
   */
  send(data: string | ArrayBuffer | ArrayBufferView | Blob): void {
    const wire = this.#wire;
    if (wire === undefined) {
      if (this.#isLost) return;
      throw new DOMException("the websocket is not open yet: send in its open event, or later", "InvalidStateError");
    }
    if (wire.readyState !== 1) return;
    if (typeof data === "string") this.#put(wire, data, TEXT);
    else if (data instanceof Blob) {
      data.arrayBuffer().then(
        (bytes) => this.send(bytes),
        (error: unknown) => this.#fail(error),
      );
    } else if (ArrayBuffer.isView(data)) {
      this.#put(wire, new Uint8Array(data.buffer, data.byteOffset, data.byteLength), BYTES);
    } else this.#put(wire, new Uint8Array(data), BYTES);
  }

  #put(wire: WireSocket, data: string | Uint8Array, kind: { readonly binary: boolean }): void {
    if (data.length < HIGH_WATER_BYTES / 4 && wire.bufferedAmount === 0) wire.send(data, kind);
    else {
      this.#sent ??= () => this.#release(wire);
      wire.send(data, kind, this.#sent);
    }
  }

  #release(wire: WireSocket): void {
    if (!this.#isHeld || (wire.readyState === 1 && wire.bufferedAmount > HIGH_WATER_BYTES)) return;
    this.#isHeld = false;
    wire.resume();
  }

  /**
   * Before `open` it is closed as soon as it is one, and hears of that alone.
   *
   * @param code 1000, or 3000 to 4999 for an application's own; also what RFC 6455 section 7.4.1 has for servers.
   */
  close(code?: number, reason?: string): void {
    if (this.#wire === undefined) this.#isUnwanted = true;
    else this.#shut(this.#wire, code, reason);
  }

  #shut(wire: WireSocket, code?: number, reason?: string): void {
    wire.close(code, reason);
    // The answer to the close is to be read.
    this.#release(wire);
  }

  override addEventListener(
    type: string,
    callback: Listener | null,
    options?: Parameters<EventTarget["addEventListener"]>[2],
  ): void {
    if (callback === null) return;
    this.#guards ??= new WeakMap();
    let guard = this.#guards.get(callback);
    if (guard === undefined) {
      guard = (event) => this.#run(callback, event);
      this.#guards.set(callback, guard);
    }
    super.addEventListener(type, guard, options);
  }

  override removeEventListener(
    type: string,
    callback: Listener | null,
    options?: EventListenerOptions | boolean,
  ): void {
    const guard = callback === null ? undefined : this.#guards?.get(callback);
    if (guard !== undefined) super.removeEventListener(type, guard, options);
  }

  #open(wire: WireSocket): void {
    this.#wire = wire;
    wire.on("message", (data, isBinary) => {
      // HTML, the WebSocket interface: what comes behind our close is no message of the conversation.
      if (wire.readyState !== 1) return;
      this.#tell(this.#message(data, isBinary), this.onmessage);
      if (this.#isHeld || wire.readyState !== 1 || wire.bufferedAmount <= HIGH_WATER_BYTES) return;
      this.#isHeld = true;
      wire.pause();
    });
    wire.on("error", (error) => this.#tell(new Failed(error), this.onerror));
    wire.on("close", (code, reason) => this.#tell(new Closed(code, reason.toString()), this.onclose));
    if (this.#isUnwanted) wire.close();
    else this.#tell(new Event("open"), this.onopen);
  }

  #message(data: Buffer, isBinary: boolean): MessageEvent {
    if (!isBinary) return new MessageEvent("message", { data: Buffer.from(data).toString() });
    const bytes = exactBuffer(data);
    return new MessageEvent("message", { data: this.binaryType === "blob" ? new Blob([bytes]) : bytes });
  }

  #tell(event: Event, listener: ((event: never) => unknown) | null): void {
    if (typeof listener === "function") this.#run(listener, event);
    this.dispatchEvent(event);
  }

  #run(listener: Listener, event: Event): void {
    try {
      const outcome: unknown =
        typeof listener === "function"
          ? listener.call(this as never, event as never)
          : listener.handleEvent(event as never);
      if (outcome instanceof Promise) outcome.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#owner.report(error);
    if (this.#wire !== undefined) this.#shut(this.#wire, UNEXPECTED);
  }
}

const TEXT = Object.freeze({ binary: false });
const BYTES = Object.freeze({ binary: true });
