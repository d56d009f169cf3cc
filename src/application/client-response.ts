// What the test client gives back for one request: the response as a test wants to ask it.

import { Buffer } from "node:buffer";
import type { HeaderList } from "../gateway/types.ts";
import type { ClientCookie } from "./client-cookies.ts";
import type { ExchangeResult } from "./client-exchange.ts";

/** Header fields of a response. Case does not matter; the order and the doubles are those of the wire. */
export class ClientHeaders implements Iterable<readonly [name: string, value: string]> {
  readonly #list: HeaderList;

  constructor(list: HeaderList) {
    this.#list = list;
  }

  /** The value; several are joined with a comma (RFC 9110 section 5.3). */
  get(name: string): string | undefined {
    const all = this.getAll(name);
    return all.length === 0 ? undefined : all.join(", ");
  }

  getAll(name: string): readonly string[] {
    const lower = name.toLowerCase();
    return this.#list.filter(([given]) => given.toLowerCase() === lower).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.getAll(name).length > 0;
  }

  [Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    return this.#list[Symbol.iterator]();
  }
}

export interface ClientResponseParts {
  readonly result: ExchangeResult;
  readonly cookies: readonly ClientCookie[];
  readonly method: string;
  /** Of the request, absolute. */
  readonly url: string;
  readonly errors: readonly string[];
  readonly exception: unknown;
  readonly history: readonly ClientResponse[];
}

export class ClientResponse {
  readonly status: number;
  /** What follows the code in the status line. */
  readonly reason: string;
  readonly headers: ClientHeaders;
  /** Cookies that this response set, by name, the last of several; deletions too. The jar has what is left of them. */
  readonly cookies: Readonly<Record<string, ClientCookie>>;
  /** The chunks as the application gave them; empty ones are left out, as on the wire. */
  readonly chunks: readonly Buffer[];
  /** Each list that was sent ahead with `tsgi.early_hints`. */
  readonly earlyHints: readonly HeaderList[];
  readonly trailers: HeaderList;
  /** Lines that the application wrote to `tsgi.errors`. */
  readonly errors: readonly string[];
  /** What the application threw, where `raiseExceptions` is false. */
  readonly exception: unknown;
  readonly method: string;
  /** The address that was asked for last. */
  readonly url: string;
  /** The redirects that were followed, in order. */
  readonly history: readonly ClientResponse[];
  /** Whether the client left before the end, as `leaveAfter` asked. */
  readonly left: boolean;
  #body: Buffer | undefined;

  constructor({ result, cookies, method, url, errors, exception, history }: ClientResponseParts) {
    this.status = result.status;
    this.reason = result.reason;
    this.headers = new ClientHeaders(result.headers);
    const byName: Record<string, ClientCookie> = Object.create(null);
    for (const cookie of cookies) byName[cookie.name] = cookie;
    this.cookies = byName;
    this.chunks = result.chunks;
    this.earlyHints = result.earlyHints;
    this.trailers = result.trailers;
    this.left = result.left;
    this.errors = errors;
    this.exception = exception;
    this.method = method;
    this.url = url;
    this.history = history;
  }

  /** Requests that it took to come here: one, and one for each redirect that was followed. */
  get requests(): number {
    return this.history.length + 1;
  }

  get body(): Buffer {
    this.#body ??= Buffer.concat(this.chunks);
    return this.#body;
  }

  /** By the charset of Content-Type; UTF-8 where it names none. */
  text(): string {
    const charset = /;\s*charset="?([^\s;"]+)/i.exec(this.headers.get("content-type") ?? "")?.[1];
    return new TextDecoder(charset ?? "utf-8").decode(this.body);
  }

  /** @throws SyntaxError that shows what came instead. */
  json<T = unknown>(): T {
    const text = this.text();
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      const shown = text.length > 200 ? `${text.slice(0, 200)}...` : text;
      throw new SyntaxError(`the ${this.status} response to ${this.method} ${this.url} is no JSON: ${shown}`, {
        cause,
      });
    }
  }
}
