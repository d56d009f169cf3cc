// An ASGI application as a TSGI one, for any server that keeps the contract of docs/gateway.md: what it sends becomes startResponse and a
// body that is pulled. Websockets are the matter of asgi-to-tsgi-websocket.ts. Does not know the server.

import { isPromise } from "../gateway/body.ts";
import { RequestError } from "../gateway/exchange.ts";
import { failureText } from "../gateway/failure.ts";
import type { Application, Body, Chunk, Environ, Errors, Shutdown, StartResponse, Startup } from "../gateway/types.ts";
import type { FlatFields, SendEvent as WireEvent } from "../protocol/events.ts";
import { listMembers } from "../protocol/grammar.ts";
import { ClientDisconnectedError } from "./asgi-errors.ts";
import { checkPath, type FileSink, readFileTo } from "./asgi-file.ts";
import { AsgiLifespan, type Say } from "./asgi-lifespan.ts";
import { AsgiReply, type EventSink, type Given } from "./asgi-reply.ts";
import { linksOf, outOfOrder, unfinishedResponse, unknownEvent } from "./asgi-said.ts";
import { VERSIONS } from "./asgi-scope.ts";
import { isWebSocketEnviron, WebSocketBridge } from "./asgi-to-tsgi-websocket.ts";
import type { AsgiApplication, AsgiState, HttpReceiveEvent, HttpScope, SendEvent } from "./asgi-types.ts";

/** With what belongs to its worker beside it, where a TSGI server looks for it. */
export type AdaptedApplication = Application & { readonly startup: Startup; readonly shutdown: Shutdown };

const SENDABLE = [
  "http.response.start",
  "http.response.body",
  "http.response.trailers",
  "http.response.early_hint",
  "http.response.pathsend",
] as const;

/** Makes a TSGI application of an ASGI one. */
export function asgiToTsgi(application: AsgiApplication): AdaptedApplication {
  const lifespan = new AsgiLifespan(application);
  const adapted = (environ: Environ, startResponse: StartResponse): Body | Promise<Body> => {
    lifespan.tellTo(sayTo(environ["tsgi.errors"]));
    const scope = scopeOf(environ, lifespan.state);
    if (!isWebSocketEnviron(scope, environ)) return new Bridge(environ, startResponse).run(application, scope);
    const upgrade = environ["tsgi.upgrade"];
    const answer = (by: AsgiApplication) => new Bridge(environ, startResponse, "websocket.").run(by, scope);
    return new WebSocketBridge({ environ, upgrade, scope, answer }).run(application);
  };
  return Object.assign(adapted, {
    startup: ((worker) => lifespan.startup(worker)) satisfies Startup,
    shutdown: ((departure) => lifespan.shutdown(departure)) satisfies Shutdown,
  });
}

/** Kept as long as the worker lives, so that it must not hold the environ of the first request. */
const sayTo =
  (errors: Errors): Say =>
  (text, level) =>
    errors.write(text, level);

interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (why: unknown) => void;
}

class Bridge implements EventSink, FileSink, AsyncIterator<Chunk, void> {
  readonly #environ: Environ;
  readonly #startResponse: StartResponse;
  readonly #prefix: string;
  readonly #reply: AsgiReply;
  readonly #input: AsyncIterator<Uint8Array>;
  /** Who waits for the body to begin. */
  #answer: Settle<Body> | undefined;
  readonly #chunks: Chunk[] = [];
  readonly #waiters: Settle<void>[] = [];
  #reader: Settle<IteratorResult<Chunk, void>> | undefined;
  #inputOver = false;
  #received = 0;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  #gone: Error | undefined;
  /** The client's part failed. */
  #broken: unknown;
  #isSendingFile = false;

  /** @param prefix Of the events: the answer to a handshake has the rules of any other, and names of its own. */
  constructor(environ: Environ, startResponse: StartResponse, prefix: "" | "websocket." = "") {
    this.#environ = environ;
    this.#prefix = prefix;
    this.#startResponse = startResponse;
    this.#reply = new AsgiReply({ method: environ.REQUEST_METHOD });
    this.#input = environ["tsgi.input"][Symbol.asyncIterator]();
  }

