// The contract between a server and an application: PEP 3333 carried into TypeScript. The full text is docs/gateway.md.

import type { Buffer } from "node:buffer";
import type { FileLike } from "./file-wrapper.ts";

/** A piece of a body. A string is sent as UTF-8. */
export type Chunk = string | Uint8Array;

/**
 * What an application returns. A bare string or `Uint8Array` is one chunk. If the object has a `close` method, the
 * server calls it exactly once when the response is over, however it ended (PEP 3333, Specification Details).
 */
export type Body = (Chunk | Iterable<Chunk> | AsyncIterable<Chunk>) & Closable;

export interface Closable {
  close?(): unknown;
}

/** Names and values in the order of the wire; a name may come again (Set-Cookie). */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/**
 * Sends a chunk ahead of what the application returns. The promise is fulfilled once the chunk is handed to the
 * operating system or its queue has room, and rejected when the client is gone (PEP 3333, The write() Callable).
 */
export type Write = (chunk: Chunk) => Promise<void>;

/**
 * @param status A three-digit code, a space, and a reason: `"200 OK"`.
 * @param headers Checked here; a wrong one throws a TypeError in the application.
 * @param error In an error handler, what was caught. Headers not sent yet are replaced; else it is thrown again.
 */
export type StartResponse = (status: string, headers: HeaderList, error?: unknown) => Write;

/**
 * The request's body, as `tsgi.input` gives it (PEP 3333, Input and Error Streams), asynchronous. It ends with the body, and gives empty
 * bytes for ever after. Everything rejects when the client's part fails: a part of a body can never pass for the whole.
 */
export interface Input extends AsyncIterable<Buffer> {
  /** Up to `size` bytes, fewer only at the end; without `size`, everything to the end. */
  read(size?: number): Promise<Buffer>;
  /** One line with its line feed, or what is left; at most `size` bytes where given. */
  readline(size?: number): Promise<Buffer>;
  /** The lines to the end; with `hint`, stops after the line that brings the total to that many bytes. */
  readlines(hint?: number): Promise<Buffer[]>;
  lines(): AsyncIterable<Buffer>;
  /** What came after a chunked body: names in lower case, empty until the end was read. */
  readonly trailers: HeaderList;
}

/** How much a line matters to whom it may wake up. */
export type ErrorLevel = "error" | "warn" | "info";

/** Where an application writes what an operator should read, as `tsgi.errors` gives it (PEP 3333, Input and Error Streams). */
export interface Errors {
  /**
   * Whole lines go out at once, each an error; what follows the last line end waits for more.
   *
   * @param level With one, the text is one record of that level, however many lines it has. A server may take no notice of it.
   */
  write(text: string, level?: ErrorLevel): void;
  /** Writes each text as it is; no line ends are added. */
  writelines(texts: Iterable<string>): void;
  flush(): void;
}

/** What `tsgi.file_wrapper` gives: a body that is read from where the file stands, and closed by the server. */
export interface WrappedFile extends AsyncIterable<Chunk> {
  close(): unknown;
}

/** Sends `103 Early Hints` (RFC 8297) at once. Does nothing for HTTP/1.0 or after the headers went out. */
export type EarlyHints = (headers: HeaderList) => void;

/**
 * Names, and values or functions that are asked for them when the body is over: what can only be known then, as a checksum.
 */
export type TrailerList = readonly (readonly [name: string, value: string | (() => string)])[];

/**
 * Adds fields that follow the body (RFC 9110 section 6.5). What is said before the headers go out is announced in `Trailer`.
 * They reach clients that ask for them, in responses without a Content-Length; for all others they are left out. A name or
 * value that may not be one throws a TypeError. After the body is over it does nothing.
 */
export type Trailers = (trailers: TrailerList) => void;

/** How a websocket ended. */
export interface WebSocketClosed {
  /** 1005 where the client gave no code, 1006 where the connection was lost (RFC 6455 section 7.4.1). */
  readonly code: number;
  readonly reason: string;
}

/** A websocket. Its messages are iterated: text as strings, binary ones as Buffers; the iteration ends with the connection. */
export interface WebSocketConnection extends AsyncIterable<string | Buffer> {
  /** The subprotocol; `""` for none. */
  readonly protocol: string;
  /** Aborts when the connection is over. */
  readonly signal: AbortSignal;
  /** Fulfilled when the connection is over, and never rejected. */
  readonly closed: Promise<WebSocketClosed>;
  /** Sends a string as text and bytes as binary. Fulfilled when the operating system has it, rejected with a RequestError when it never will. */
  send(message: string | Uint8Array): Promise<void>;
  /**
   * Begins the closing handshake; what was sent before goes out before it.
   *
   * @param code 1000 by default; 3000 to 4999 are an application's own.
   * @param reason At most 123 bytes.
   * @throws RangeError for what may not be sent (RFC 6455 section 7.4).
   */
  close(code?: number, reason?: string): void;
}

