// A request's body out of whatever gives bytes, for a handler that has no connection: a Node stream, an iterable, bytes. Decides where
// the body ends. Does not know how it is read from (input.ts), nor where its length was said.

import { Buffer } from "node:buffer";
import { isDigits } from "../protocol/grammar.ts";
import { type BodySource, RequestError } from "./exchange.ts";
import { show } from "./said.ts";

type Bytes = Uint8Array | string;

/** Where a body comes from. A string stands for its UTF-8 bytes; `null` is none. */
export type ByteSource = AsyncIterable<Bytes> | Iterable<Bytes> | Bytes | null;

/**
 * How long a body is: digits as CONTENT_LENGTH has them; `""` or undefined for none at all (RFC 3875 section 4.1.2); or `to-the-end`,
 * where only the end of the source tells.
 */
export type SaidLength = string | "to-the-end" | undefined;

export class StreamBody implements BodySource {
  readonly #source: ByteSource;
  readonly #said: SaidLength;
  #iterator: AsyncIterator<Bytes> | Iterator<Bytes> | undefined;
  /** Bytes that are still to come; Infinity where nobody said. NaN before the first read. */
  #left = Number.NaN;
  #reading = false;
  #failure: RequestError | undefined;

  /** @throws TypeError when the source is none. */
  constructor(source: ByteSource, said: SaidLength) {
    this.#source = checkSource(source);
    this.#said = said;
  }

  /** Nothing is asked of the source before the first call, nor after the last byte: it may be a pipe that nobody ever ends. */
  read(): Uint8Array | null | Promise<Uint8Array | null> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (Number.isNaN(this.#left)) this.#left = lengthOf(this.#said);
    if (Number.isNaN(this.#left)) return this.#fail(`the body's length is ${show(this.#said)}: expected digits only`);
    if (this.#left === 0) return null;
    if (this.#reading) {
      return Promise.reject(new TypeError("tsgi.input is already being read: await one read before the next"));
    }
    this.#reading = true;
    return this.#next().finally(() => {
      this.#reading = false;
    });
  }

  /** Nothing more is read: lets go of the source, so that a process is not kept alive by what nobody wants. */
  close(): void {
    this.#failure ??= new RequestError(499, "the response is over");
    const ended = this.#iterator?.return?.();
    if (ended instanceof Promise) ended.catch(() => {});
  }

  async #next(): Promise<Uint8Array | null> {
    this.#iterator ??= iterate(this.#source);
    for (;;) {
      let item: IteratorResult<Bytes>;
      try {
        item = await this.#iterator.next();
      } catch (error) {
        return this.#fail(`reading the body failed: ${error instanceof Error ? error.message : String(error)}`, error);
      }
      if (item.done === true) return this.#end();
      const bytes = typeof item.value === "string" ? Buffer.from(item.value) : item.value;
      if (bytes.length === 0) continue;
      // What follows the body, where anything does, is not for this application (RFC 3875 section 4.2).
      const part = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
      this.#left -= part.length;
      return part;
    }
  }

  /** A part of a body must never pass for the whole. */
  #end(): null | Promise<never> {
    if (this.#left !== Number.POSITIVE_INFINITY) {
      return this.#fail(`the body ended ${this.#left} bytes before the ${this.#said} that were announced`);
    }
    this.#left = 0;
    return null;
  }

  #fail(message: string, cause?: unknown): Promise<never> {
    this.#failure = new RequestError(400, message);
    if (cause !== undefined) this.#failure.cause = cause;
    return Promise.reject(this.#failure);
  }
}

/** @throws TypeError that names what is no source. */
export function checkSource(source: ByteSource): ByteSource {
  if (source === null || typeof source === "string") return source;
  if (typeof source === "object" && (Symbol.asyncIterator in source || Symbol.iterator in source)) return source;
  throw new TypeError(`${show(source)} is no source of bytes: expected a readable stream, an iterable, bytes or null`);
}

function lengthOf(said: SaidLength): number {
  if (said === undefined || said === "") return 0;
  if (said === "to-the-end") return Number.POSITIVE_INFINITY;
  const length = isDigits(said) ? Number(said) : Number.NaN;
  return Number.isSafeInteger(length) ? length : Number.NaN;
}

function iterate(source: ByteSource): AsyncIterator<Bytes> | Iterator<Bytes> {
  if (source === null) return [][Symbol.iterator]();
  if (typeof source === "string" || source instanceof Uint8Array) return [source][Symbol.iterator]();
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  return source[Symbol.iterator]();
}
