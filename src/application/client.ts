// The test client: calls any TSGI application in process, without sockets, and is to it what a server and a browser are: it builds the
// environ, keeps the cookies, follows redirects, and holds the application to the contract. Django's test Client, for any TSGI application.

import type { Application, HeaderList } from "../gateway/types.ts";
import { type BodyOptions, type FieldValues, outgoingBody, searchParams } from "./client-body.ts";
import { ContractBreach } from "./client-contract.ts";
import { CookieJar } from "./client-cookies.ts";
import { clientEnviron } from "./client-environ.ts";
import { Exchange, type ExchangeResult } from "./client-exchange.ts";
import { ClientResponse } from "./client-response.ts";
import { ClientGone } from "./client-streams.ts";
import { gotRequestException } from "./signals.ts";

export interface ClientOptions {
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** HTTPS; default false. */
  readonly secure?: boolean;
  /** Name, and port where it is not the scheme's; default `testserver`. */
  readonly host?: string;
  /** What is in front of each path, as a server that mounts the application would say; default `""`. */
  readonly scriptName?: string;
  /** Default `127.0.0.1`. */
  readonly clientAddress?: string;
  /** Throw into the test what the application threw, also where a tsgi/application handler made a 500 of it; default true. */
  readonly raiseExceptions?: boolean;
  /** Default false. */
  readonly follow?: boolean;
  /** Put into each environ, over what is there. */
  readonly environ?: Readonly<Record<string, unknown>>;
  /** The clock by which cookies end; default `Date.now`. */
  readonly now?: () => number;
}

export interface ClientRequest extends BodyOptions {
  readonly query?: FieldValues;
  /** Over those of the client. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly secure?: boolean;
  readonly host?: string;
  readonly follow?: boolean;
  readonly raiseExceptions?: boolean;
  /** Fields after a chunked body, as `tsgi.input.trailers` gives them. */
  readonly trailers?: HeaderList;
  /** When it aborts the client leaves: `tsgi.signal` aborts, the body is closed, and the call rejects with its reason. */
  readonly signal?: AbortSignal;
  /** The client leaves after so many chunks: for a response without an end. */
  readonly leaveAfter?: number;
  /** `tsgi.draining`: as a server that begins to leave. */
  readonly draining?: AbortSignal;
  readonly environ?: Readonly<Record<string, unknown>>;
}

/** As browsers: more is a loop. */
const MAX_REDIRECTS = 20;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const CONTENT_FIELDS = /^content-/i;

let requests = 0;

export class Client {
  readonly application: Application;
  readonly cookies: CookieJar;
  readonly #options: ClientOptions;
  readonly #neverDrains = new AbortController().signal;

  constructor(application: Application, options: ClientOptions = {}) {
    if (typeof application !== "function") {
      throw new TypeError(`new Client(${String(application)}): expected a TSGI application, which is a function`);
    }
    this.application = application;
    this.cookies = new CookieJar(options.now);
    this.#options = options;
  }

  get(path: string, options?: ClientRequest): Promise<ClientResponse> {
    return this.request("GET", path, options);
  }

  head(path: string, options?: ClientRequest): Promise<ClientResponse> {
    return this.request("HEAD", path, options);
  }

  options(path: string, options?: ClientRequest): Promise<ClientResponse> {
    return this.request("OPTIONS", path, options);
  }

  post(path: string, options?: ClientRequest): Promise<ClientResponse> {
    return this.request("POST", path, options);
  }

  put(path: string, options?: ClientRequest): Promise<ClientResponse> {
    return this.request("PUT", path, options);
  }

  patch(path: string, options?: ClientRequest): Promise<ClientResponse> {
    return this.request("PATCH", path, options);
  }

  delete(path: string, options?: ClientRequest): Promise<ClientResponse> {
    return this.request("DELETE", path, options);
  }

  /**
   * @param path With or without a query; percent-encoded where it must be, and where it is not, as a browser would.
   * @throws What the application threw; ContractBreach; the reason of `signal`.
   */
  async request(method: string, path: string, options: ClientRequest = {}): Promise<ClientResponse> {
    const secure = options.secure ?? this.#options.secure ?? false;
    const host = options.host ?? this.#options.host ?? "testserver";
    // The path stands apart from the URL, which would fold its dots and take two slashes for a host: it is sent as the test says it.
    let origin = new URL(`${secure ? "https" : "http"}://${host}`);
    let target = this.#target(path, options.query);
    let sent: ClientRequest = options;
    let verb = method;
    const history: ClientResponse[] = [];
    for (;;) {
      const response = await this.#send({ method: verb, target, origin, options: sent, history: [...history] });
      const location = response.headers.get("location");
      const follows = options.follow ?? this.#options.follow ?? false;
      if (!follows || !REDIRECTS.has(response.status) || location === undefined) return response;
      history.push(response);
      if (history.length > MAX_REDIRECTS) {
        const way = history.slice(-3).map((step) => step.url);
        throw new Error(`more than ${MAX_REDIRECTS} redirects, the last ones from ${way.join(", ")}`);
      }
      const next = new URL(location, origin.origin + target);
      origin = new URL(next.origin);
      target = next.pathname + next.search;
      // The body goes with 307 and 308 only; else the next request is a GET (RFC 9110 section 15.4).
      if (response.status < 307 && verb !== "HEAD") verb = "GET";
      sent = response.status < 307 ? withoutBody(options) : withoutQuery(options);
    }
  }

