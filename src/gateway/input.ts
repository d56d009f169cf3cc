// `tsgi.input`: the request body as an application reads it. Reading past the end answers empty bytes for ever; a body that
// was cut short rejects, so that it can never pass for a whole one (RFC 9112 section 8).

import { Buffer } from "node:buffer";
import type { BodySource } from "./exchange.ts";
import type { HeaderList } from "./types.ts";

const EMPTY = Buffer.alloc(0);
const LF = 0x0a;

/** PEP 3333, Input and Error Streams, asynchronous. Every method rejects with a RequestError when the client's part fails. */
export class InputStream implements AsyncIterable<Buffer> {
  readonly #source: BodySource;
  /** Bytes taken from the source and not given out yet. */
  #rest: Buffer = EMPTY;
  #ended = false;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** Up to `size` bytes, fewer only at the end of the body; without `size`, everything to the end. */
  async read(size?: number): Promise<Buffer> {
    if (size === undefined || size < 0) return this.#readAll();
    if (size === 0) return EMPTY;
    if (this.#rest.length === 0 && !(await this.#fill())) return EMPTY;
    if (this.#rest.length >= size) return this.#take(size);
    const parts: Buffer[] = [];
    let missing = size;
    do {
      const part = this.#take(Math.min(missing, this.#rest.length));
      parts.push(part);
      missing -= part.length;
    } while (missing > 0 && (await this.#fill()));
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
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

  async #readAll(): Promise<Buffer> {
    const parts: Buffer[] = [];
    while (this.#rest.length > 0 || (await this.#fill())) parts.push(this.#take(this.#rest.length));
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  #take(size: number): Buffer {
    const part = this.#rest.subarray(0, size);
    this.#rest = size === this.#rest.length ? EMPTY : this.#rest.subarray(size);
    return part;
  }

  /** Whether there are bytes now. Only called when none are left. */
  async #fill(): Promise<boolean> {
    if (this.#ended) return false;
    const answer = this.#source.read();
    const bytes = answer instanceof Promise ? await answer : answer;
    if (bytes === null) {
      this.#ended = true;
      return false;
    }
    this.#rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return bytes.length > 0 || this.#fill();
  }
}
