// A request as an ASGI application of type `http` sees it: its body comes by `receive`, its response goes by `send` (ASGI 3.0, HTTP).
// What it may send, and in which order, is asgi-reply.ts; how it ends is asgi-exchange.ts.

import { RequestError } from "../gateway/exchange.ts";
import type { FaultCode } from "../protocol/faults.ts";
import { ClientDisconnectedError } from "./asgi-errors.ts";
import { AsgiExchange, DONE } from "./asgi-exchange.ts";
import { checkPath, type FileSink, readFileTo } from "./asgi-file.ts";
import type { Given } from "./asgi-reply.ts";
import { linksOf, outOfOrder, unfinishedResponse } from "./asgi-said.ts";
import { httpScope } from "./asgi-scope.ts";
import type { HttpDisconnectEvent, HttpReceiveEvent, HttpScope, TsgiExtension } from "./asgi-types.ts";

const SENDABLE = [
  "http.response.start",
  "http.response.body",
  "http.response.trailers",
  "http.response.early_hint",
  "http.response.pathsend",
] as const;

const EMPTY = new Uint8Array(0);

export class HttpExchange extends AsgiExchange implements FileSink {
  protected readonly sendable = SENDABLE;
  #bodyDone = false;
  #received = 0;
  /** The client's part failed; what its application answers is its own matter. */
  #failure: RequestError | undefined;
  #reading: Promise<HttpReceiveEvent> | undefined;
  #listeners: ((event: HttpDisconnectEvent) => void)[] | undefined;
  #isSendingFile = false;

  protected scope(extension: TsgiExtension): HttpScope | FaultCode {
    const { host, state } = this.parts;
    return httpScope(this.request.head, { info: this.request.info, facts: host.facts, state, extension });
  }

  protected receive(): Promise<HttpReceiveEvent> {
    // One at a time: the second gets what comes behind the first.
    if (this.#reading !== undefined) return this.#reading.then(() => this.receive());
    if (this.#isClosed) return Promise.resolve(disconnect());
    if (!this.#bodyDone) return this.#read();
    return new Promise((resolve) => {
      this.#listeners ??= [];
      this.#listeners.push(resolve);
    });
  }

  get #isClosed(): boolean {
    if (this.ended || this.#failure !== undefined || this.gone !== undefined) return true;
    // An upload may still be whole before the grace is over.
    return this.told !== undefined && (this.#bodyDone || this.reply.isEventStream);
  }

  #read(): Promise<HttpReceiveEvent> {
    const { head, body } = this.request;
    if (head.length === 0) return Promise.resolve(this.#arrived(null));
    const answer = body.read();
    if (!(answer instanceof Promise)) return Promise.resolve(this.#arrived(answer));
    this.#reading = answer.then(
      (bytes) => this.#arrived(bytes),
      (error) => this.#broke(error),
    );
    return this.#reading;
  }

  #arrived(bytes: Uint8Array | null): HttpReceiveEvent {
    this.#reading = undefined;
    const { head, body } = this.request;
    this.#received += bytes?.length ?? 0;
    const more = bytes !== null && (head.length === "chunked" || this.#received < head.length);
    if (!more) {
      this.#bodyDone = true;
      // The end is here with the last byte: taken, the connection is ready for what follows.
      if (bytes !== null) Promise.resolve(body.read()).catch(nothing);
    }
    return { type: "http.request", body: bytes ?? EMPTY, more_body: more };
  }

  /** ASGI, Disconnect: a body that was cut must not pass for a whole one. */
  #broke(error: unknown): HttpReceiveEvent {
    this.#reading = undefined;
    this.#failure = error instanceof RequestError ? error : new RequestError(400, String(error));
    return disconnect();
  }

  protected take(event: Given): Promise<void> {
    if (this.gone !== undefined) throw new ClientDisconnectedError(this.gone);
    // ASGI, Response Body: what comes after the end is ignored.
    if (this.ended) return DONE;
    if (this.#isSendingFile) throw outOfOrder(event.type, "while a file is sent");
    switch (event.type) {
      case "http.response.start":
        this.reply.start(event);
        this.said();
        return DONE;
      case "http.response.body":
        return this.#body(event);
      case "http.response.trailers":
        this.reply.trailers(event, this);
        return this.#flush();
      case "http.response.early_hint":
        return this.#hint(event);
      default:
        return this.#file(event.type, checkPath(event["path"], event.type));
    }
  }

  #body(event: Given): Promise<void> {
    // An event stream that was told to end: its last event is sent, and whoever goes on learns it here.
    if (this.told !== undefined && event["more_body"] === true && this.reply.isEndless) {
      throw new ClientDisconnectedError(this.told);
    }
    this.reply.body(event, this);
    return this.#flush();
  }

  /** What the reply has put goes out. */
  #flush(): Promise<void> {
    const { unwanted } = this.reply;
    if (unwanted !== undefined) this.report(unwanted, "none");
    if (this.reply.phase === "over") {
      this.end();
      return DONE;
    }
    this.request.wake();
    return this.handedOver();
  }

  #hint(event: Given): Promise<void> {
    if (this.reply.phase !== "start") throw outOfOrder(event.type, "after the start of the response");
    const fields = linksOf(event["links"], event.type);
    // RFC 9110 section 15.2: a 1.0 client does not know that another response follows.
    if (this.request.head.version === "1.0" || fields.length === 0) return DONE;
    this.put({ type: "information", status: 103, fields });
    this.request.wake();
    return this.handedOver();
  }

  #file(type: string, path: string): Promise<void> {
    this.reply.mayBeFile(type);
    this.#isSendingFile = true;
    const sent = readFileTo(path, this)
      .catch((error) => {
        // There is no other body that could follow: a file that cannot be sent is a failure of the response.
        this.fail(error);
        throw error;
      })
      .finally(() => {
        this.#isSendingFile = false;
      });
    sent.catch(nothing);
    return sent;
  }

  begin(size: number): boolean {
    return this.reply.file(size);
  }

  write(block: Uint8Array, more: boolean): Promise<void> {
    if (this.gone !== undefined) throw new ClientDisconnectedError(this.gone);
    // The application threw meanwhile.
    if (this.ended) return DONE;
    this.reply.give(block, more, this);
    return this.#flush();
  }

  /** Where the client's part failed, that is the answer, whatever the application makes of its disconnect. */
  protected override fail(error: unknown): void {
    super.fail(error, this.#failure?.status);
  }

  protected release(): void {
    const listeners = this.#listeners;
    if (listeners !== undefined) for (const listener of listeners.splice(0)) listener(disconnect());
  }

  protected returned(): void {
    if (this.ended) return;
    if (this.told !== undefined) this.fail(this.told);
    else if (this.#failure !== undefined) this.fail(this.#failure);
    else this.fail(unfinishedResponse(this.reply.phase, this.refused));
  }
}

const disconnect = (): HttpDisconnectEvent => ({ type: "http.disconnect" });

const nothing = (): void => {};
