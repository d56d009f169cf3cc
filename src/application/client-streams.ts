// What the test client gives an application to read from and write to: the request's body, the error stream, and the file wrapper, after
// docs/gateway.md sections 5 to 7. Its own implementation: what is tested runs on any server, so the client leans on none.

import { Buffer } from "node:buffer";
import type { Chunk, Environ, ErrorLevel, Errors, HeaderList, Input, WrappedFile } from "../gateway/types.ts";

const EMPTY = Buffer.alloc(0);
const LF = 0x0a;

/** A body that a client can send: at once, or as it comes. */
export type Sendable = Iterable<Chunk> | AsyncIterable<Chunk>;

/** As a server's error of reading: its name, and as `status` what the client would be answered (docs/gateway.md section 5). */
export class ClientGone extends Error {
  override readonly name = "RequestError";
  readonly status = 499;

  constructor() {
    super("the client is gone");
  }
}

/** `tsgi.input` over what the test sends. */
export class ClientInput implements Input {
  readonly #source: Iterator<Chunk> | AsyncIterator<Chunk>;
  readonly #signal: AbortSignal;
  readonly #announced: HeaderList;
  #rest: Buffer = EMPTY;
  #ended = false;

  /** @param signal Aborts when the client leaves: reads reject from then on, also those that wait. */
  constructor(source: Sendable, signal: AbortSignal, trailers: HeaderList = []) {
    this.#source = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#signal = signal;
    this.#announced = trailers.map(([name, value]) => [name.toLowerCase(), value] as const);
  }

  async read(size?: number): Promise<Buffer> {
    const most = limit(size);
    const parts: Buffer[] = [];
    for (let missing = most; missing > 0 && (await this.#fill()); ) {
      const part = this.#take(Math.min(missing, this.#rest.length));
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  async readline(size?: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = limit(size); missing > 0 && (await this.#fill()); ) {
      const end = this.#rest.indexOf(LF);
      const part = this.#take(Math.min(end < 0 ? this.#rest.length : end + 1, missing));
      parts.push(part);
      missing -= part.length;
      if (part.at(-1) === LF) break;
    }
    return Buffer.concat(parts);
  }

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

  async *lines(): AsyncGenerator<Buffer, void, void> {
    for (let line = await this.readline(); line.length > 0; line = await this.readline()) yield line;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, void> {
    while (await this.#fill()) yield this.#take(this.#rest.length);
  }

  get trailers(): HeaderList {
    return this.#ended ? this.#announced : [];
  }

  #take(size: number): Buffer {
    const part = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    return part;
  }

  /** Whether there are bytes to take. */
  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#ended) {
      const step = await unlessGone(Promise.resolve(this.#source.next()), this.#signal);
      if (step.done === true) this.#ended = true;
      else this.#rest = toBuffer(step.value);
    }
    if (this.#signal.aborted) throw new ClientGone();
    return this.#rest.length > 0;
  }
}

/** Keeps what an application writes for its operator. */
export class ClientErrors implements Errors {
  #text = "";

  /** A level makes it a record of its own, of whole lines. */
  write(text: string, level?: ErrorLevel): void {
    if (level !== undefined && this.#text !== "" && !this.#text.endsWith("\n")) this.#text += "\n";
    this.#text += text;
    if (level !== undefined && !text.endsWith("\n")) this.#text += "\n";
  }

  writelines(texts: Iterable<string>): void {
    for (const text of texts) this.write(text);
  }

  flush(): void {}

  /** The lines so far, without their ends. */
  get lines(): readonly string[] {
    return this.#text === "" ? [] : this.#text.replace(/\n$/, "").split("\n");
  }
}

type FileLike = Parameters<Environ["tsgi.file_wrapper"]>[0];

/** `tsgi.file_wrapper`: read from where the file stands, closed once. */
export class ClientFile implements WrappedFile {
  readonly #file: FileLike;
  readonly #blockSize: number;
  #closed = false;

  constructor(file: FileLike, blockSize = 65_536) {
    this.#file = file;
    this.#blockSize = blockSize;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, void, void> {
    const file = this.#file;
    if (Symbol.asyncIterator in file) yield* file;
    else if ("fd" in file) {
      for (;;) {
        const block = Buffer.alloc(this.#blockSize);
        const { bytesRead } = await file.read(block, 0, block.length, null);
        if (bytesRead === 0) return;
        yield block.subarray(0, bytesRead);
      }
    } else {
      for (;;) {
        const chunk = await file.read(this.#blockSize);
        if (chunk === null || chunk.length === 0) return;
        yield chunk;
      }
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const file: { close?(): unknown; destroy?(): unknown } = this.#file as object;
    if (typeof file.close === "function") await file.close();
    else file.destroy?.();
  }
}

/** The bytes of a chunk, text as UTF-8. */
export const toBuffer = (chunk: Chunk): Buffer =>
  typeof chunk === "string"
    ? Buffer.from(chunk)
    : Buffer.from(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.length);

/** What `promise` gives, or a rejection as soon as the client leaves. */
export async function unlessGone<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => {});
    throw new ClientGone();
  }
  let leave = (): void => {};
  const gone = new Promise<never>((_resolve, reject) => {
    leave = () => reject(new ClientGone());
  });
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([promise, gone]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

const limit = (size: number | undefined): number => (size === undefined || size < 0 ? Number.POSITIVE_INFINITY : size);
