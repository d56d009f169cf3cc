// How many workers accepted at once, read off a log. Knows the words in which workers say so.

import type { LogRecord } from "./server.ts";

/** By the words of workers at level debug; a worker that died without a word is taken off when its master says so. NaN when there never were `count`. */
export function smallestPool(records: readonly LogRecord[], count: number): number {
  const accepting = new Set<number>();
  const changes = records.flatMap(({ time, msg, pid }) => {
    if (msg === "accepting connections") return [{ time, pid, by: 1 }];
    if (msg === "no longer accepting connections") return [{ time, pid, by: -1 }];
    const dead = /^worker \d+ \(pid (\d+)\) (?!asks|gets)/.exec(msg)?.[1];
    return dead === undefined ? [] : [{ time, pid: Number(dead), by: -1 }];
  });
  // In the same millisecond nobody can tell; the successor comes first.
  changes.sort((a, b) => a.time.localeCompare(b.time) || b.by - a.by);
  let smallest = Number.NaN;
  for (const { pid, by } of changes) {
    if (by > 0) accepting.add(pid);
    else accepting.delete(pid);
    if (!Number.isNaN(smallest)) smallest = Math.min(smallest, accepting.size);
    else if (accepting.size === count) smallest = count;
  }
  return smallest;
}
