// Notices that watched files have changed: by what the system tells of their folders, else by looking from time to time.
// Whatever is told, only a look at the file itself decides. Does not know who needs the files, nor what follows from a change.

import { lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import { Burst } from "./burst.ts";
import { Echoes } from "./echoes.ts";
import { FolderEvents } from "./events.ts";
import { compileIgnore, type Glob, sorted } from "./globs.ts";
import { Placement } from "./placement.ts";
import { POLL_MS, Polling } from "./polling.ts";
import { isNewerThan, isSame, kindOf, type Snapshot, snapshotOf } from "./snapshot.ts";
import { Pieces, walk } from "./walk.ts";

/** So many files that only a glob names are looked at when it is asked whether all is fresh: about 5 ms. */
const GLOB_FILES_LOOKED_AT = 2_000;

export interface WatchOptions {
  /** `auto`: events of the system, and looks where it gives none. `poll`: looks only, for mounts that have no events. */
  readonly engine: "auto" | "poll";
  /** What changes of no file of these globs (absolute) start anything. */
  readonly ignore: readonly string[];
  /** Files and globs (absolute) that are watched beside those that `add` names. A folder stands for all that is in it. */
  readonly extra: readonly string[];
  /** The first sign that something is not as it was. Called once until `onChange`, and never from within a call of this class. */
  readonly onDirty: () => void;
  /** Nothing more has changed for a moment (20 ms; at most 500 ms after the first sign): all files that did, absolute, sorted. */
  readonly onChange: (files: readonly string[]) => void;
  readonly say: (level: "info" | "warn" | "debug", message: string) => void;
}

const MANY = 20;

interface Entry {
  snapshot: Snapshot | null;
}

export class Watcher {
  readonly #options: WatchOptions;
  readonly #isIgnored: (path: string) => boolean;
  readonly #globs: readonly Glob[];
  /** The files that are named, by `add` or in the options. */
  readonly #named = new Map<string, Entry>();
  /** Those that only a glob found: there may be very many. One that is gone is forgotten. */
  readonly #found = new Map<string, Entry>();
  readonly #extra: ReadonlySet<string>;
  readonly #burst: Burst;
  readonly #echoes = new Echoes();
  readonly #events: FolderEvents;
  readonly #placement: Placement;
  readonly #inodes: "counted" | "ignored";
  #pollings: readonly Polling[] = [];
  #isClosed = false;
  /** One search after the other: two at once would find the same files. */
  #searching: Promise<void> = Promise.resolve();

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#isIgnored = compileIgnore(options.ignore);
    // The mounts that have no events are those that make up numbers for their files.
    this.#inodes = options.engine === "poll" ? "ignored" : "counted";
    this.#burst = new Burst({
      onBegin: options.onDirty,
      // So many at once may be more than the system's queue of events takes.
      lookAgain: (files) => this.#lookAll(files.length > MANY ? this.#named.keys() : files),
      onEnd: (files) => this.#ended(files),
    });
    this.#events = new FolderEvents({
      onEvent: (...event) => this.#heard(...event),
      onLost: (folder) => this.#lost(folder),
      onExhausted: (code) => this.#exhausted(code),
    });
    this.#placement = new Placement(this.#events);
    const { globs, files } = sorted(options.extra);
    this.#globs = globs;
    this.#extra = new Set(files);
    if (options.engine === "poll") this.#poll();
    for (const file of files) this.#name(file);
    for (const glob of globs) {
      if (!this.#polls) this.#placement.place(glob.base);
      this.#search(glob, glob.base, "known");
    }
  }

  /**
   * Watches these files too; one that is not there is watched for its appearance. A file that is new here and was modified after `since`
   * (milliseconds of Date.now()) counts as changed: it may have been read before. Once for each file.
   */
  add(files: readonly string[], since: number): void {
    for (const file of files) {
      if (isNewerThan(this.#name(file), since)) this.#burst.add(file);
    }
  }

  /** Watches nothing but these, and `extra`, from now on; what is known of those that stay is kept. */
  keep(files: readonly string[]): void {
    const kept = new Set(files);
    for (const file of this.#named.keys()) {
      if (!kept.has(file) && !this.#extra.has(file)) this.#forget(file);
    }
    for (const file of kept) this.#name(file);
  }

  /**
   * Looks at every file now, of globs only when they are few. False when something has changed, also when that was noticed before and
   * `onChange` is still to come.
   */
  isFresh(): boolean {
    if (this.#burst.isOpen) return false;
    let isFresh = true;
    for (const [file, entry] of this.#named) {
      if (this.#look(file, entry)) isFresh = false;
    }
    if (this.#found.size > GLOB_FILES_LOOKED_AT) return isFresh;
    for (const [file, entry] of this.#found) {
      if (this.#look(file, entry)) isFresh = false;
    }
    return isFresh;
  }

  close(): void {
    this.#isClosed = true;
    this.#events.close();
    for (const polling of this.#pollings) polling.close();
    this.#burst.close();
  }

  get #polls(): boolean {
    return this.#pollings.length > 0;
  }

  /** @returns What a file is that was not known, else null. */
  #name(file: string): Snapshot | null {
    if (this.#named.has(file) || this.#isIgnored(file)) return null;
    // First the watch, then the look: what comes between the two is told.
    if (!this.#polls) this.#placement.place(file);
    const found = this.#found.get(file);
    this.#found.delete(file);
    const snapshot = found?.snapshot ?? snapshotOf(file);
    this.#named.set(file, { snapshot });
    return found === undefined ? snapshot : null;
  }

  #forget(file: string): void {
    const snapshot = this.#named.get(file)?.snapshot ?? null;
    this.#named.delete(file);
    this.#placement.remove(file);
    // A glob may want it still.
    if (snapshot !== null && this.#globs.some((glob) => glob.matches(file))) this.#found.set(file, { snapshot });
  }

  #entry(file: string): Entry | undefined {
    return this.#named.get(file) ?? this.#found.get(file);
  }

  #look(file: string, entry: Entry): boolean {
    const now = snapshotOf(file);
    if (isSame(entry.snapshot, now, this.#inodes)) return false;
    entry.snapshot = now;
    if (this.#echoes.isEcho(file)) return false;
    this.#burst.add(file);
    return true;
  }

  #lookAll(files: Iterable<string>): void {
    for (const file of files) {
      const entry = this.#entry(file);
      if (entry !== undefined) this.#look(file, entry);
    }
  }

  #ended(files: readonly string[]): void {
    for (const file of files) {
      if (this.#found.get(file)?.snapshot === null) this.#found.delete(file);
    }
    for (const folder of new Set(files.map((file) => dirname(file)))) this.#events.renew(folder);
    const echo = this.#echoes.note(files);
    if (echo !== null) {
      const sofar = echo.leftOut
        ? "its changes are left out while its content stays the same"
        : "it has something new in it each time";
      const message = `${echo.file} changes at every restart, and ${sofar}. If the application writes it, name it in --reload-ignore`;
      this.#options.say("warn", message);
    }
    this.#options.onChange(files);
  }

  #heard(folder: string, name: string | null, kind: "names" | "content"): void {
    // A checkout that is under way makes and removes files that nobody watches, between two that are watched.
    if (kind === "names" && this.#burst.isOpen) this.#burst.prolong();
    for (const path of this.#placement.at(folder, name)) this.#lookOrSearch(path);
    if (!this.#placement.isWhole(folder)) return;
    if (name === null) {
      this.#searchBelow(folder);
      return;
    }
    const path = join(folder, name);
    const entry = this.#entry(path);
    if (entry !== undefined) this.#look(path, entry);
    else if (kind === "names") this.#appeared(path);
  }

  /** A path that was placed: a file, or the base of a glob. */
  #lookOrSearch(path: string): void {
    this.#placement.place(path);
    const entry = this.#entry(path);
    if (entry !== undefined) this.#look(path, entry);
    for (const glob of this.#globs) {
      if (glob.base === path && !this.#placement.isWhole(path)) this.#search(glob, path, "new");
    }
  }

  /** Something in a folder of a glob that was not there, or of no interest. */
  #appeared(path: string): void {
    const kind = kindOf(path);
    if (kind === null || this.#isIgnored(path)) return;
    if (kind === "folder") {
      if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) this.#searchBelow(path);
      return;
    }
    if (this.#globs.some((glob) => glob.matches(path))) this.#foundFile(path, "new");
  }

  #searchBelow(folder: string): void {
    for (const glob of this.#globs) {
      const isBelow = folder === glob.base || (folder.startsWith(join(glob.base, "/")) && glob.enters(folder));
      if (isBelow && !this.#isIgnored(folder)) this.#search(glob, folder, "new");
    }
  }

  #search(glob: Glob, from: string, novelty: "known" | "new"): void {
    this.#searching = this.#searching.then(async () => {
      if (!this.#isClosed) await this.#walk(glob, from, { novelty, pieces: new Pieces() });
    });
  }

  #walk(glob: Glob, from: string, how: { novelty: "known" | "new"; pieces: Pieces }): Promise<void> {
    return walk({
      glob,
      from,
      isIgnored: this.#isIgnored,
      pieces: how.pieces,
      isClosed: () => this.#isClosed,
      onFolder: (folder) => {
        if (!this.#polls) this.#placement.placeWhole(folder);
      },
      onFile: (file) => this.#foundFile(file, how.novelty),
    });
  }

  #foundFile(file: string, novelty: "known" | "new"): void {
    const entry = this.#entry(file);
    if (entry !== undefined) {
      this.#look(file, entry);
      return;
    }
    this.#found.set(file, { snapshot: snapshotOf(file) });
    if (novelty === "new") this.#burst.add(file);
  }

  #lost(folder: string): void {
    const wasWhole = this.#placement.removeWhole(folder);
    for (const path of this.#placement.at(folder, null)) this.#lookOrSearch(path);
    if (!wasWhole) return;
    for (const [file, entry] of this.#found) {
      if (file.startsWith(join(folder, "/"))) this.#look(file, entry);
    }
    // It may have been made again already.
    if (kindOf(folder) === "folder") this.#searchBelow(folder);
  }

  #exhausted(code: string): void {
    if (this.#isClosed) return;
    const limit =
      code === "ENOSPC"
        ? "; fs.inotify.max_user_watches can be raised"
        : code === "EMFILE"
          ? "; fs.inotify.max_user_instances, or the limit of open files, can be raised"
          : "";
    this.#options.say(
      "warn",
      `the system gives no more file watches (${code}): files are looked at every ${POLL_MS} ms instead${limit}`,
    );
    this.#poll();
  }

  #poll(): void {
    if (this.#polls) return;
    // Two, so that a tree that takes long does not make the few files wait that are named.
    const share = 1 / (this.#globs.length === 0 ? 1 : 2);
    const named = async (pieces: Pieces): Promise<void> => await this.#lookInPieces(this.#named, pieces);
    const found = async (pieces: Pieces): Promise<void> => {
      await this.#lookInPieces(this.#found, pieces);
      for (const glob of this.#globs) await this.#walk(glob, glob.base, { novelty: "new", pieces });
    };
    this.#pollings = (share === 1 ? [named] : [named, found]).map(
      (look) =>
        new Polling(async () => {
          // The first search decides what is new.
          await this.#searching;
          const pieces = new Pieces();
          await look(pieces);
          return pieces.worked / share;
        }),
    );
  }

  async #lookInPieces(entries: ReadonlyMap<string, Entry>, pieces: Pieces): Promise<void> {
    for (const [file, entry] of entries) {
      const pause = pieces.pause();
      if (pause !== undefined) await pause;
      if (this.#isClosed) return;
      this.#look(file, entry);
    }
  }
}
