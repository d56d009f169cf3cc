// Items in a folder: one folder each, with the bytes (`data`) and the facts (`item.json`). Keeps nothing in memory, so any
// number of workers can share the folder, and a restart finds what was there. Does not know HTTP.
//
//   paste-data/<id>/data, item.json       an item, put there whole by one rename
//   paste-data/.incoming-<id>/...         an upload in progress; what a crash left of one is removed an hour later
//   paste-data/.deleted-<id>/...          an item on its way out

import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HttpError, tooLarge } from "./http-error.ts";
import { sizeText } from "./units.ts";

export interface Item {
  readonly id: string;
  /** What the author called it, or `""`. */
  readonly title: string;
  /** A file's name, without folders, or `""` for a text. To be shown, never to be opened. */
  readonly name: string;
  /** Media type. */
  readonly type: string;
  /** Whether the bytes begin like UTF-8 text. */
  readonly text: boolean;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970, or null for never. */
  readonly expiresAt: number | null;
}

/** What only the author of an item knows. */
export interface Description {
  readonly title: string;
  readonly name: string;
  /** Media type; `""` lets the bytes decide between plain text and octet-stream. */
  readonly type: string;
  /** Milliseconds to live, or null for ever. */
  readonly lifetime: number | null;
}

export interface StoreOptions {
  readonly directory: string;
  /** Bytes of one item. */
  readonly limitBytes: number;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** An upload that has not been touched for so long belongs to a process that died. */
const ABANDONED_AFTER_MS = 3_600_000;
const SNIFFED_BYTES = 4_096;
/** Nine characters of time, so that names sort by age, and 80 bits that nobody can guess. */
const ID = /^[0-9a-z]{9}[0-9a-f]{20}$/;

export const isId = (text: string): boolean => ID.test(text);

export class Store {
  readonly directory: string;
  readonly limitBytes: number;
  readonly now: () => number;
  /** What to say to somebody who sends more than the limit. */
  readonly tooLarge: string;

  constructor(options: StoreOptions) {
    this.directory = options.directory;
    this.limitBytes = options.limitBytes;
    this.now = options.now;
    this.tooLarge = `An item may have at most ${sizeText(options.limitBytes)}.`;
  }

  /** Starts an item. The caller ends it with `commit` or `discard`, on every path. */
  async draft(): Promise<Draft> {
    const id = this.now().toString(36).padStart(9, "0") + randomBytes(10).toString("hex");
    const folder = join(this.directory, `.incoming-${id}`);
    return guardDisk(async () => {
      await mkdir(folder, { recursive: true });
      return new Draft({ store: this, id, folder, file: await open(join(folder, "data"), "wx") });
    });
  }

  /** An item that is there and has not expired. An id that is not one finds nothing, so that no path can be built from it. */
  async find(id: string): Promise<Item | undefined> {
    if (!isId(id)) return undefined;
    const item = await this.#read(id);
    return item === undefined || this.#isExpired(item) ? undefined : item;
  }

  /** The bytes of an item that `find` found; undefined when it was deleted since. The caller closes the file. */
  async open(item: Item): Promise<FileHandle | undefined> {
    return ifThere(open(join(this.directory, item.id, "data"), "r"));
  }

  /**
   * The newest items first.
   *
   * @param before Only items older than the one with this id.
   */
  async list(count: number, before?: string): Promise<Item[]> {
    const ids = ((await ifThere(readdir(this.directory))) ?? []).filter(
      (id) => isId(id) && (before === undefined || id < before),
    );
    const items: Item[] = [];
    for (const id of ids.sort().reverse()) {
      const item = await this.find(id);
      if (item !== undefined) items.push(item);
      if (items.length === count) break;
    }
    return items;
  }

  /** Whether it was there. Gone at once by a rename; a reader that has it open reads on to the end. */
  async delete(id: string): Promise<boolean> {
    if (!isId(id)) return false;
    const trash = join(this.directory, `.deleted-${id}`);
    const renamed = await ifThere(rename(join(this.directory, id), trash).then(() => true));
    if (renamed === undefined) return false;
    await rm(trash, { recursive: true, force: true });
    return true;
  }

