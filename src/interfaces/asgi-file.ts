// The file of `http.response.pathsend`: opened, measured and read block by block, each when the one before is with the operating system.
// Does not know what a response is.

import { Buffer } from "node:buffer";
import { open } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { show } from "../gateway/said.ts";

/** Who wants the bytes. */
export interface FileSink {
  /** Whether anything of a file of this size is wanted. */
  begin(size: number): boolean;
  /** A block, and whether more follow; settles when there is room. */
  write(block: Uint8Array, more: boolean): Promise<void>;
}

// A gigabyte costs half the CPU in blocks of 256 KiB that it costs in blocks of 64 KiB, and a slow reader holds one of them.
const BLOCK_BYTES = 262_144;

/** @throws TypeError */
export function checkPath(path: unknown, by: string): string {
  if (typeof path === "string" && isAbsolute(path) && !path.includes("\0")) return path;
  throw new TypeError(`${by}: path is ${show(path)}: expected the absolute path of a file`);
}

/**
 * Sends a file as it is when it is opened: what is added to it later is not read, and one that became shorter ends early.
 *
 * @throws what `node:fs` has to say of it; TypeError for a folder, a pipe and their like.
 */
export async function readFileTo(path: string, sink: FileSink): Promise<void> {
  const file = await open(path);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new TypeError(`http.response.pathsend: ${show(path)} is not a regular file`);
    const { size } = stat;
    if (!sink.begin(size)) return sink.write(new Uint8Array(0), false);
    let at = 0;
    do {
      // A fresh block each time: the one before may still wait in the socket's queue.
      const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, size - at));
      const { bytesRead } = await file.read(block, 0, block.length, at);
      at += bytesRead;
      await sink.write(block.subarray(0, bytesRead), at < size && bytesRead > 0);
      if (bytesRead === 0) return;
    } while (at < size);
  } finally {
    await file.close();
  }
}
