// How many connections this process has descriptors for. Out of descriptors, libuv accepts and closes what waits, without a
// word to anybody, so a worker has to stop accepting before it comes to that.

import { readFileSync } from "node:fs";
import process from "node:process";

/** The rest is for files, for the application's own connections, and for those that are being closed. */
const SHARE = 0.75;

/** Three quarters of the descriptors that the process may have, at least 1. Node has raised the soft limit to the hard one. */
export const connectionsByDescriptors = (limit: number = descriptorLimit()): number =>
  Math.max(1, Math.floor(limit * SHARE));

/** The soft limit of open files (`ulimit -n`), Infinity where there is none. */
export function descriptorLimit(): number {
  try {
    return parseLimits(readFileSync("/proc/self/limits", "latin1"));
  } catch {
    // Not Linux. The report costs some ten milliseconds, once.
    const report = process.report?.getReport() as { userLimits?: { open_files?: { soft?: unknown } } } | undefined;
    const soft = report?.userLimits?.open_files?.soft;
    return typeof soft === "number" ? soft : Number.POSITIVE_INFINITY;
  }
}

/** The soft limit in the words of proc(5). */
export function parseLimits(text: string): number {
  const soft = /^Max open files +(\d+|unlimited) /m.exec(text)?.[1];
  return soft === undefined || soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}