  /** Removes what expired and what a crash left behind. Several workers may do so at the same time. */
  async sweep(): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    for (const entry of await readdir(this.directory)) {
      if (isId(entry)) {
        const item = await this.#read(entry);
        if (item !== undefined && this.#isExpired(item)) await this.delete(entry);
      } else if (/^\.(incoming|deleted)-/.test(entry) && (await this.#isAbandoned(join(this.directory, entry)))) {
        await rm(join(this.directory, entry), { recursive: true, force: true });
      }
    }
  }

  async #read(id: string): Promise<Item | undefined> {
    const json = await ifThere(readFile(join(this.directory, id, "item.json"), "utf8"));
    if (json === undefined) return undefined;
    try {
      return { ...(JSON.parse(json) as Item), id };
    } catch {
      // Somebody edited it. One broken item must not take the whole list down.
      return undefined;
    }
  }

  #isExpired(item: Item): boolean {
    return item.expiresAt !== null && item.expiresAt <= this.now();
  }

  async #isAbandoned(folder: string): Promise<boolean> {
    const facts = (await ifThere(stat(join(folder, "data")))) ?? (await ifThere(stat(folder)));
    return facts !== undefined && facts.mtimeMs < this.now() - ABANDONED_AFTER_MS;
  }
}

interface DraftParts {
  readonly store: Store;
  readonly id: string;
  readonly folder: string;
  readonly file: FileHandle;
}

/** An item on its way in, which nobody else sees before `commit`. */
export class Draft {
  readonly #store: Store;
  readonly #id: string;
  readonly #folder: string;
  readonly #file: FileHandle;
  #beginning: Buffer = Buffer.alloc(0);
  #size = 0;
  #done = false;

  constructor(parts: DraftParts) {
    this.#store = parts.store;
    this.#id = parts.id;
    this.#folder = parts.folder;
    this.#file = parts.file;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds bytes; to be awaited before the next, which is what keeps memory bounded. @throws HttpError 413, 507 */
  async write(bytes: Uint8Array): Promise<void> {
    this.#size += bytes.length;
    if (this.#size > this.#store.limitBytes) throw tooLarge(this.#store.tooLarge);
    const missing = SNIFFED_BYTES - this.#beginning.length;
    if (missing > 0) this.#beginning = Buffer.concat([this.#beginning, bytes.subarray(0, missing)]);
    await guardDisk(() => this.#file.appendFile(bytes));
  }

  /** Makes it an item. The rename is the one moment in which it appears, bytes and facts together. */
  async commit(description: Description): Promise<Item> {
    const { title, name, lifetime } = description;
    const text = looksLikeText(this.#beginning);
    const type = description.type || (text ? "text/plain; charset=utf-8" : "application/octet-stream");
    const createdAt = this.#store.now();
    const expiresAt = lifetime === null ? null : createdAt + lifetime;
    const item: Item = { id: this.#id, title, name, type, text, size: this.#size, createdAt, expiresAt };
    await guardDisk(async () => {
      // On the disk before the rename: after a power cut the name must not be there without its bytes.
      await this.#file.datasync();
      await writeFile(join(this.#folder, "item.json"), `${JSON.stringify(item)}\n`, { flush: true });
      await this.#file.close();
      await rename(this.#folder, join(this.#store.directory, this.#id));
    });
    this.#done = true;
    return item;
  }

  /** Leaves nothing behind. Does nothing after `commit`. */
  async discard(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    await this.#file.close().catch(() => {});
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** No NUL, and UTF-8 as far as it goes: a character that the end cuts through is no objection. */
function looksLikeText(beginning: Uint8Array): boolean {
  if (beginning.includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(beginning, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Undefined where the file or folder does not exist, which with several workers is nobody's mistake. */
async function ifThere<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/** A full disk is something to tell the person who uploads; any other failure is for the log. */
async function guardDisk<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (codeOf(error) !== "ENOSPC" && codeOf(error) !== "EDQUOT") throw error;
    throw new HttpError("507 Insufficient Storage", "The disk is full. Nothing was kept.");
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);
