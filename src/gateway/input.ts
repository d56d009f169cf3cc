// `tsgi.input`: the request body as an application reads it. Reading past the end answers empty bytes for ever; a body that
// was cut short rejects, so that it can never pass for a whole one (RFC 9112 section 8).

import { Buffer } from "node:buffer";
import type { BodySource } from "./exchange.ts";
import type { HeaderList, Input } from "./types.ts";

const EMPTY = Buffer.alloc(0);
const LF = 0x0a;

/** PEP 3333, Input and Error Streams, asynchronous. Every method rejects with a RequestError when the client's part fails. */
export class InputStream implements Input {
  readonly #source: BodySource;
  /** Bytes taken from the source and not given out yet. */
  #rest: Buffer = EMPTY;
  #ended = false;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** Up to `size` bytes, fewer only at the end of the body; without `size`, everything to the end. */
  read(size?: number): Promise<Buffer> {
    const most = size === undefined || size < 0 ? Number.POSITIVE_INFINITY : size;
    const parts: Buffer[] = [];
    try {
      // What is here already, which is all of a small body, costs one promise.
      const coming = this.#collect(parts, most);
      return coming === undefined ? Promise.resolve(joined(parts)) : this.#readOn(parts, most, coming);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** One line with its line feed, or what is left; at most `size` bytes where given. */
  async readline(size?: number): Promise<Buffer> {
    const most = size === undefined || size < 0 ? Number.POSITIVE_INFINITY : size;
    const parts: Buffer[] = [];
    let length = 0;
    while (length < most && (this.#rest.length > 0 || (await this.#fill()))) {
      const lf = this.#rest.indexOf(LF);
      const part = this.#take(Math.min(lf < 0 ? this.#rest.length : lf + 1, most - length));
      parts.push(part);
      length += part.length;
      if (part[part.length - 1] === LF) break;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  /** All lines to the end; with `hint`, stops after the line that brings the total to `hint` bytes. */
  async readlines(hint?: number): Promise<Buffer[]> {
    const lines: Buffer[] = [];
    let total = 0;
    for await (const line of this.lines()) {
      lines.push(line);
      total += line.length;
      if (hint !== undefined && hint > 0 && total >= hint) break;
    }
    return lines;
  }

  /** Line by line, each with its line feed. */
  async *lines(): AsyncGenerator<Buffer, void, void> {
    for (;;) {
      const line = await this.readline();
      if (line.length === 0) return;
      yield line;
    }
  }

  /** Chunk by chunk, as the bytes come: the cheapest way to stream a body. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, void> {
    for (;;) {
      if (this.#rest.length === 0 && !(await this.#fill())) return;
      yield this.#take(this.#rest.length);
    }
  }

  /**
   * Fields that came after a chunked body: names in lower case, empty until the end was read. Never merged into the environ: they
   * came too late to be judged with the head, and a client can put anything there.
   */
  get trailers(): HeaderList {
    const flat = this.#source.trailers ?? [];
    return Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2]!, flat[i * 2 + 1]!] as const);
  }

  async #readOn(parts: Buffer[], most: number, coming: Promise<Uint8Array | null>): Promise<Buffer> {
    for (let next: typeof coming | undefined = coming; next !== undefined; next = this.#collect(parts, most)) {
      this.#accept(await next);
    }
    return joined(parts);
  }

  /** Moves up to `most` bytes in all into `parts`; answers what is to be awaited when they are not all here. */
  #collect(parts: Buffer[], most: number): Promise<Uint8Array | null> | undefined {
    let missing = most;
    for (const part of parts) missing -= part.length;
    while (missing > 0) {
      if (this.#rest.length > 0) {
        const part = this.#take(Math.min(missing, this.#rest.length));
        parts.push(part);
        missing -= part.length;
        continue;
      }
      if (this.#ended) break;
      const answer = this.#source.read();
      if (answer instanceof Promise) return answer;
      this.#accept(answer);
    }
    return undefined;
  }

  #take(size: number): Buffer {
    const rest = this.#rest;
    if (size === rest.length) {
      this.#rest = EMPTY;
      return rest;
    }
    this.#rest = rest.subarray(size);
    return rest.subarray(0, size);
  }

  #accept(bytes: Uint8Array | null): void {
    if (bytes === null) this.#ended = true;
    else this.#rest = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Whether there are bytes now. Only called when none are left. */
  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#ended) {
      const answer = this.#source.read();
      this.#accept(answer instanceof Promise ? await answer : answer);
    }
    return this.#rest.length > 0;
  }
}

const joined = (parts: readonly Buffer[]): Buffer =>
  parts.length === 1 ? parts[0]! : parts.length === 0 ? EMPTY : Buffer.concat(parts);
