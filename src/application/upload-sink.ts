// Where the bytes of one uploaded file go: into memory while there is room, then into a temporary file that only this user can read. Small pieces
// are put together, so that a client who sends single bytes costs no more than one who does not.

import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { removeFile } from "./uploaded-file.ts";

/** Bytes that the files of one request may have in memory together. */
export class MemoryBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Whether there was room. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}

const BLOCK = 65_536;

export class UploadSink {
  readonly #budget: MemoryBudget;
  readonly #folder: string;
  /** What is not on disk yet; the first `#filled` bytes of it. */
  #buffer: Buffer = Buffer.alloc(0);
  #filled = 0;
  #path: string | undefined;
  #handle: FileHandle | undefined;
  #taking: Promise<Buffer | string> | undefined;
  /** While the disk is waited for: kept when it is done, well or not. */
  writing: Promise<unknown> | undefined;
  size = 0;

  constructor(budget: MemoryBudget, folder: string) {
    this.#budget = budget;
    this.#folder = folder;
  }

  /** Takes everything; gives the bytes, or the path of the file that has them. Asks for the next piece when the one before is written. */
  take(pieces: AsyncIterable<Buffer>): Promise<Buffer | string> {
    this.#taking = this.#take(pieces);
    return this.#taking;
  }

  /** Removes what there is, once the taking has ended: the caller has ended what it takes from. */
  async drop(): Promise<void> {
    await this.#taking?.catch(() => undefined);
    if (this.#path !== undefined) await removeFile(this.#path);
  }

  async #take(pieces: AsyncIterable<Buffer>): Promise<Buffer | string> {
    try {
      for await (const piece of pieces) {
        this.size += piece.length;
        if (this.#handle === undefined && this.#budget.take(piece.length)) this.#append(piece);
        else {
          const written = this.#write(piece);
          this.writing = written.catch(() => undefined);
          await written;
          this.writing = undefined;
        }
      }
      if (this.#handle === undefined) return Buffer.from(this.#buffer.subarray(0, this.#filled));
      await this.#flush();
      return this.#path!;
    } finally {
      await this.#handle?.close();
    }
  }

  #append(piece: Buffer): void {
    const needed = this.#filled + piece.length;
    if (needed > this.#buffer.length) {
      // Twice as much each time: every byte is moved once, on the average.
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2, 1024));
      this.#buffer.copy(grown, 0, 0, this.#filled);
      this.#buffer = grown;
    }
    piece.copy(this.#buffer, this.#filled);
    this.#filled = needed;
  }

  async #write(piece: Buffer): Promise<void> {
    if (this.#handle === undefined) {
      this.#path = join(this.#folder, `tsgi-upload-${randomBytes(16).toString("hex")}`);
      // Exclusive: nobody can have put a link there.
      this.#handle = await open(this.#path, "wx", 0o600);
      this.#budget.giveBack(this.#filled);
      await this.#flush();
      this.#buffer = Buffer.allocUnsafe(BLOCK);
    }
    if (this.#filled + piece.length > BLOCK) await this.#flush();
    if (piece.length > BLOCK) await writeAll(this.#handle, piece);
    else this.#append(piece);
  }

  async #flush(): Promise<void> {
    await writeAll(this.#handle!, this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }
}

/** One call may write less than it was given. */
async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
}
