// Parts of a file and texts between them, one after another, at their own offsets. The file is opened when it is first read, and closed once. A
// file that became shorter is an error: what was promised cannot be sent.

import { Buffer } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import type { ByteRange } from "./ranges.ts";

/** Bytes that are sent as they are, or a part of the file. */
export type Segment = Buffer | ByteRange;

/** A small file should not cost a large block. */
const FIRST_BLOCK = 65_536;
const BLOCK = 262_144;

export class FileReader implements AsyncIterable<Buffer> {
  readonly #source: string | FileHandle;
  readonly #segments: readonly Segment[];
  #opening: Promise<FileHandle> | undefined;
  #closed = false;
  #segment = 0;
  /** Into the segment. */
  #offset = 0;

  /** @param source A path, or an open file, which is closed here. */
  constructor(source: string | FileHandle, segments: readonly Segment[]) {
    this.#source = source;
    this.#segments = segments;
  }

  /** Bytes in all. */
  get length(): number {
    return this.#segments.reduce((sum, segment) => sum + lengthOf(segment), 0);
  }

  /** Up to `size` bytes; none at the end. */
  async read(size: number = BLOCK): Promise<Buffer> {
    const segment = this.#segments[this.#segment];
    if (segment === undefined) return Buffer.alloc(0);
    const left = lengthOf(segment) - this.#offset;
    if (left <= 0) return this.#next(size);
    const want = Math.min(size, left);
    const bytes = Buffer.isBuffer(segment)
      ? segment.subarray(this.#offset, this.#offset + want)
      : await this.#readAt(segment.start + this.#offset, want);
    this.#offset += bytes.length;
    return bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, void> {
    let size = FIRST_BLOCK;
    for (;;) {
      const bytes = await this.read(size);
      if (bytes.length === 0) return;
      yield bytes;
      size = BLOCK;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (typeof this.#source !== "string") return this.#source.close();
    // One that could not be opened was reported where it was read.
    const handle = await this.#opening?.catch(() => undefined);
    await handle?.close();
  }

  #next(size: number): Promise<Buffer> {
    this.#segment += 1;
    this.#offset = 0;
    return this.read(size);
  }

  async #readAt(position: number, size: number): Promise<Buffer> {
    if (this.#closed) throw new Error("the file of the response is closed");
    if (typeof this.#source === "string") this.#opening ??= open(this.#source, "r");
    const handle = typeof this.#source === "string" ? await this.#opening! : this.#source;
    // A fresh block each time: the one before may still wait in the socket's queue.
    const block = Buffer.allocUnsafe(size);
    const { bytesRead } = await handle.read(block, 0, size, position);
    if (bytesRead === 0) throw new Error(`the file became shorter while it was sent: nothing at byte ${position}`);
    return bytesRead === size ? block : block.subarray(0, bytesRead);
  }
}

const lengthOf = (segment: Segment): number =>
  Buffer.isBuffer(segment) ? segment.length : segment.end - segment.start + 1;
