// What stands at a path, and what is remembered of it to tell later whether it is still the same: one stat, never its content.
// Does not know why a file is looked at, nor when.

import { statSync } from "node:fs";

/** What a stat says of the content. No ctime: an access, a chmod or a new link is no change. */
export interface Snapshot {
  /** Milliseconds with a fraction, finer than any kernel's clock for files; 0 for a folder. */
  readonly modified: number;
  /** Bytes; 0 for a folder: what is in it is not its own content. */
  readonly size: number;
  readonly inode: number;
  /** When anything of it was changed last, the name and the mode included. For `isSame` it does not count. */
  readonly touched: number;
}

/** The clock that stamps files is up to one tick of the slowest kernels (100 Hz) behind the one that programs read. */
const TICK_MS = 10;

/** @returns null for a file that is not there, or that cannot be reached. */
export function snapshotOf(path: string): Snapshot | null {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return null;
    if (stat.isDirectory()) return { modified: 0, size: 0, inode: stat.ino, touched: 0 };
    return { modified: stat.mtimeMs, size: stat.size, inode: stat.ino, touched: stat.ctimeMs };
  } catch {
    return null;
  }
}

/**
 * @param inodes `ignored` where files are numbered anew from time to time, as some mounts do. `counted` elsewhere: a
 *   file that was renamed over another can have the time and the size of that one.
 */
export function isSame(before: Snapshot | null, now: Snapshot | null, inodes: "counted" | "ignored"): boolean {
  if (before === null || now === null) return before === now;
  return (
    before.modified === now.modified && before.size === now.size && (inodes === "ignored" || before.inode === now.inode)
  );
}

/** Whether the file may have become what it is after this moment (milliseconds of Date.now()): written, or renamed to here. */
export function isNewerThan(snapshot: Snapshot | null, since: number): boolean {
  return snapshot !== null && Math.max(snapshot.modified, snapshot.touched) > since - TICK_MS;
}

/** Of what a path leads to; null for nothing, and for what is neither. */
export function kindOf(path: string): "file" | "folder" | null {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isDirectory() === true ? "folder" : stat?.isFile() === true ? "file" : null;
  } catch {
    return null;
  }
}
