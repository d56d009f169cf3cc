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

const DEFAULT_BLOCK_SIZE = 65_536;

/** An async iterable over `file`, in blocks of at most `blockSize` bytes (default 65,536) where the file leaves the choice. */
export class FileWrapper implements AsyncIterable<Chunk> {
  readonly file: FileLike;
  readonly blockSize: number;
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

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, void, void> {
    const file = this.file;
    // A FileHandle can be iterated by nobody but has read(buffer); a stream has read() too, but not with these words.
    if (isFileHandle(file)) yield* this.#blocks(file);
    else if (Symbol.asyncIterator in file) yield* file;
    else {
      for (;;) {
        const chunk = await file.read(this.blockSize);
        if (chunk === null || chunk.length === 0) return;
        yield chunk;
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
    for (;;) {
      // A fresh block each time: the one before may still wait in the socket's queue.
      const block = Buffer.allocUnsafe(this.blockSize);
      const { bytesRead } = await file.read(block, 0, this.blockSize, null);
      if (bytesRead === 0) return;
      yield bytesRead === block.length ? block : block.subarray(0, bytesRead);
    }
  }
}

const isFileHandle = (file: object): file is FileHandleLike =>
  "fd" in file && typeof file.fd === "number" && "read" in file && !("pipe" in file);
