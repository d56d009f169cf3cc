// `Request` over the head of a request and the source of its body. The platform's object is made when something asks for what only it has:
// a clone, a stream that is read by its methods, `fetch(request)`. What is not touched costs nothing.

import type { Buffer } from "node:buffer";
import streams from "node:stream";
import type { BodySource } from "../gateway/exchange.ts";
import type { RequestHead } from "../protocol/events.ts";
import { exactBuffer, readAll, streamOf, textOf } from "./fetch-body.ts";
import { LightHeaders, nativeOf } from "./fetch-headers.ts";
import { dress, isRequest, NativeRequest } from "./fetch-native.ts";

/** The request in progress behind a `Request`. */
export interface RequestOwner {
  readonly head: RequestHead;
  readonly source: BodySource;
  /** Made when it is asked for: a controller costs more than all the rest. */
  readonly signal: AbortSignal;
  /** What the client's address is believed to be. */
  readonly remoteAddress: string;
  waitUntil(promise: unknown): void;
}

/** Those that the platform writes in capitals, however they were given (Fetch, normalize a method). */
const NORMAL: ReadonlyMap<string, string> = new Map(
  ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"].map((method) => [method.toLowerCase(), method]),
);
const normal = (method: string): string => NORMAL.get(method.toLowerCase()) ?? method;

/** Missing in the types of Node 20; it knows the platform's streams too. */
const { isDisturbed } = streams as unknown as { isDisturbed(stream: ReadableStream): boolean };

const USED = "Body is unusable: Body has already been read";

export class LightRequest {
  readonly #owner: RequestOwner;
  readonly #url: string;
  #headers: LightHeaders | undefined;
  /** Once it is here, the body is its. */
  #native: Request | undefined;
  #stream: ReadableStream<Uint8Array> | undefined;
  #isRead: boolean;

  constructor(owner: RequestOwner, url: string) {
    this.#owner = owner;
    this.#url = url;
    this.#headers = undefined;
    this.#native = undefined;
    this.#stream = undefined;
    this.#isRead = false;
  }

  /** Whose request it is; undefined for any other value. */
  static ownerOf(value: unknown): RequestOwner | undefined {
    return typeof value === "object" && value !== null && #owner in value ? value.#owner : undefined;
  }

  /** @throws TypeError when the body was read already, as the platform does with such a request. */
  static native(request: LightRequest): Request {
    request.#native ??= request.#materialise();
    return request.#native;
  }

  /** The platform's object for a light one; any other value as it is. */
  static unwrap(value: unknown): unknown {
    return typeof value === "object" && value !== null && #owner in value ? LightRequest.native(value) : value;
  }

