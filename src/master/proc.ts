// What the kernel says of a process, read from /proc. Where there is none, or the process is gone, nothing is said.

import { readFileSync } from "node:fs";

/** What is to be seen of a process from outside. */
export interface Sight {
  /** Resident memory in bytes. */
  readonly rss: number;
  /** Nothing of it runs: it was sent SIGSTOP, or a debugger holds it. */
  readonly stopped: boolean;
}

export function lookAt(pid: number): Sight | null {
  const status = read(`/proc/${pid}/status`);
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? null : { rss: Number(kilobytes) * 1024, stopped: /^State:\s+[Tt]/m.test(status) };
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
