// A websocket as a TSGI application has it: messages are asked for, what is sent is awaited, and both end when the connection does.
// Does not know frames, nor how the request became a websocket.

import type { Buffer } from "node:buffer";
import { RequestError } from "./exchange.ts";
import type { WireSocket } from "./host.ts";
import { show } from "./said.ts";
import type { WebSocketClosed, WebSocketConnection } from "./types.ts";

/** How much is read ahead of an application that does not ask: so many bytes, with something for each message, and what came with them. */
const READ_AHEAD_BYTES = 65_536;
/** What a message costs beside its bytes, about: an empty one is not for nothing. */
const MESSAGE_BYTES = 64;
const OPEN = 1;
/** RFC 6455 section 7.4.1: the longest reason that fits into a control frame beside its code. */
const MAX_REASON_BYTES = 123;
/** Client Closed Request, as nginx names it: nobody is there to be told. */
const GONE = 499;

type Message = string | Buffer;
type Step = IteratorResult<Message, undefined>;

const OVER: Step = Object.freeze({ done: true, value: undefined });

export class Conversation implements WebSocketConnection, AsyncIterator<Message, undefined> {
  readonly #wire: WireSocket;
  #messages: Message[] = [];
  #waiting: ((step: Step) => void)[] = [];
  #ahead = 0;
  #isPaused = false;
  /** Nobody will ask for a message any more. */
  #isDeaf = false;
  #ended: WebSocketClosed | undefined;
  #reason: RequestError | undefined;
  #controller: AbortController | undefined;
  #closed: Promise<WebSocketClosed> | undefined;
  #tellClosed: ((closed: WebSocketClosed) => void) | undefined;

  constructor(wire: WireSocket) {
    this.#wire = wire;
    wire.on("message", (data, isBinary) => this.#receive(data, isBinary));
    wire.on("close", (code, reason) => this.#end({ code, reason: reason.toString() }));
  }

  get protocol(): string {
    return this.#wire.protocol;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended !== undefined) this.#controller.abort(this.#why());
    }
    return this.#controller.signal;
  }

  get closed(): Promise<WebSocketClosed> {
    this.#closed ??=
      this.#ended === undefined
        ? new Promise((resolve) => {
            this.#tellClosed = resolve;
          })
        : Promise.resolve(this.#ended);
    return this.#closed;
  }

  send(message: string | Uint8Array): Promise<void> {
    const sent = this.#send(message);
    // Whoever sends to many does not await each: that one of them left must not end the process.
    sent.then(undefined, () => {});
    return sent;
  }

  close(code = 1_000, reason = ""): void {
    if (!isCloseCode(code)) {
      throw new RangeError(
        `close code ${show(code)}: expected 1000 to 1014 without 1004, 1005 and 1006, or 3000 to 4999 (RFC 6455, section 7.4)`,
      );
    }
    if (typeof reason !== "string" || new TextEncoder().encode(reason).length > MAX_REASON_BYTES) {
      throw new RangeError(`close reason ${show(reason)}: expected a string of at most ${MAX_REASON_BYTES} bytes`);
    }
    this.#wire.close(code, reason);
    this.#resume();
  }

  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    return this;
  }

  next(): Promise<Step> {
    const message = this.#messages.shift();
    if (message !== undefined) {
      this.#ahead -= message.length + MESSAGE_BYTES;
      if (this.#messages.length === 0) this.#resume();
      return Promise.resolve({ done: false, value: message });
    }
    if (this.#ended !== undefined) return Promise.resolve(OVER);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The end of a loop is not the end of the connection: another loop may follow. */
  return(): Promise<Step> {
    return Promise.resolve(OVER);
  }

  /** The handler is over: what still comes is for nobody. */
  deafen(): void {
    this.#isDeaf = true;
    this.#messages = [];
    this.#ahead = 0;
    this.#resume();
  }

  /** Whether a failure is only what followed from the end of the connection. */
  explains(error: unknown): boolean {
    if (this.#ended === undefined && this.#wire.readyState === OPEN) return false;
    return error === this.#reason || (error instanceof Error && error.name === "AbortError");
  }

  #send(message: unknown): Promise<void> {
    if (typeof message !== "string" && !(message instanceof Uint8Array)) {
      return Promise.reject(new TypeError(`a websocket message is ${show(message)}: expected a string or bytes`));
    }
    if (this.#wire.readyState !== OPEN) return Promise.reject(this.#why());
    return new Promise((resolve, reject) => {
      this.#wire.send(message, { binary: typeof message !== "string" }, (error) => {
        if (error === undefined || error === null) resolve();
        else reject(this.#why());
      });
    });
  }

  #receive(data: Buffer, isBinary: boolean): void {
    // After a close frame of ours what the client still sends is not a part of the conversation (RFC 6455 section 1.4).
    if (this.#isDeaf || this.#wire.readyState !== OPEN) return;
    const message = isBinary ? data : data.toString();
    const asked = this.#waiting.shift();
    if (asked !== undefined) {
      asked({ done: false, value: message });
      return;
    }
    this.#messages.push(message);
    this.#ahead += message.length + MESSAGE_BYTES;
    if (this.#ahead < READ_AHEAD_BYTES || this.#isPaused) return;
    this.#isPaused = true;
    this.#wire.pause();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#wire.resume();
  }

  #why(): RequestError {
    this.#reason ??= new RequestError(GONE, `the websocket is closed${this.#ended ? ` (${this.#ended.code})` : ""}`);
    return this.#reason;
  }

  #end(closed: WebSocketClosed): void {
    this.#ended = closed;
    this.#tellClosed?.(closed);
    this.#controller?.abort(this.#why());
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const tell of waiting) tell(OVER);
  }
}

/** Those that may be sent (RFC 6455 section 7.4; 1012 to 1014 are in IANA's registry). */
const isCloseCode = (code: unknown): boolean =>
  typeof code === "number" &&
  Number.isInteger(code) &&
  ((code >= 1_000 && code <= 1_014 && !(code >= 1_004 && code <= 1_006)) || (code >= 3_000 && code <= 4_999));
