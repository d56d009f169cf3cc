// Notices a file that changes because of the restart that its change began, so that a server does not restart for ever.
// Knows the changes in their order. Does not know how a restart is done.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** From the beginning of one restart to that of the next: longer than most programs take to start. */
const WITHIN_MS = 5_000;
/** That many restarts for one file, one right after the other, are no longer a person's doing if its content stays the same. */
const MOST = 3;
/** And that many are hardly one's, whatever its content is. */
const TELLING = 10;

/** A file whose changes come one right after the other. */
export interface Echo {
  readonly file: string;
  /** Its content was the same each time: its changes count for nothing from now on, until it is another. */
  readonly leftOut: boolean;
}

interface Streak {
  readonly file: string;
  readonly count: number;
  /** How many of them, up to the last one, had the same content. */
  readonly same: number;
  readonly digest: string;
  readonly at: number;
}

export class Echoes {
  #streak: Streak | null = null;
  /** With the content that is known to be harmless. */
  readonly #leftOut = new Map<string, string>();

  /**
   * @param files What a restart begins for.
   * @returns What a person should hear of, each once: a file that is left out for the first time, or one that changes again and again and
   *   has something new in it. That one counts all the same: whoever saves it must never get an answer from what was there before.
   */
  note(files: readonly string[]): Echo | null {
    const [file] = files;
    if (file === undefined || files.length > 1) {
      this.#streak = null;
      return null;
    }
    const at = performance.now();
    const digest = digestOf(file);
    const before = this.#streak?.file === file && at - this.#streak.at < WITHIN_MS ? this.#streak : null;
    const count = (before?.count ?? 0) + 1;
    const same = before?.digest === digest ? before.same + 1 : 1;
    this.#streak = { file, count, same, digest, at };
    if (same >= MOST && !this.#leftOut.has(file)) {
      this.#leftOut.set(file, digest);
      return { file, leftOut: true };
    }
    return count === TELLING ? { file, leftOut: false } : null;
  }

  /** Whether a change of this file, which has just been seen, counts for nothing. One with the same content as before loses nobody anything. */
  isEcho(file: string): boolean {
    const known = this.#leftOut.get(file);
    if (known === undefined) return false;
    const digest = digestOf(file);
    this.#leftOut.set(file, digest);
    return digest === known;
  }
}

function digestOf(file: string): string {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("base64");
  } catch {
    return "";
  }
}
