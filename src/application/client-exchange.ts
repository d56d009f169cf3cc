// One call of an application, as a server would make it, watched: what it says with startResponse, what it gives, and that it keeps the
// contract (docs/gateway.md sections 2 and 3). Knows no cookies and no redirects. A breach is a ContractBreach, thrown into the test.

import type { Buffer } from "node:buffer";
import type { Application, Body, Chunk, Environ, HeaderList, TrailerList } from "../gateway/types.ts";
import { ContractBreach, checkHead, checkHeaders } from "./client-contract.ts";
import { ClientFile, ClientGone, toBuffer, unlessGone } from "./client-streams.ts";

export interface ExchangeResult {
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderList;
  readonly chunks: readonly Buffer[];
  readonly earlyHints: readonly HeaderList[];
  readonly trailers: HeaderList;
  /** The client left before the end, as `leaveAfter` asked. */
  readonly left: boolean;
}

export interface ExchangeOptions {
  readonly method: string;
  /** The client leaves after so many chunks. */
  readonly leaveAfter: number;
  /** Aborts `tsgi.signal`. */
  readonly abort: AbortController;
}

interface Head {
  readonly status: string;
  readonly headers: HeaderList;
}

const BODYLESS = new Set([204, 205, 304]);

export class Exchange {
  readonly #method: string;
  readonly #leaveAfter: number;
  readonly #abort: AbortController;
  #called = false;
  #breach: unknown;
  #head: Head | undefined;
  /** Something has gone out that cannot be taken back. */
  #begun = false;
  #over = false;
  readonly #chunks: Buffer[] = [];
  readonly #hints: HeaderList[] = [];
  readonly #trailers: (readonly [string, string | (() => string)])[] = [];

  constructor({ method, leaveAfter, abort }: ExchangeOptions) {
    this.#method = method;
    this.#leaveAfter = leaveAfter;
    this.#abort = abort;
  }

