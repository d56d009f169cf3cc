// Makes the page on which the workers say how many connections they have, and gives each a row of it.
// Does not know what stands there: worker/scoreboard.ts does.

import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { SCOREBOARD } from "../ipc/messages.ts";

/** Where a file costs no disk; what else is there is second best. */
const FOLDERS = ["/dev/shm", os.tmpdir()];

export class Scoreboard {
  readonly fd: number;
  /** Rows by worker. */
  readonly #rows = new Map<number, number>();

  private constructor(fd: number) {
    this.fd = fd;
  }

  /** The answer is the reason where no folder has room for it: the workers then go without. */
  static open(folders: readonly string[] = FOLDERS): Scoreboard | string {
    const reasons: string[] = [];
    for (const folder of folders) {
      try {
        return new Scoreboard(pageIn(folder));
      } catch (error) {
        reasons.push((error as Error).message);
      }
    }
    return reasons.join("; ");
  }

  /** A row for a worker, the same each time; undefined when all are taken. */
  rowFor(worker: number): number | undefined {
    const own = this.#rows.get(worker);
    if (own !== undefined) return own;
    const taken = new Set(this.#rows.values());
    for (let row = 0; row < SCOREBOARD.rows; row += 1) {
      if (taken.has(row)) continue;
      this.#rows.set(worker, row);
      return row;
    }
    return undefined;
  }

  /** The worker is gone; its row is for the next one. What it last said is believed for a second at most. */
  free(worker: number): void {
    this.#rows.delete(worker);
  }
}

/** A file without a name: nobody else finds it, and it is gone with the last process that has it open. */
function pageIn(folder: string): number {
  const path = join(folder, `tsgi-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const fd = fs.openSync(path, "wx+", 0o600);
  try {
    fs.unlinkSync(path);
    // Whole from the start: a row that is written later cannot find the file system full.
    fs.writeSync(fd, new Uint8Array(SCOREBOARD.rows * SCOREBOARD.rowBytes));
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
  return fd;
}
