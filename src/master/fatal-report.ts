// Where V8 writes down what it died of, before it ends a worker's process: a file without a name, which the worker inherits as a
// descriptor. So nothing is left behind whoever dies first, nothing in a shared folder can be put in its place, and a worker that
// has given up its user can still write it. Does not know what the master says about it.

import { closeSync, constants, fchmodSync, openSync, readSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { FatalError } from "./facts.ts";

/** A report of a worker with ten thousand sockets has one row for each. */
const READ_BYTES = 8_388_608;

export interface FatalReport {
  /** For the worker; null where no file could be made, which costs this evidence and nothing else. */
  readonly fd: number | null;
  /** What the worker wrote, if anything. */
  read(): FatalError | null;
  close(): void;
}

/** @param folders Tried in this order. */
export function openFatalReport(folders: readonly string[] = [tmpdir(), "/dev/shm"]): FatalReport {
  const fd = openNameless(folders);
  return {
    fd,
    read: () => (fd === null ? null : parseFatalReport(readAll(fd))),
    close: () => {
      if (fd !== null) closeSync(fd);
    },
  };
}

function openNameless(folders: readonly string[]): number | null {
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  for (const folder of folders) {
    try {
      const path = join(folder, `tsgi-${process.pid}-${Math.random().toString(36).slice(2)}`);
      const fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      unlinkSync(path);
      // The worker opens it anew, by its descriptor, and may be another user by then. Nobody else can reach it.
      fchmodSync(fd, 0o666);
      return fd;
    } catch {
      // Full, read-only, not there: perhaps the next one.
    }
  }
  return null;
}

function readAll(fd: number): string {
  const chunks: Buffer[] = [];
  for (let at = 0; at < READ_BYTES; ) {
    const chunk = Buffer.alloc(65_536);
    const size = readSync(fd, chunk, 0, chunk.length, at);
    if (size === 0) break;
    chunks.push(chunk.subarray(0, size));
    at += size;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What is of interest in one of Node's diagnostic reports; null when there is none. */
export function parseFatalReport(text: string): FatalError | null {
  if (text === "") return null;
  try {
    const { header, javascriptHeap: heap } = JSON.parse(text) as Report;
    const event = String(header?.event ?? "");
    const isOutOfMemory = header?.trigger === "OOMError" || /out of memory/i.test(event);
    return { event, isOutOfMemory, heapUsed: heap?.usedMemory ?? null, heapLimit: heap?.memoryLimit ?? null };
  } catch {
    // The process ended in the middle of it: V8 gave up, and its first line has the reason.
    const event = /"event"\s*:\s*"([^"]*)"/.exec(text)?.[1] ?? "";
    return { event, isOutOfMemory: /out of memory/i.test(event), heapUsed: null, heapLimit: null };
  }
}

interface Report {
  readonly header?: { readonly event?: unknown; readonly trigger?: unknown };
  readonly javascriptHeap?: { readonly usedMemory?: number; readonly memoryLimit?: number };
}
