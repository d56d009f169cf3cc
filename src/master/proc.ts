// What the kernel says of a process, read from /proc. Where there is none, or the process is gone, nothing is said.

import { readFileSync } from "node:fs";

/** Resident memory in bytes, or null. */
export function residentBytes(pid: number): number | null {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