  run(application: AsgiApplication, scope: HttpScope): Promise<Body> {
    return new Promise<Body>((resolve, reject) => {
      this.#answer = { resolve, reject };
      const failed = (error: unknown): void => this.#fail(error);
      try {
        const result: unknown = application(
          scope,
          () => this.#receive(),
          (event) => this.#send(event),
        );
        if (isPromise(result)) result.then(() => this.#returned(), failed);
        else this.#returned();
      } catch (error) {
        failed(error);
      }
    });
  }

  async #receive(): Promise<HttpReceiveEvent> {
    const signal = this.#environ["tsgi.signal"];
    if (this.#isOver || this.#gone !== undefined || this.#broken !== undefined || signal.aborted) return DISCONNECT();
    if (!this.#inputOver) return this.#read();
    return new Promise((resolve) => {
      this.#whenOver = () => resolve(DISCONNECT());
      signal.addEventListener("abort", this.#whenOver, { once: true });
    });
  }

  #whenOver: (() => void) | undefined;

  async #read(): Promise<HttpReceiveEvent> {
    try {
      const { value, done } = await this.#input.next();
      const body: Uint8Array = done === true ? new Uint8Array(0) : value;
      this.#received += body.length;
      // Absent for a chunked body, whose end is an event of its own.
      const length = Number(this.#environ.CONTENT_LENGTH ?? Number.NaN);
      this.#inputOver = done === true || this.#received === length;
      return { type: "http.request", body, more_body: !this.#inputOver };
    } catch (error) {
      this.#broken = error;
      return DISCONNECT();
    }
  }

  #send(event: SendEvent): Promise<void> {
    let sent: Promise<void>;
    try {
      sent = Promise.resolve(this.#take(event as unknown as Given));
    } catch (error) {
      if (this.#reply.broken === error) this.#fail(error);
      sent = Promise.reject(error);
    }
    // A rejected send that nobody awaits must not end the process.
    sent.catch(() => {});
    return sent;
  }

  #take(event: Given): void | Promise<void> {
    const type: unknown = (event as Given | null | undefined)?.type;
    const prefix = this.#prefix;
    const kind = prefix !== "" && typeof type === "string" ? type.replace(prefix, "") : type;
    if (!SENDABLE.some((one) => one === kind)) throw unknownEvent(event, SENDABLE);
    if (this.#gone !== undefined) throw new ClientDisconnectedError(this.#gone);
    if (this.#isOver) return;
    if (this.#isSendingFile) throw outOfOrder(event.type, "while a file is sent");
    switch (kind) {
      case "http.response.start":
        return this.#reply.start(event);
      case "http.response.body":
        this.#reply.body(event, this);
        return this.#handedOver();
      case "http.response.trailers":
        return this.#reply.trailers(event, this);
      case "http.response.early_hint":
        if (this.#reply.phase !== "start") throw outOfOrder(event.type, "after the start of the response");
        return this.#environ["tsgi.early_hints"]?.(pairs(linksOf(event["links"], event.type)));
      default:
        return this.#file(event.type, checkPath(event["path"], event.type));
    }
  }

  async #file(type: string, path: string): Promise<void> {
    this.#reply.mayBeFile(type);
    this.#isSendingFile = true;
    try {
      await readFileTo(path, this);
    } catch (error) {
      this.#fail(error);
      throw error;
    } finally {
      this.#isSendingFile = false;
    }
  }

  begin(size: number): boolean {
    return this.#reply.file(size);
  }

  async write(block: Uint8Array, more: boolean): Promise<void> {
    if (this.#gone !== undefined) throw new ClientDisconnectedError(this.#gone);
    this.#reply.give(block, more, this);
    return this.#handedOver();
  }

  /** An event of the reply. */
  put(event: WireEvent): void {
    if (event.type === "response") {
      const length = event.length === undefined ? [] : [["Content-Length", String(event.length)] as const];
      this.#startResponse(`${event.status} ${event.reason}`, [...pairs(event.fields), ...length]);
      if (event.body !== undefined) this.#chunks.push(event.body);
      if (!event.more) {
        this.#over();
        this.#answer?.resolve(this.#chunks);
      } else this.#answer?.resolve(Object.assign(this.#iterable(), { close: () => this.#close() }));
      this.#answer = undefined;
    } else if (event.type === "data") this.#feed(event.bytes);
    else if (event.type === "end") {
      const { trailers = [] } = event;
      if (trailers.length > 0) this.#environ["tsgi.trailers"]?.(pairs(trailers));
      this.#over();
    }
  }

  #iterable(): AsyncIterable<Chunk> {
    return { [Symbol.asyncIterator]: () => this };
  }

  #feed(chunk: Chunk): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) this.#chunks.push(chunk);
    else reader.resolve({ value: chunk, done: false });
  }

  /** The server has room for another chunk. */
  next(): Promise<IteratorResult<Chunk, void>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return Promise.resolve({ value: chunk, done: false });
    for (const { resolve } of this.#waiters.splice(0)) resolve();
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  #handedOver(): Promise<void> | undefined {
    // The server waits for the next chunk, so that all before it is out: there was nothing in this one.
    if (this.#isOver || this.#reader !== undefined) return undefined;
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  #over(): void {
    this.#isOver = true;
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.resolve({ value: undefined, done: true });
    for (const { resolve } of this.#waiters.splice(0)) resolve();
    this.#release();
  }

  #release(): void {
    const told = this.#whenOver;
    this.#whenOver = undefined;
    if (told === undefined) return;
    this.#environ["tsgi.signal"].removeEventListener("abort", told);
    told();
  }

  /** The response is over, however that came. */
  #close(): void {
    if (this.#isOver || this.#gone !== undefined) return;
    const { reason } = this.#environ["tsgi.signal"];
    this.#gone = reason instanceof Error ? reason : new RequestError(499, "the response is over");
    for (const { reject } of this.#waiters.splice(0)) reject(new ClientDisconnectedError(this.#gone));
    this.#release();
  }

  #returned(): void {
    if (this.#isOver || this.#gone !== undefined) return;
    const { aborted, reason } = this.#environ["tsgi.signal"];
    this.#fail(this.#broken ?? (aborted ? reason : unfinishedResponse(this.#reply.phase)));
  }

  #fail(error: unknown): void {
    if (error instanceof ClientDisconnectedError && this.#gone !== undefined) return;
    if (this.#failure !== undefined) return;
    if (this.#isOver || this.#gone !== undefined) {
      this.#environ["tsgi.errors"].write(failureText(error), "error");
      return;
    }
    this.#failure = { error };
    this.#answer?.reject(error);
    this.#reader?.reject(error);
    this.#release();
  }
}

function scopeOf(environ: Environ, state: AsgiState): HttpScope {
  const { SCRIPT_NAME, PATH_INFO, REQUEST_URI = "", SERVER_PROTOCOL } = environ;
  const path = `${SCRIPT_NAME}${PATH_INFO}`;
  const offered = Object.freeze({});
  const isOld = SERVER_PROTOCOL === "HTTP/1.0";
  const early = !isOld && typeof environ["tsgi.early_hints"] === "function";
  const trails =
    !isOld &&
    typeof environ["tsgi.trailers"] === "function" &&
    listMembers(environ["HTTP_TE"] ?? "").includes("trailers");
  return {
    ...{ type: "http", asgi: VERSIONS, http_version: isOld ? "1.0" : "1.1" },
    ...{ method: environ.REQUEST_METHOD.toUpperCase(), scheme: environ["tsgi.url_scheme"], path },
    ...{ raw_path: REQUEST_URI.split("?", 1)[0]! || encodeURI(path), query_string: environ.QUERY_STRING },
    ...{ root_path: SCRIPT_NAME, headers: headersFrom(environ) },
    client: environ.REMOTE_ADDR === "" ? null : [environ.REMOTE_ADDR, Number(environ.REMOTE_PORT ?? 0)],
    server: [environ.SERVER_NAME, Number(environ.SERVER_PORT)],
    state: { ...state },
    extensions: {
      ...(early ? { "http.response.early_hint": offered } : {}),
      ...(trails ? { "http.response.trailers": offered } : {}),
      "http.response.pathsend": offered,
      tsgi: {
        request_id: environ["tsgi.request_id"],
        get signal() {
          return environ["tsgi.signal"];
        },
        get draining() {
          return environ["tsgi.draining"];
        },
      },
    },
  };
}

/** What an environ has kept of them: repeated ones are one, and their order is the environ's. */
function headersFrom(environ: Environ): HttpScope["headers"] {
  const headers: (readonly [string, string])[] = [];
  for (const [key, value] of Object.entries(environ)) {
    if (typeof value !== "string") continue;
    if (key.startsWith("HTTP_")) headers.push([key.slice("HTTP_".length).toLowerCase().replaceAll("_", "-"), value]);
    else if ((key === "CONTENT_TYPE" || key === "CONTENT_LENGTH") && value !== "") {
      headers.push([key.toLowerCase().replace("_", "-"), value]);
    }
  }
  return Object.freeze(headers);
}

const pairs = (flat: FlatFields): (readonly [string, string])[] =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2]!, flat[i * 2 + 1]!] as const);

const DISCONNECT = (): HttpReceiveEvent => ({ type: "http.disconnect" });
