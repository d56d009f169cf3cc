// Notices a file that changes because of the restart that its change began, so that a server does not restart for ever.
// Knows the changes in their order. Does not know how a restart is done.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const WITHIN_MS = 2_000;
/** That many restarts for one file, one right after the other, are no longer a person's doing. */
const MOST = 3;

interface Streak {
  readonly file: string;
  readonly count: number;
  readonly digest: string;
  /** When the restart of the last change began, or when it was over. */
  readonly at: number;
  readonly isServing: boolean;
}

export class Echoes {
  #streak: Streak | null = null;
  #tellsWhenReady = false;
  /** With the content that is known to be harmless; null for any content. */
  readonly #leftOut = new Map<string, string | null>();

  /** The restart is over: what changes from now on may be a person's doing, however fast. */
  ready(): void {
    this.#tellsWhenReady = true;
    if (this.#streak !== null) this.#streak = { ...this.#streak, at: performance.now(), isServing: true };
  }

  /**
   * @param files What a restart begins for.
   * @returns The file that will be left out from now on, the first time that it is known.
   */
  note(files: readonly string[]): string | null {
    const [file] = files;
    if (file === undefined || files.length > 1) {
      this.#streak = null;
      return null;
    }
    const before = this.#streak;
    const at = performance.now();
    const digest = digestOf(file);
    const isSameContent = before?.digest === digest;
    // Somebody may well save one file every second. What they save is not the same each time, and it does not come before the
    // last save could be seen; only where nobody says when that is, it cannot be told.
    const isEcho =
      before?.file === file &&
      at - before.at < WITHIN_MS &&
      (isSameContent || (this.#tellsWhenReady && !before.isServing));
    const count = isEcho ? before.count + 1 : 1;
    this.#streak = { file, count, digest, at, isServing: false };
    if (count < MOST || this.#leftOut.has(file)) return null;
    this.#leftOut.set(file, isSameContent ? digest : null);
    return file;
  }

  /** Whether a change of this file, which has just been seen, counts for nothing. One with the same content as before loses nobody anything. */
  isEcho(file: string): boolean {
    const known = this.#leftOut.get(file);
    if (known === undefined) return false;
    if (known === null) return true;
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
