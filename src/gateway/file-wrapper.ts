// `tsgi.file_wrapper`: turns something that can be read into an iterable of blocks, and closes it when the response is over
// (PEP 3333, Optional Platform-Specific File Handling). Memory is bounded by one block.

import { Buffer } from "node:buffer";
import type { Chunk } from "./types.ts";

/** What can be wrapped: anything with `read(size)` that answers empty bytes or null at the end, a `node:fs` FileHandle, or a stream. */
export type FileLike =
  | { read(size: number): Chunk | null | Promise<Chunk | null>; close?(): unknown }
  | FileHandleLike
  | AsyncIterable<Chunk>;

/** The part of `fs.promises.FileHandle` that is used: reads at the file's own position. */
export interface FileHandleLike {
  readonly fd: number;
  read(buffer: Uint8Array, offset: number, length: number, position: null): Promise<{ bytesRead: number }>;
  close(): Promise<void>;
}

// A gigabyte costs half the CPU in blocks of 256 KiB that it costs in blocks of 64 KiB, and a slow reader holds one of them.
const DEFAULT_BLOCK_SIZE = 262_144;
/** A small file should not cost a large block: the first one is of this size, and only when it was filled the next is larger. */
const FIRST_BLOCK_SIZE = 65_536;

/** An async iterable over `file`, in blocks of at most `blockSize` bytes (default 262,144) where the file leaves the choice. */
export class FileWrapper implements AsyncIterable<Chunk> {
  readonly file: FileLike;
  readonly blockSize: number;
  /** Bytes that may still be given out. */
  #left = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(file: FileLike, blockSize: number = DEFAULT_BLOCK_SIZE) {
    if (!Number.isSafeInteger(blockSize) || blockSize < 1) {
      throw new RangeError(`file_wrapper: block size ${blockSize}: expected a whole number of at least 1`);
    }
    if (typeof file !== "object" || file === null || !("read" in file || Symbol.asyncIterator in file)) {
      throw new TypeError("file_wrapper: expected a FileHandle, a stream, or an object with read(size)");
    }
    this.file = file;
    this.blockSize = blockSize;
  }

  /**
   * Gives out no more than this many bytes, and reads no further: a file that is longer than the Content-Length said is a part of
   * a file, not a mistake (PEP 3333). Called by the server, before it iterates.
   */
  atMost(bytes: number): void {
    this.#left = bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, void, void> {
    const file = this.file;
    // A FileHandle can be iterated by nobody but has read(buffer); a stream has read() too, but not with these words.
    if (isFileHandle(file)) yield* this.#blocks(file);
    else if (Symbol.asyncIterator in file) {
      for await (const chunk of file) {
        yield this.#part(chunk);
        if (this.#left === 0) return;
      }
    } else {
      while (this.#left > 0) {
        const chunk = await file.read(Math.min(this.blockSize, this.#left));
        if (chunk === null || chunk.length === 0) return;
        yield this.#part(chunk);
      }
    }
  }

  /** Closes the file, once. Called by the server. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const file = this.file;
    if ("close" in file && typeof file.close === "function") await file.close();
    else if ("destroy" in file && typeof file.destroy === "function") file.destroy();
  }

  async *#blocks(file: FileHandleLike): AsyncGenerator<Chunk, void, void> {
    let size = Math.min(this.blockSize, FIRST_BLOCK_SIZE);
    while (this.#left > 0) {
      // A fresh block each time: the one before may still wait in the socket's queue.
      const room = Math.min(size, this.#left);
      const block = Buffer.allocUnsafe(room);
      const { bytesRead } = await file.read(block, 0, room, null);
      if (bytesRead === 0) return;
      this.#left -= bytesRead;
      yield bytesRead === room ? block : block.subarray(0, bytesRead);
      if (bytesRead === size) size = this.blockSize;
    }
  }

  /** As much of a chunk as may be given out. A string counts by its UTF-8 bytes, and may have to be cut between two of them. */
  #part(chunk: Chunk): Chunk {
    if (this.#left === Number.POSITIVE_INFINITY) return chunk;
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    const part = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= part.length;
    return part;
  }
}

const isFileHandle = (file: object): file is FileHandleLike =>
  "fd" in file && typeof file.fd === "number" && "read" in file && !("pipe" in file);
