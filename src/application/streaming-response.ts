// A response whose body comes piece by piece. The server asks for the next piece when the one before is gone, so a slow client fills no memory.
// What it comes from is ended exactly once, whether or not it was ever asked.

import type { Body, Chunk, Environ } from "../gateway/types.ts";
import { Html } from "./html.ts";
import { Response, type ResponseInit } from "./response-base.ts";
import { show } from "./response-headers.ts";

/** A generator, an array, a Node or web stream, an async generator: of strings, which are sent as UTF-8, or bytes. */
export type StreamContent = Iterable<Chunk> | AsyncIterable<Chunk>;

export class StreamingResponse extends Response {
  #source: StreamContent;

  /** @throws TypeError for what cannot be iterated, and for text and bytes, which would go out one character or number at a time. */
  constructor(source: StreamContent, init?: ResponseInit) {
    super("", init);
    this.#source = checked(source);
    this.closeWith(() => endSource(this.#source));
  }

  override get streaming(): boolean {
    return true;
  }

  override get contentLength(): number | undefined {
    return undefined;
  }

  override get content(): string | Uint8Array {
    throw new Error(`${this.constructor.name} has no content: it comes piece by piece, from response.streamingContent`);
  }

  override set content(_content: never) {
    throw new Error(`${this.constructor.name} has no content: set response.streamingContent`);
  }

  /** What the body comes from. A middleware that wraps it iterates the old one in the new one, which then ends it. */
  get streamingContent(): StreamContent {
    return this.#source;
  }

  set streamingContent(source: StreamContent) {
    const before = this.#source;
    this.#source = checked(source);
    // Also where the new one is never asked, and so never ends the old one.
    this.closeWith(() => endSource(before));
  }

  override body(_environ: Environ): Body {
    const source = this.#source;
    const close = () => this.close();
    return Symbol.asyncIterator in source
      ? { [Symbol.asyncIterator]: () => source[Symbol.asyncIterator](), close }
      : { [Symbol.iterator]: () => source[Symbol.iterator](), close };
  }
}

function checked(source: StreamContent): StreamContent {
  const isObject = typeof source === "object" && source !== null;
  if (!isObject || source instanceof Uint8Array || source instanceof Html) {
    throw new TypeError(
      `StreamingResponse: ${show(source)}: expected an iterable of strings or bytes; a whole body is a Response`,
    );
  }
  if (!(Symbol.asyncIterator in source) && !(Symbol.iterator in source)) {
    throw new TypeError(`StreamingResponse: ${show(source)} cannot be iterated`);
  }
  return source;
}

/** Ends what was perhaps never iterated: a file or stream that nobody closes stays open. */
export function endSource(source: object): unknown {
  const { close, destroy, cancel, locked } = source as {
    close?: unknown;
    destroy?: unknown;
    cancel?: unknown;
    locked?: unknown;
  };
  if (typeof close === "function") return close.call(source);
  if (typeof destroy === "function") return destroy.call(source);
  // A web stream that is being iterated is cancelled by its iterator, and refuses everybody else.
  if (typeof cancel === "function" && locked !== true) return cancel.call(source);
  return undefined;
}