/** The websocket is closed with 1000 when it is over, and with 1011 when it fails. */
export type WebSocketHandler = (socket: WebSocketConnection) => unknown;

export interface UpgradeOptions {
  /** One of the subprotocols that the client offers in `HTTP_SEC_WEBSOCKET_PROTOCOL`. */
  readonly protocol?: string | undefined;
  /** Further fields of the answer. */
  readonly headers?: HeaderList | undefined;
}

/**
 * Makes a websocket of the request, as the body that the application returns. Where the client's handshake is wrong, that body is the
 * refusal. startResponse need not be called.
 *
 * @throws TypeError for a subprotocol that is not offered, and for headers that may not be sent.
 */
export type Upgrade = (handler: WebSocketHandler, options?: UpgradeOptions) => Body;

/**
 * One request: CGI names with string values, and the server's own under `tsgi.`. A fresh object without a prototype's
 * names for every request, which the application may change.
 */
export interface Environ {
  REQUEST_METHOD: string;
  /** What has been consumed of the path: `""`, or starting with a slash and not ending with one. */
  SCRIPT_NAME: string;
  /** The rest of the path, percent-decoded as UTF-8; what is not UTF-8 becomes U+FFFD. */
  PATH_INFO: string;
  /** What follows the `?`, undecoded; `""` when there is none. */
  QUERY_STRING: string;
  /** The request target as it was sent. */
  RAW_URI: string;
  /** The path and query as they were sent. */
  REQUEST_URI: string;
  SERVER_NAME: string;
  SERVER_PORT: string;
  SERVER_PROTOCOL: string;
  SERVER_SOFTWARE: string;
  GATEWAY_INTERFACE: string;
  /** The client's address: what trusted proxies say, else the peer's; `""` on a Unix socket where none says it. */
  REMOTE_ADDR: string;
  /** The client's port; absent where it is not known. */
  REMOTE_PORT?: string;
  CONTENT_TYPE?: string;
  /** Digits; absent when the request has no body or a chunked one. */
  CONTENT_LENGTH?: string;
  /** `[1, 0]`. */
  "tsgi.version": readonly [number, number];
  "tsgi.url_scheme": "http" | "https";
  "tsgi.input": Input;
  /** Always true: reading to the end of `tsgi.input` is safe, chunked or not. */
  "tsgi.input_terminated": boolean;
  "tsgi.errors": Errors;
  /** Always true: several requests are in progress in one worker at once, on one event loop. */
  "tsgi.multithread": boolean;
  /** True when there is more than one worker. */
  "tsgi.multiprocess": boolean;
  "tsgi.run_once": boolean;
  "tsgi.file_wrapper": (file: FileLike, blockSize?: number) => WrappedFile;
  "tsgi.early_hints": EarlyHints;
  "tsgi.trailers": Trailers;
  /** Where the request asks for a websocket, and the server has them. */
  "tsgi.upgrade"?: Upgrade;
  "tsgi.request_id": string;
  /** The address of the peer itself, a proxy perhaps; `""` on a Unix socket. */
  "tsgi.peer_addr": string;
  /** Aborts when the worker begins to leave. The request may still finish; one that can be answered soon should be. */
  "tsgi.draining": AbortSignal;
  /** Aborts when the client goes away, or the server gives the request up or is about to. */
  "tsgi.signal": AbortSignal;
  /** Each request field: upper case, dashes as underscores. */
  [field: `HTTP_${string}`]: string | undefined;
  /** Whatever a server or a middleware adds, and an application. */
  [key: string]: unknown;
}

/** The worker that an application runs in, as its `startup` and `shutdown` are told. */
export interface WorkerInfo {
  /** The worker's place, from 1. The one that replaces it has the same, and is there before it leaves. */
  readonly slot: number;
  /** Raised by each reload. */
  readonly generation: number;
  /** How many workers there are at most, by `--workers`; for a moment twice as many while one generation follows another. */
  readonly workers: number;
}

/** What a `shutdown` is told. */
export interface Departure extends WorkerInfo {
  /** Why the worker leaves, for a person. */
  readonly reason: string;
  /** Aborts when the time is nearly over: what is to be kept must be kept now. */
  readonly signal: AbortSignal;
}

/**
 * Exported as `startup` beside the application: runs once in each worker, after the module was imported and before the worker takes
 * requests. What it returns is awaited; if it fails, so does the worker's start.
 */
export type Startup = (worker: WorkerInfo) => unknown;

/**
 * Exported as `shutdown` beside the application: runs once in each worker whose `startup` finished, when the last connection is gone
 * and before the process ends. What it returns is awaited as long as there is time.
 */
export type Shutdown = (departure: Departure) => unknown;

/** An application: sync, async, a generator, or any callable object. */
export type Application = (environ: Environ, startResponse: StartResponse) => Body | Promise<Body>;