  #target(path: string, query: FieldValues | undefined): string {
    const [bare = ""] = path.split("#", 1);
    const target = bare.replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character));
    const more = query === undefined ? "" : searchParams(query).toString();
    return more === "" ? target : `${target}${target.includes("?") ? "&" : "?"}${more}`;
  }

  async #send(step: Step): Promise<ClientResponse> {
    const { method, target, origin, options } = step;
    options.signal?.throwIfAborted();
    const abort = new AbortController();
    const leave = (): void => abort.abort(new ClientGone());
    options.signal?.addEventListener("abort", leave, { once: true });
    const exchange = new Exchange({ method, leaveAfter: options.leaveAfter ?? Number.POSITIVE_INFINITY, abort });
    requests += 1;
    const requestId = `client-${requests}`;
    const environ = this.#environ(step, { exchange, requestId, signal: abort.signal });
    let caught: { readonly error: unknown } | undefined;
    const receiver = ({ request, error }: { readonly request: RequestLike; readonly error: unknown }): void => {
      if (request.environ["tsgi.request_id"] === requestId) caught ??= { error };
    };
    gotRequestException.connect(receiver);
    const raises = options.raiseExceptions ?? this.#options.raiseExceptions ?? true;
    let result: ExchangeResult;
    try {
      result = await exchange.run(this.application, environ);
    } catch (error) {
      if (options.signal?.aborted === true) throw options.signal.reason;
      if (raises || error instanceof ContractBreach) throw error;
      caught ??= { error };
      result = answerFor(error);
    } finally {
      gotRequestException.disconnect(receiver);
      options.signal?.removeEventListener("abort", leave);
    }
    if (raises && caught !== undefined) throw caught.error;
    const set = result.headers.filter(([name]) => name.toLowerCase() === "set-cookie").map(([, value]) => value);
    return new ClientResponse({
      result,
      cookies: this.cookies.take(set, pathOf(target)),
      method,
      url: origin.origin + target,
      errors: environ["tsgi.errors"].lines,
      exception: caught?.error,
      history: step.history,
    });
  }

  #environ({ method, target, origin, options }: Step, { exchange, requestId, signal }: Watch) {
    const body = outgoingBody(options);
    const secure = origin.protocol === "https:";
    const headers = new Map<string, string>();
    for (const [name, value] of Object.entries({ ...this.#options.headers })) headers.set(name.toLowerCase(), value);
    const cookie = this.cookies.header(pathOf(target), secure);
    if (cookie !== undefined) headers.set("cookie", cookie);
    for (const [name, value] of Object.entries({ ...options.headers })) headers.set(name.toLowerCase(), value);
    const environ = clientEnviron({
      method,
      target,
      scriptName: this.#options.scriptName ?? "",
      headers: [...headers],
      secure,
      host: origin.host,
      clientAddress: this.#options.clientAddress ?? "127.0.0.1",
      source: body.source,
      trailers: options.trailers ?? [],
      length: body.length,
      contentType: body.contentType,
      requestId,
      signal,
      draining: options.draining ?? this.#neverDrains,
      earlyHints: exchange.earlyHints,
      addTrailers: exchange.addTrailers,
    });
    return Object.assign(environ, this.#options.environ, options.environ);
  }
}

interface Step {
  readonly method: string;
  readonly target: string;
  readonly origin: URL;
  readonly options: ClientRequest;
  readonly history: readonly ClientResponse[];
}

interface Watch {
  readonly exchange: Exchange;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

interface RequestLike {
  readonly environ: Readonly<Record<string, unknown>>;
}

const pathOf = (target: string): string => target.split("?", 1)[0]!;

function withoutBody({ headers = {}, ...options }: ClientRequest): ClientRequest {
  const { json, form, multipart, body, query, ...rest } = options;
  const kept = Object.entries(headers).filter(([name]) => !CONTENT_FIELDS.test(name));
  return { ...rest, headers: Object.fromEntries(kept) };
}

function withoutQuery({ query, ...options }: ClientRequest): ClientRequest {
  return options;
}

/** What a server answers for an application that threw (docs/gateway.md sections 5 and 8). */
function answerFor(error: unknown): ExchangeResult {
  const said = (error as { readonly status?: unknown } | null | undefined)?.status;
  const status = typeof said === "number" && Number.isInteger(said) && said >= 400 && said <= 599 ? said : 500;
  const reason = status === 500 ? "Internal Server Error" : "";
  const headers = [["Content-Type", "text/plain; charset=utf-8"]] as const;
  return { status, reason, headers, chunks: [], earlyHints: [], trailers: [], left: false };
}
