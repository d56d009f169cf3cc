// What a view gives back: Django's HttpResponse. Knows how it is handed to a server, and no server; the kinds of responses are in the files
// beside it.

import { Buffer } from "node:buffer";
import type { Body, Environ } from "../gateway/types.ts";
import { Html } from "./html.ts";
import { isPromise } from "./promises.ts";
import { type CookieOptions, type CookieScope, ResponseCookies } from "./response-cookies.ts";
import { type HeadersInit, headerPair, type Pair, ResponseHeaders, show } from "./response-headers.ts";
import { cookieSigner, type SigningKeys } from "./signing.ts";
import { checkReason, checkStatus, reasonOf, statusLine } from "./status.ts";
import type { MaybePromise } from "./types.ts";

/** What a whole body may be. */
export type Content = string | Uint8Array | Html;

export interface ResponseInit {
  /** 200 to 599; default 200. */
  readonly status?: number | undefined;
  /** Default the usual one. */
  readonly reason?: string | undefined;
  /** Default `"text/html; charset=utf-8"`. */
  readonly contentType?: string | undefined;
  readonly headers?: HeadersInit | undefined;
}

export interface SetSignedCookieOptions extends CookieOptions {
  /** Whose key signs: the request that is answered, or anything with the settings. */
  readonly request: { readonly settings: SigningKeys };
  readonly salt?: string;
}

/** Something to be closed when the response is over. */
export type Closer = { close(): unknown } | (() => unknown);

export const NO_INIT: ResponseInit = Object.freeze({});
const HTML_TYPE = headerPair("Content-Type", "text/html; charset=utf-8");
// An application says the same few types for ever. Bounded, because it may build them from what a client sent.
const TYPES = new Map<string, Pair>();
const MAX_TYPES = 200;

function typePair(type: string): Pair {
  let pair = TYPES.get(type);
  if (pair === undefined) {
    pair = headerPair("Content-Type", type);
    if (TYPES.size < MAX_TYPES) TYPES.set(type, pair);
  }
  return pair;
}

export class Response {
  readonly headers: ResponseHeaders;
  #content: string | Uint8Array;
  #status = 200;
  #reason: string | undefined = undefined;
  #cookies: ResponseCookies | undefined = undefined;
  #closers: Closer[] | undefined = undefined;
  #isOut = false;
  #closed = false;
  #closing: MaybePromise<void> = undefined;

  /**
   * @param type For subclasses: the Content-Type where `init` has none; null for none at all.
   * @throws TypeError for a status, reason, header or content that may not be sent.
   */
  constructor(content: Content = "", init: ResponseInit = NO_INIT, type: Pair | null = HTML_TYPE) {
    if (typeof init !== "object") {
      throw new TypeError(
        `what follows the content of a response is ${show(init)}: expected an object, { status: 404 }`,
      );
    }
    const { contentType } = init;
    this.headers = new ResponseHeaders(contentType === undefined ? (type ?? undefined) : typePair(contentType));
    this.#content = typeof content === "string" ? content : checkedContent(content);
    if (init.status !== undefined) this.#status = checkStatus(init.status);
    if (init.reason !== undefined) this.#reason = checkReason(init.reason);
    if (init.headers !== undefined) this.headers.setAll(init.headers);
  }

  get status(): number {
    return this.#status;
  }

  set status(status: number) {
    this.#status = checkStatus(status);
  }

  get reason(): string {
    return this.#reason ?? reasonOf(this.#status);
  }

  set reason(reason: string) {
    this.#reason = checkReason(reason);
  }

  /** As `startResponse` takes it: `"200 OK"`. */
  get statusLine(): string {
    return this.#reason === undefined ? statusLine(this.#status) : `${this.#status} ${this.#reason}`;
  }

  /** Whether the body comes piece by piece: `content` throws then. */
  get streaming(): boolean {
    return false;
  }

  /** The whole body. */
  get content(): string | Uint8Array {
    return this.#content;
  }

  set content(content: Content) {
    this.#content = checkedContent(content);
  }

