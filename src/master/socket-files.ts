// Whose the files of Unix sockets are. During an upgrade two masters serve on the same ones: then none is removed by who stops
// listening, and whoever is left alone sees to what was left behind. Knows files by listener. Does not know who the other master is.

import { removeSocketFile, type SocketFile } from "./unix-socket.ts";

export class SocketFiles {
  readonly #files = new Map<number, SocketFile>();
  readonly #shared = new Set<number>();
  readonly #leftBehind: SocketFile[] = [];

  /** A listener was opened on this file, which is ours to remove, now or when the other master is gone. */
  add(index: number, file: SocketFile, { shared }: { readonly shared: boolean }): void {
    this.#files.set(index, file);
    if (shared) this.#shared.add(index);
  }

  /** The listener is closed. */
  drop(index: number): void {
    const file = this.#files.get(index);
    this.#files.delete(index);
    const shared = this.#shared.delete(index);
    if (file === undefined) return;
    if (shared) this.#leftBehind.push(file);
    else removeSocketFile(file);
  }

  /** A file of the other master on which we never listened. */
  leaveBehind(file: SocketFile): void {
    this.#leftBehind.push(file);
  }

  get(index: number): SocketFile | undefined {
    return this.#files.get(index);
  }

  /** Another master serves on all that there are now. */
  share(): void {
    for (const index of this.#files.keys()) this.#shared.add(index);
  }

  /** There is no other master any more. */
  alone(): void {
    this.#shared.clear();
    for (const file of this.#leftBehind.splice(0)) removeSocketFile(file);
  }
}