  readonly earlyHints = (headers: HeaderList): void => {
    this.#judge(() => checkHeaders(headers, "tsgi.early_hints"));
    if (!this.#begun) this.#hints.push(headers.map(([name, value]) => [name, value] as const));
  };

  readonly addTrailers = (trailers: TrailerList): void => {
    if (!this.#over) this.#trailers.push(...trailers);
  };

  /** @throws What the application throws, ContractBreach, and ClientGone when the signal aborts before the end. */
  async run(application: Application, environ: Environ): Promise<ExchangeResult> {
    let body: Body | undefined;
    let failed = true;
    try {
      const returned = application(environ, this.#startResponse);
      body = returned instanceof Promise ? await this.#arrived(returned) : returned;
      await this.#take(body);
      failed = false;
    } finally {
      this.#over = true;
      // An error of the exchange counts more than one of its end.
      await closeBody(body).catch((error: unknown) => {
        if (!failed) throw error;
      });
    }
    return this.#result();
  }

  async #arrived(returned: Promise<Body>): Promise<Body> {
    try {
      return await unlessGone(returned, this.#abort.signal);
    } catch (error) {
      // What comes after the client left is closed all the same.
      if (error instanceof ClientGone) returned.then(closeBody).catch(() => {});
      throw error;
    }
  }

  /** A breach is thrown where it happens, and into the test too where the application got over it. */
  #judge(check: () => void): void {
    try {
      check();
    } catch (breach) {
      this.#breach ??= breach;
      throw breach;
    }
  }

  readonly #startResponse = (status: string, headers: HeaderList, error?: unknown) => {
    const replaces = error !== undefined && error !== null;
    if (replaces && this.#begun) throw error;
    this.#judge(() => {
      if (!replaces && this.#called) {
        throw new ContractBreach(
          "startResponse was called twice: a second call needs the error that made it necessary",
        );
      }
      // The first call counts even if it throws.
      this.#called = true;
      this.#head = undefined;
      checkHead(status, headers);
    });
    this.#head = { status, headers: headers.map(([name, value]) => [name, value] as const) };
    return async (chunk: Chunk): Promise<void> => {
      if (this.#abort.signal.aborted) throw this.#abort.signal.reason;
      if (this.#over) throw new ContractBreach("write was called after the response was over");
      this.#accept(chunk);
    };
  };

  async #take(body: Body): Promise<void> {
    if (typeof body === "string" || body instanceof Uint8Array) {
      this.#accept(body);
      return;
    }
    if (typeof body !== "object" || body === null || !(Symbol.asyncIterator in body || Symbol.iterator in body)) {
      throw new ContractBreach(`the application returned ${body === null ? "null" : typeof body}: expected a body`);
    }
    // A file of the server's own is not read for nothing (docs/gateway.md section 7).
    if (body instanceof ClientFile && this.#isBodyless()) return;
    const signal = this.#abort.signal;
    const iterator = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
    let state: "between" | "within" | "ended" = "between";
    try {
      while (!this.#isEnough()) {
        state = "within";
        const step = iterator.next();
        const { done, value } = step instanceof Promise ? await unlessGone(step, signal) : step;
        state = done === true ? "ended" : "between";
        if (done === true) return;
        this.#accept(value as Chunk);
      }
      if (this.#chunks.length >= this.#leaveAfter) this.#abort.abort(new ClientGone());
    } catch (error) {
      // A step that threw has ended its iterator; one that the client did not wait for has not.
      if (state === "within" && !(error instanceof ClientGone)) state = "ended";
      throw error;
    } finally {
      if (state !== "ended") await endIterator(iterator, state === "within");
    }
  }

  /** Whether a server would ask for no more. */
  #isEnough(): boolean {
    if (this.#chunks.length >= this.#leaveAfter) return true;
    // A chunk that is not empty shows that the head is complete, also where none is sent: what fails before it still has its 500.
    return this.#begun && this.#isBodyless();
  }

  #isBodyless(): boolean {
    if (this.#head === undefined) return false;
    return this.#method === "HEAD" || BODYLESS.has(Number(this.#head.status.slice(0, 3)));
  }

  #accept(chunk: Chunk): void {
    if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) {
      throw new ContractBreach(`a chunk of the body is a ${typeof chunk}: expected a string or bytes`);
    }
    if (chunk.length === 0) return;
    if (this.#head === undefined) {
      throw new ContractBreach("the application did not call startResponse before its first chunk");
    }
    this.#begun = true;
    if (this.#method === "HEAD") return;
    if (BODYLESS.has(Number(this.#head.status.slice(0, 3)))) {
      throw new ContractBreach(`a response ${this.#head.status} has no body, but the application gave one`);
    }
    this.#chunks.push(toBuffer(chunk));
  }

  #result(): ExchangeResult {
    if (this.#breach !== undefined) throw this.#breach;
    const head = this.#head;
    if (head === undefined) throw new ContractBreach("the application did not call startResponse");
    const left = this.#chunks.length >= this.#leaveAfter;
    const status = Number(head.status.slice(0, 3));
    const said = head.headers.find(([name]) => name.toLowerCase() === "content-length")?.[1];
    const length = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (said !== undefined && Number(said) !== length && this.#method !== "HEAD" && !BODYLESS.has(status) && !left) {
      throw new ContractBreach(`Content-Length is ${said}, but the body has ${length} bytes`);
    }
    const trailers = this.#trailers.map(
      ([name, value]) => [name, typeof value === "function" ? value() : value] as const,
    );
    checkHeaders(trailers, "tsgi.trailers");
    const { headers } = head;
    const reason = head.status.slice(4);
    return { status, reason, headers, chunks: this.#chunks, earlyHints: this.#hints, trailers, left };
  }
}

async function closeBody(body: Body | undefined): Promise<void> {
  if (typeof body !== "object" || body === null || body instanceof Uint8Array) return;
  const end = body as { close?(): unknown; destroy?(): unknown; cancel?(): unknown };
  if (typeof end.close === "function") await end.close();
  else if (typeof end.destroy === "function") end.destroy();
  // A web stream that was iterated is locked, and cancelled by its iterator already.
  else if (typeof end.cancel === "function" && (end as { locked?: boolean }).locked !== true) await end.cancel();
}

/** Gives an iterator that was not run to its end its `return()`. A generator that hangs in a step answers only after it: no waiting then. */
async function endIterator(iterator: Iterator<unknown> | AsyncIterator<unknown>, hangs: boolean): Promise<void> {
  const ended = iterator.return?.();
  if (!(ended instanceof Promise)) return;
  if (hangs) ended.catch(() => {});
  else await ended;
}
