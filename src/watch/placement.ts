// Which folder has to be watched for each path, and under which name it is heard of there: its own folder, or the nearest above that exists.
// Keeps the watches of those folders and of no others. Does not know what a file's content is.

import { basename, dirname } from "node:path";
import type { FolderEvents } from "./events.ts";

interface Spot {
  readonly folder: string;
  readonly name: string;
}

export class Placement {
  readonly #events: FolderEvents;
  readonly #spots = new Map<string, Spot>();
  readonly #folders = new Map<string, Map<string, Set<string>>>();
  /** Folders of which every name is of interest. */
  readonly #whole = new Set<string>();

  constructor(events: FolderEvents) {
    this.#events = events;
  }

  /** Watches for a path. One that is placed already is placed anew when its folder has come, or has gone. */
  place(path: string): void {
    let folder = dirname(path);
    let name = basename(path);
    // Only a folder that can be watched will do, so nothing is asked of the disk beforehand, where it could be gone a moment later.
    while (!this.#events.watch(folder) && dirname(folder) !== folder) {
      name = basename(folder);
      folder = dirname(folder);
    }
    const before = this.#spots.get(path);
    if (before?.folder === folder && before.name === name) return;
    this.remove(path);
    this.#spots.set(path, { folder, name });
    let names = this.#folders.get(folder);
    if (names === undefined) {
      names = new Map();
      this.#folders.set(folder, names);
    }
    const paths = names.get(name);
    if (paths === undefined) names.set(name, new Set([path]));
    else paths.add(path);
  }

  remove(path: string): void {
    const spot = this.#spots.get(path);
    if (spot === undefined) return;
    this.#spots.delete(path);
    const names = this.#folders.get(spot.folder);
    const paths = names?.get(spot.name);
    paths?.delete(path);
    if (paths?.size === 0) names?.delete(spot.name);
    if (names?.size !== 0) return;
    this.#folders.delete(spot.folder);
    if (!this.#whole.has(spot.folder)) this.#events.unwatch(spot.folder);
  }

  placeWhole(folder: string): void {
    if (this.#events.watch(folder)) this.#whole.add(folder);
  }

  /** @returns Whether it was watched as a whole. */
  removeWhole(folder: string): boolean {
    return this.#whole.delete(folder);
  }

  isWhole(folder: string): boolean {
    return this.#whole.has(folder);
  }

  /** The paths that something with this name in this folder may concern; with null all of the folder. */
  at(folder: string, name: string | null): readonly string[] {
    const names = this.#folders.get(folder);
    if (names === undefined) return [];
    return name === null ? [...names.values()].flatMap((paths) => [...paths]) : [...(names.get(name) ?? [])];
  }
}