  /** Bytes of the body, where they are known. */
  get contentLength(): number | undefined {
    const content = this.content;
    return typeof content === "string" ? Buffer.byteLength(content) : content.length;
  }

  get cookies(): ResponseCookies {
    this.#cookies ??= new ResponseCookies();
    return this.#cookies;
  }

  /** @throws TypeError for a name, value or option that no browser takes. */
  setCookie(name: string, value: string, options?: CookieOptions): this {
    this.cookies.set(name, value, options);
    return this;
  }

  deleteCookie(name: string, scope?: CookieScope): this {
    this.cookies.delete(name, scope);
    return this;
  }

  /** A cookie that `request.getSignedCookie` takes back, with the time it was signed at. Whoever has it can read it. */
  setSignedCookie(name: string, value: string, signed: SetSignedCookieOptions): this {
    if (typeof signed?.request !== "object") {
      throw new TypeError(
        `the cookie ${JSON.stringify(name)}: it is signed with a request's key: expected { request }`,
      );
    }
    const { request, salt, ...options } = signed;
    return this.setCookie(name, cookieSigner(request.settings, name, salt).sign(value), options);
  }

  /** Closes something, or calls a function, when the response is over, however it ended; in the order given. */
  closeWith(closer: Closer): this {
    this.#closers ??= [];
    this.#closers.push(closer);
    return this;
  }

  /**
   * Called by the handler when it goes out.
   * @throws Error for one that went out before: what middlewares added to it, cookies too, was for another visitor.
   */
  seal(): void {
    if (this.#isOut) {
      throw new Error(
        "a response was given a second time: make a new one for each request, it has its visitor's cookies",
      );
    }
    this.#isOut = true;
  }

  /** Whether the response is over. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Called when the response is over, through the body; again it only gives the same. All are closed, then the first error is thrown. */
  close(): MaybePromise<void> {
    if (!this.#closed) {
      this.#closed = true;
      if (this.#closers !== undefined) this.#closing = closeAll(this.#closers);
    }
    return this.#closing;
  }

  /** What `startResponse` takes, with one Set-Cookie for each cookie. */
  headerList(): [name: string, value: string][] {
    const pairs = this.headers.pairs() as [string, string][];
    if (this.#cookies === undefined || this.#cookies.size === 0) return pairs;
    const list = [...pairs];
    for (const line of this.#cookies.lines()) list.push(["Set-Cookie", line]);
    return list;
  }

  /** What is returned to the server. Its `close` closes the response; where there is nothing to close, it has none. */
  body(_environ: Environ): Body {
    const content = this.content;
    if (this.#closers === undefined) return content;
    const body: (string | Uint8Array)[] & { close?: () => unknown } = [content];
    body.close = () => this.close();
    return body;
  }
}

export const isContent = (value: unknown): value is Content =>
  typeof value === "string" || value instanceof Uint8Array || value instanceof Html;

function checkedContent(content: Content): string | Uint8Array {
  if (typeof content === "string" || content instanceof Uint8Array) return content;
  if (content instanceof Html) return content.toString();
  const hint = typeof content === "object" && content !== null ? "; data is a JsonResponse" : "";
  throw new TypeError(`the content of a response is ${show(content)}: expected a string, bytes or Html${hint}`);
}

function closeAll(closers: readonly Closer[]): MaybePromise<void> {
  const waits: unknown[] = [];
  let failure: { readonly error: unknown } | undefined;
  for (const closer of closers) {
    try {
      const outcome = typeof closer === "function" ? closer() : closer.close();
      if (isPromise(outcome)) waits.push(outcome);
    } catch (error) {
      failure ??= { error };
    }
  }
  if (waits.length > 0) return settled(waits, failure);
  if (failure !== undefined) throw failure.error;
}

async function settled(waits: readonly unknown[], failure: { readonly error: unknown } | undefined): Promise<void> {
  const outcomes = await Promise.allSettled(waits);
  if (failure !== undefined) throw failure.error;
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
