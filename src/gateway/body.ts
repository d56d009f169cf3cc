// What an application returned, whatever its shape, as something that can be asked for the next chunk and closed once.
// Does not know what a chunk means for the response; does not read a property of the object that the contract does not name.

import type { ResponseEvent } from "../protocol/events.ts";
import type { UpgradeEvent } from "./exchange.ts";
import { show } from "./said.ts";

/** The application broke the contract without throwing: it returned nothing, never called startResponse, yielded a number ... */
export class ContractError extends Error {
  override readonly name = "ContractError";
}

/** Where a body has it, it is no body: the connection is to become another protocol's. */
export const UPGRADE = Symbol("upgrade");

/** What hands the connection over. */
export interface Upgrading {
  /** Handed over: whatever it holds is closed when the other protocol is over. */
  readonly isOpen: boolean;
  /**
   * The first and last event of the request.
   *
   * @throws ContractError when a response was begun.
   */
  handOver(begun: boolean): UpgradeEvent | ResponseEvent;
}

/** Nothing yet; `wake` will be called. */
export const WAITING = Symbol("waiting");
/** There is no more. */
export const DONE = Symbol("done");

export class ResponseBody {
  /** Whether the whole body is one chunk, or none, known before anything was iterated. */
  readonly single: boolean;
  /** Whether there is nothing to end and nothing to close: text, bytes, a plain array. */
  readonly inert: boolean;
  readonly upgrade: Upgrading | undefined;
  readonly #result: unknown;
  readonly #wake: () => void;
  #iterator: Iterator<unknown> | undefined;
  #asyncIterator: AsyncIterator<unknown> | undefined;
  /** What the last step of the async iterator brought. */
  #arrived: unknown = WAITING;
  #failure: { readonly error: unknown } | undefined;
  #pulling = false;
  #closed = false;

  /**
   * @param result What the application returned.
   * @param wake Called when `next` answered WAITING and has something now.
   * @throws ContractError when it is neither a chunk nor an iterable.
   */
  constructor(result: unknown, wake: () => void) {
    this.#result = result;
    this.#wake = wake;
    const isArray = Array.isArray(result);
    const isChunk = !isArray && (typeof result === "string" || result instanceof Uint8Array);
    this.inert = isChunk || (isArray && !("close" in result));
    this.single = isChunk || (isArray && result.length <= 1);
    this.upgrade = this.single
      ? undefined
      : (result as { readonly [UPGRADE]?: Upgrading } | null | undefined)?.[UPGRADE];
    if (!this.single && this.upgrade === undefined) {
      if (isIterable(result, Symbol.asyncIterator)) this.#asyncIterator = result[Symbol.asyncIterator]();
      else if (isIterable(result, Symbol.iterator)) this.#iterator = result[Symbol.iterator]();
      else {
        const hint =
          result === undefined
            ? " (is a return missing?)"
            : typeof result === "function"
              ? " (a factory is named with parentheses: app:create())"
              : "";
        throw new ContractError(
          `the application returned ${show(result)}${hint}: expected a string, bytes, or an iterable or async iterable of them`,
        );
      }
    }
  }

  /** The chunk of a `single` body; `""` when there is none. */
  get only(): unknown {
    const result = this.#result;
    return Array.isArray(result) ? (result.length === 0 ? "" : result[0]) : result;
  }

  /** The next chunk, not judged yet; WAITING; or DONE. Throws what the iterator throws. */
  next(): unknown {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#arrived !== WAITING) {
      const arrived = this.#arrived;
      if (arrived !== DONE) this.#arrived = WAITING;
      return arrived;
    }
    if (this.single) {
      this.#arrived = DONE;
      return this.only;
    }
    if (this.#iterator !== undefined) {
      const { done, value } = this.#iterator.next();
      if (done !== true) return value;
      this.#arrived = DONE;
      return DONE;
    }
    if (!this.#pulling) this.#pull();
    return WAITING;
  }

  /**
   * Ends it, once: `return()` for an iterator that was not run to its end, `close()` on the object itself (PEP 3333,
   * Specification Details); a stream of Node or the web that has no `close` is destroyed or cancelled.
   */
  close(report: (error: unknown) => void): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.upgrade?.isOpen === true) return;
    const finished = this.#arrived === DONE || this.#failure !== undefined;
    const iterator = this.#iterator ?? this.#asyncIterator;
    if (!finished && iterator?.return !== undefined) attempt(() => iterator.return!(), report);
    closeResult(this.#result, report);
  }

  #pull(): void {
    this.#pulling = true;
    const arrive = (value: unknown) => {
      this.#pulling = false;
      this.#arrived = value;
      if (!this.#closed) this.#wake();
    };
    this.#asyncIterator!.next().then(
      (item) => arrive(item.done === true ? DONE : item.value),
      (error: unknown) => {
        this.#failure = { error };
        arrive(WAITING);
      },
    );
  }
}

/** Calls `close()`, or the like, of something an application returned, whether or not it was ever iterated. */
export function closeResult(result: unknown, report: (error: unknown) => void): void {
  if (typeof result !== "object" || result === null || result instanceof Uint8Array) return;
  const { close } = result as { readonly close?: unknown };
  if (typeof close === "function") attempt(() => close.call(result), report);
  else if (!Array.isArray(result)) attempt(() => endStream(result), report);
}

function endStream(result: object): unknown {
  const { destroy, cancel } = result as { readonly destroy?: unknown; readonly cancel?: unknown };
  const end = typeof destroy === "function" ? destroy : cancel;
  return typeof end === "function" ? end.call(result) : undefined;
}

/** Runs what may throw or give a promise that rejects; either is reported, neither stops anything. */
function attempt(act: () => unknown, report: (error: unknown) => void): void {
  try {
    const outcome = act();
    if (outcome instanceof Promise) outcome.then(undefined, report);
  } catch (error) {
    report(error);
  }
}

function isIterable<K extends symbol>(value: unknown, key: K): value is { [P in K]: () => never } {
  return typeof value === "object" && value !== null && typeof (value as Record<symbol, unknown>)[key] === "function";
}

export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
