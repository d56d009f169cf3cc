// What an application is given beside the request: `env`, which says what a Request has no place for, and `ctx`, which takes work that
// outlives the response. Both ask the request in progress when they are asked.

import type { LightHeaders } from "./fetch-headers.ts";

/** Early hints: `Link` fields mostly, in any form that `Headers` takes. */
export type HintHeaders = Headers | Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** The second argument of `fetch`; Hono's `c.env`. */
export interface FetchEnv {
  /** The id that the access log and the error log have for this request. */
  readonly requestId: string;
  /** The client's address, as far as trusted proxies say it; `""` on a Unix socket where none says it. */
  readonly remoteAddress: string;
  /** The client's port in digits; `""` where it is not known. */
  readonly remotePort: string;
  /** The address of the peer itself, a proxy perhaps; `""` on a Unix socket. */
  readonly peerAddress: string;
  /** What a trusted proxy says is in front of the application's paths: `""`, or a path like `/x`. It is not in `request.url` unless sent there. */
  readonly scriptName: string;
  /** Aborts when the worker begins to leave. The request may still finish; one that can be answered soon should be. Shared: do not dispatch on it. */
  readonly draining: AbortSignal;
  /** What followed a chunked request body (RFC 9110 section 6.5); empty until the body was read to its end. */
  readonly trailers: Headers;
}

/** The third argument of `fetch`; Hono's `c.executionCtx`. */
export interface FetchContext {
  /**
   * Keeps the worker until the promise is settled, as long as it has time to leave (`--graceful-timeout`). A rejection is logged with the
   * request's id and ends nothing.
   */
  waitUntil(promise: Promise<unknown>): void;
  /** Does nothing: there is no origin behind this server that could answer instead. Here because applications of other platforms call it. */
  passThroughOnException(): void;
  /**
   * Sends `103 Early Hints` (RFC 8297) as soon as the connection can. Does nothing for HTTP/1.0 or after the response began. In a handler that
   * is synchronous the hints leave together with the response.
   *
   * @throws TypeError that names a header that cannot be sent.
   */
  earlyHints(headers: HintHeaders): void;
  /** Always empty; other platforms have settings here. */
  readonly props: Readonly<Record<string, unknown>>;
}

/** The request in progress, as its env and context ask it. */
export interface ContextOwner extends Omit<FetchEnv, "trailers"> {
  readonly trailers: LightHeaders;
  waitUntil(promise: unknown): void;
  hint(headers: HintHeaders): void;
}

export class Env implements FetchEnv {
  readonly #owner: ContextOwner;

  constructor(owner: ContextOwner) {
    this.#owner = owner;
  }

  get requestId(): string {
    return this.#owner.requestId;
  }

  get remoteAddress(): string {
    return this.#owner.remoteAddress;
  }

  get remotePort(): string {
    return this.#owner.remotePort;
  }

  get peerAddress(): string {
    return this.#owner.peerAddress;
  }

  get scriptName(): string {
    return this.#owner.scriptName;
  }

  get draining(): AbortSignal {
    return this.#owner.draining;
  }

  get trailers(): Headers {
    return this.#owner.trailers as unknown as Headers;
  }
}

const NO_PROPS = Object.freeze({});

export class Context implements FetchContext {
  readonly #owner: ContextOwner;

  constructor(owner: ContextOwner) {
    this.#owner = owner;
  }

  get props(): Readonly<Record<string, unknown>> {
    return NO_PROPS;
  }

  waitUntil(promise: Promise<unknown>): void {
    this.#owner.waitUntil(promise);
  }

  passThroughOnException(): void {}

  earlyHints(headers: HintHeaders): void {
    this.#owner.hint(headers);
  }
}

/** Work that outlives its response, of all requests of a worker. */
export class Afterwork {
  readonly #promises = new Set<Promise<unknown>>();

  /** @param report Told what the promise rejects with. */
  add(promise: unknown, report: (error: unknown) => void): void {
    const settled = Promise.resolve(promise).catch(report);
    this.#promises.add(settled);
    void settled.then(() => this.#promises.delete(settled));
  }

  /**
   * Until nothing is left, also of what came meanwhile.
   *
   * @throws Error that says how much is left, when the time is over.
   */
  async finished(over: AbortSignal): Promise<void> {
    const late = new Promise<void>((resolve) => over.addEventListener("abort", () => resolve(), { once: true }));
    while (this.#promises.size > 0 && !over.aborted) await Promise.race([Promise.all(this.#promises), late]);
    const { size } = this.#promises;
    if (size > 0)
      throw new Error(
        `what ctx.waitUntil() was given is not settled and is left: ${size} ${size === 1 ? "promise" : "promises"}`,
      );
  }
}
