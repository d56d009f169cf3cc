// Where the notes are kept: a folder, without a database, which any number of workers share. A note is two files at most.
// Knows no request and no page.
//
//   site-data/<id>.json      what was written; a note exists from the moment in which this file appears, by one rename
//   site-data/<id>.jpg       its picture, which is complete before that
//   site-data/.new-<id>      a note on its way in
//   site-data/.secret        what cookies are signed with, where SITE_SECRET does not say it

import { randomBytes } from "node:crypto";
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface Picture {
  /** The name of its file in the folder. */
  readonly file: string;
  /** What a person who downloads it finds it under. */
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** What it shows, for those who do not see it. */
  readonly alt: string;
}

export interface Note {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly place: string;
  readonly text: string;
  readonly author: string;
  /** Milliseconds since 1970. */
  readonly writtenAt: number;
  readonly picture?: Picture;
}

/** What a note says, before it has an id and a date. */
export type Draft = Omit<Note, "id" | "writtenAt" | "picture">;

export interface NewPicture {
  /** `jpg`, `png`, ...: how its file will end. */
  readonly extension: string;
  readonly facts: Omit<Picture, "file">;
  /** Writes it to this path. */
  readonly saveTo: (path: string) => Promise<void>;
}

export interface Page {
  readonly notes: readonly Note[];
  readonly number: number;
  readonly count: number;
  /** Notes on all pages. */
  readonly total: number;
}

/** Nine characters of time, so that names sort by age, and 40 bits that make two workers differ. */
const ID = /^[0-9a-z]{9}[0-9a-f]{10}$/;

export class Notebook {
  readonly folder: string;

  /** @param seed Where the first notes come from when there is no such folder yet. */
  constructor(folder: string, seed: string) {
    this.folder = folder;
    plant(folder, seed);
  }

  /** One page of notes, the newest first. A number beyond the last page has no notes. */
  async page(number: number, size: number): Promise<Page> {
    const ids = await this.ids();
    const start = (number - 1) * size;
    const notes = await this.#readAll(ids.slice(start, start + size));
    return { notes, number, count: Math.max(1, Math.ceil(ids.length / size)), total: ids.length };
  }

  /** The notes that are not in `known`, the oldest first. A set, not the newest id: two workers may write at the same moment. */
  async beyond(known: ReadonlySet<string>): Promise<Note[]> {
    const ids = await this.ids();
    return this.#readAll(ids.filter((id) => !known.has(id)).reverse());
  }

  /** An id that cannot be one finds nothing, so that no path is ever built from it. */
  async find(id: string): Promise<Note | undefined> {
    if (!ID.test(id)) return undefined;
    try {
      return { ...(JSON.parse(await readFile(join(this.folder, `${id}.json`), "utf8")) as Note), id };
    } catch (error) {
      // With several workers it is nobody's mistake that a note was removed meanwhile.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** The notes just before and after this one in time, as ids. */
  async neighbours(id: string): Promise<{ readonly older: string | undefined; readonly newer: string | undefined }> {
    const ids = await this.ids();
    const at = ids.indexOf(id);
    return { older: ids[at + 1], newer: ids[at - 1] };
  }

  pathOf(picture: Picture): string {
    return join(this.folder, picture.file);
  }

  async add(draft: Draft, picture?: NewPicture): Promise<Note> {
    const writtenAt = Date.now();
    const id = writtenAt.toString(36).padStart(9, "0") + randomBytes(5).toString("hex");
    const file = picture && `${id}.${picture.extension}`;
    if (file !== undefined) await picture!.saveTo(join(this.folder, file));
    const kept = file === undefined ? {} : { picture: { ...picture!.facts, file } };
    const note: Note = { id, writtenAt, ...draft, ...kept };
    const incoming = join(this.folder, `.new-${id}`);
    await writeFile(incoming, `${JSON.stringify(note, null, 2)}\n`, { flush: true });
    await rename(incoming, join(this.folder, `${id}.json`));
    return note;
  }

  async remove(note: Note): Promise<void> {
    await rm(join(this.folder, `${note.id}.json`), { force: true });
    if (note.picture) await rm(this.pathOf(note.picture), { force: true });
  }

  /** Of all notes, the newest first. */
  async ids(): Promise<string[]> {
    const names = await readdir(this.folder);
    const ids = names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
    return ids
      .filter((id) => ID.test(id))
      .sort()
      .reverse();
  }

  async #readAll(ids: readonly string[]): Promise<Note[]> {
    // One that cannot be read must not take the whole list down. Its own page says what is wrong with it.
    const found = await Promise.allSettled(ids.map((id) => this.find(id)));
    return found.flatMap((one) => (one.status === "fulfilled" && one.value !== undefined ? [one.value] : []));
  }
}

/**
 * A folder that is there is taken as it is. Else it appears whole, by one rename, so that of several workers that start together one makes it
 * and the others find it.
 */
function plant(folder: string, seed: string): void {
  if (existsSync(folder)) return;
  mkdirSync(dirname(folder), { recursive: true });
  const made = mkdtempSync(`${folder}-`);
  try {
    cpSync(seed, made, { recursive: true });
    renameSync(made, folder);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    // Another worker was faster.
    if (!["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** A secret that is the same for all workers and after a restart. A link appears with its text or not at all, and never replaces one. */
export function keptSecret(folder: string): string {
  const path = join(folder, ".secret");
  const made = `${path}-${randomBytes(5).toString("hex")}`;
  writeFileSync(made, randomBytes(32).toString("base64url"), { mode: 0o600 });
  try {
    linkSync(made, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(made, { force: true });
  }
  return readFileSync(path, "utf8");
}