  get method(): string {
    return normal(this.#owner.head.method);
  }

  get url(): string {
    return this.#url;
  }

  get headers(): Headers {
    this.#headers ??= new LightHeaders(this.#owner.head.fields);
    return this.#headers as unknown as Headers;
  }

  get signal(): AbortSignal {
    return this.#owner.signal;
  }

  get body(): ReadableStream<Uint8Array> | null {
    if (this.#native !== undefined) return this.#native.body;
    if (!this.#hasBody) return null;
    if (this.#stream === undefined) {
      this.#stream = streamOf(this.#owner.source);
      // What was read by a method is locked for everybody else, as the platform's is.
      if (this.#isRead) this.#stream.getReader();
    }
    return this.#stream;
  }

  get bodyUsed(): boolean {
    if (this.#native !== undefined) return this.#native.bodyUsed;
    return this.#isRead || (this.#stream !== undefined && isDisturbed(this.#stream));
  }

  get cache(): Request["cache"] {
    return "default";
  }

  get credentials(): Request["credentials"] {
    return "same-origin";
  }

  get destination(): Request["destination"] {
    return "";
  }

  get integrity(): string {
    return "";
  }

  get keepalive(): boolean {
    return false;
  }

  get mode(): Request["mode"] {
    return "cors";
  }

  get redirect(): Request["redirect"] {
    return "follow";
  }

  get referrer(): string {
    return "about:client";
  }

  get referrerPolicy(): Request["referrerPolicy"] {
    return "";
  }

  get duplex(): "half" {
    return "half";
  }

  /** The believed client, for frameworks that ask the request for it (h3). */
  get ip(): string {
    return this.#owner.remoteAddress;
  }

  /** As the context's, for frameworks that ask the request for it (h3). */
  waitUntil(promise: unknown): void {
    this.#owner.waitUntil(promise);
  }

  clone(): Request {
    return LightRequest.native(this).clone();
  }

  text(): Promise<string> {
    return this.#isOurs ? this.#read().then(textOf) : LightRequest.later(this, "text");
  }

  json(): Promise<unknown> {
    return this.#isOurs
      ? this.#read().then((bytes) => JSON.parse(textOf(bytes)) as unknown)
      : LightRequest.later(this, "json");
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#isOurs ? this.#read().then(exactBuffer) : LightRequest.later(this, "arrayBuffer");
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.#isOurs) return LightRequest.later(this, "bytes");
    return this.#read().then((bytes) => new Uint8Array(exactBuffer(bytes)));
  }

  blob(): Promise<Blob> {
    return this.#isOurs ? this.#read().then((bytes) => this.#around(bytes).blob()) : LightRequest.later(this, "blob");
  }

  /** Node's own parser, of a body that was read whole: it keeps all of it in memory in any case. */
  formData(): Promise<FormData> {
    return this.#isOurs
      ? this.#read().then((bytes) => this.#around(bytes).formData())
      : LightRequest.later(this, "formData");
  }

  /** A method of the platform's object. */
  static later<T>(request: LightRequest, method: string): Promise<T> {
    try {
      const native = LightRequest.native(request) as unknown as Record<string, () => Promise<T>>;
      return native[method]!();
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  get #hasBody(): boolean {
    const { head } = this.#owner;
    if (head.length === 0) return false;
    const method = normal(head.method);
    return method !== "GET" && method !== "HEAD";
  }

  /** Nobody holds a stream of the body. */
  get #isOurs(): boolean {
    return this.#native === undefined && this.#stream === undefined;
  }

  #read(): Promise<Buffer> {
    if (this.#isRead) return Promise.reject(new TypeError(USED));
    if (!this.#hasBody) return readAll({ read: () => null });
    this.#isRead = true;
    return readAll(this.#owner.source);
  }

  /** A request of the platform's with these bytes as its body, for its parsers. Without a body it has none to parse either. */
  #around(bytes: Uint8Array): Request {
    const type = this.headers.get("content-type");
    return new NativeRequest("http://localhost/", {
      method: "POST",
      headers: type === null ? {} : { "content-type": type },
      body: this.#isRead ? (bytes as Uint8Array<ArrayBuffer>) : null,
    });
  }

  #materialise(): Request {
    if (this.#isRead) throw new TypeError(USED);
    const init: RequestInit & { duplex: "half" } = {
      method: this.method,
      headers: this.#headers === undefined ? nativeOf(this.#owner.head.fields) : LightHeaders.native(this.#headers),
      body: this.body,
      signal: this.signal,
      duplex: "half",
    };
    return new NativeRequest(this.#url, init);
  }
}

dress<LightRequest>(LightRequest, NativeRequest, LightRequest.native);

/**
 * Stands in `globalThis.Request` of a worker that serves a fetch application: the platform's class, which also takes a light request for its
 * first argument.
 */
export class ServedRequest extends NativeRequest {
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass asks for its own instances
    return this === ServedRequest ? isRequest(value) : Function.prototype[Symbol.hasInstance].call(this, value);
  }

  constructor(...args: [input: string | URL | Request, init?: RequestInit]) {
    if (args.length > 0) args[0] = LightRequest.unwrap(args[0]) as Request;
    super(...args);
  }
}
Object.defineProperty(ServedRequest, "name", { value: "Request" });
Object.defineProperty(ServedRequest, "length", { value: 1 });
Object.defineProperty(LightRequest.prototype, "constructor", {
  value: ServedRequest,
  writable: true,
  configurable: true,
});
