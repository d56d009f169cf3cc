// Finds the files of a glob, in pieces: between two of them the server does what it has to.
// Knows folders. Does not know what is done with the files.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Glob } from "./globs.ts";
import { kindOf } from "./snapshot.ts";

/** A request that comes in the middle waits no longer than this. */
const PIECE_MS = 5;

/** Gives way to everything else after each piece, and counts what was worked. */
export class Pieces {
  #began = performance.now();
  #worked = 0;

  /** Milliseconds of work so far. */
  get worked(): number {
    return this.#worked + performance.now() - this.#began;
  }

  /** To be called between two small steps. Undefined, and no promise, while there is time left. */
  pause(): Promise<void> | undefined {
    const now = performance.now();
    if (now - this.#began < PIECE_MS) return undefined;
    this.#worked += now - this.#began;
    return nextTurn().then(() => {
      this.#began = performance.now();
    });
  }
}

export interface WalkOptions {
  readonly glob: Glob;
  /** A folder to begin with, the base of the glob or one below. */
  readonly from: string;
  readonly isIgnored: (path: string) => boolean;
  /** Before the folder is read: what comes into it later has to be noticed otherwise. */
  readonly onFolder: (folder: string) => void;
  readonly onFile: (file: string) => void;
  readonly pieces: Pieces;
  readonly isClosed: () => boolean;
}

/** Links are followed to files, and not to folders: they may lead round in a circle. Folders that cannot be read are left out. */
export async function walk(options: WalkOptions): Promise<void> {
  const { glob, isIgnored, pieces } = options;
  const folders = [options.from];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    options.onFolder(folder);
    for (const { path, kind } of entriesOf(folder)) {
      const pause = pieces.pause();
      if (pause !== undefined) {
        await pause;
        if (options.isClosed()) return;
      }
      if (kind === "folder") {
        if (glob.enters(path) && !isIgnored(path)) folders.push(path);
      } else if (glob.matches(path) && !isIgnored(path)) options.onFile(path);
    }
  }
}

interface Found {
  readonly path: string;
  readonly kind: "file" | "folder";
}

function entriesOf(folder: string): readonly Found[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry): Found[] => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return [{ path, kind: "folder" }];
      return entry.isFile() || (entry.isSymbolicLink() && kindOf(path) === "file") ? [{ path, kind: "file" }] : [];
    });
  } catch {
    return [];
  }
}
