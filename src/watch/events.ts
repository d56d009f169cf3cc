// Hears from the system that something in a folder is not as it was: one watch for each folder, never one for each file.
// Knows fs.watch. Does not know which files are of interest.

import { type FSWatcher, watch } from "node:fs";
import { basename, join } from "node:path";
import { snapshotOf } from "./snapshot.ts";

export interface FolderEventsOptions {
  /**
   * @param name In the folder; null when the system does not tell.
   * @param kind `names`: something came, went or was renamed. `content`: something was written, or its mode changed.
   */
  readonly onEvent: (folder: string, name: string | null, kind: "names" | "content") => void;
  /** The folder is no longer the one that is watched: removed, renamed, unmounted. Its watch is closed. */
  readonly onLost: (folder: string) => void;
  /** No folder can be watched any more; all watches are closed. */
  readonly onExhausted: (code: string) => void;
  /** Default: fs.watch. */
  readonly open?: typeof watch;
}

interface Watch {
  readonly watching: FSWatcher;
  /** Of the folder that is watched, which may no longer be the one at its path. */
  readonly inode: number | null;
}

export class FolderEvents {
  readonly #options: FolderEventsOptions;
  readonly #watches = new Map<string, Watch>();
  #isExhausted = false;

  constructor(options: FolderEventsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#watches.size;
  }

  /** @returns Whether the folder is watched now. False when it is not there, and after `onExhausted`. */
  watch(folder: string): boolean {
    if (this.#watches.has(folder)) return true;
    if (this.#isExhausted) return false;
    try {
      const watching = (this.#options.open ?? watch)(folder, { persistent: false });
      watching.on("change", (type, name) => this.#heard(folder, watching, type, name));
      watching.on("error", (error) => this.#failed(folder, error));
      this.#watches.set(folder, { watching, inode: snapshotOf(folder)?.inode ?? null });
      return true;
    } catch (error) {
      this.#failed(folder, error);
      return false;
    }
  }

  unwatch(folder: string): void {
    this.#watches.get(folder)?.watching.close();
    this.#watches.delete(folder);
  }

  /** A folder that was renamed with one above it goes on to be watched under its new name, and nothing is told: loses it if that is so. */
  renew(folder: string): void {
    const watched = this.#watches.get(folder);
    if (watched !== undefined && watched.inode !== (snapshotOf(folder)?.inode ?? null)) this.#lose(folder);
  }

  close(): void {
    this.#isExhausted = true;
    for (const folder of [...this.#watches.keys()]) this.unwatch(folder);
  }

  #lose(folder: string): void {
    this.unwatch(folder);
    this.#options.onLost(folder);
  }

  #heard(folder: string, watching: FSWatcher, type: string, raw: string | Buffer | null): void {
    if (this.#watches.get(folder)?.watching !== watching) return;
    const name = raw === null ? null : String(raw);
    // What happens to the folder itself is told under its own name. A file in it may have the same one: then this is one look too many.
    if (type === "rename" && name === basename(folder)) {
      this.#lose(folder);
      for (const below of [...this.#watches.keys()]) if (below.startsWith(join(folder, "/"))) this.renew(below);
      return;
    }
    this.#options.onEvent(folder, name, type === "rename" ? "names" : "content");
  }

  #failed(folder: string, error: unknown): void {
    const code = String((error as { readonly code?: unknown }).code ?? error);
    const wasWatched = this.#watches.has(folder);
    this.unwatch(folder);
    if (code === "ENOENT" || code === "ENOTDIR") {
      if (wasWatched) this.#options.onLost(folder);
      return;
    }
    if (this.#isExhausted) return;
    this.close();
    this.#options.onExhausted(code);
  }
}
