// With --reload: which files matter at this moment, and what is made of their changes. Files are those that the workers of the newest
// generation have loaded, with what the configuration comes from. Holds the watcher; starts no worker, and decides nothing about any.

import { dirname, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Settings } from "../config/options.ts";
import type { Command, HandingReport, Report } from "../ipc/messages.ts";
import { ENDINGS, nearestAbove, resolveModule } from "../modules/resolve.ts";
import { moduleOf } from "../modules/target.ts";
import { Watcher, type WatchOptions } from "../watch/watcher.ts";
import type { Fact } from "./facts.ts";

export interface WatchingParts {
  readonly settings: Settings;
  /** What the settings were read from the last time: absolute, there or not. */
  readonly sources: () => readonly string[];
  readonly enqueue: (fact: Fact) => void;
  readonly send: (worker: number, command: Command) => void;
  readonly say: WatchOptions["say"];
}

/** What another watcher is needed for. */
const WATCHED_BY = ["reloadEngine", "reloadExtra", "reloadIgnore"] as const;

/** A worker that has been told to boot. */
interface Booted {
  readonly generation: number;
  /** It has code of the application; not when it only shows why that does not load. */
  readonly loads: boolean;
  /** On the clock of file times. */
  readonly at: number;
}

export class Watching {
  readonly #parts: WatchingParts;
  readonly #workers = new Map<number, Booted>();
  /** By generation: what its workers have loaded, or looked for. */
  readonly #files = new Map<number, Set<string>>();
  /** Workers that are on their way out by themselves: nothing newer will answer the requests that they still have. */
  readonly #unasked = new Set<number>();
  /** Questions whose answer is the worker's end. */
  readonly #open: { readonly id: number; readonly ticket: number }[] = [];
  /** What is older than this has been seen: on the clock of file times. */
  #since = Date.now();
  #isDirty = false;
  #watcher: Watcher;
  #settings: Settings;
  #closed = false;

  constructor(parts: WatchingParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#watcher = this.#watch();
  }

  /** A worker is told to boot: what it loads is from after this moment. */
  booting(id: number, { generation, loads }: Pick<Booted, "generation" | "loads">): void {
    this.#workers.set(id, { generation, loads, at: Date.now() });
  }

  /** Hears what a worker reports. True when it was for nobody else. */
  heard(id: number, report: Report | HandingReport): boolean {
    switch (report.tsgi) {
      case "files":
        this.#loaded(id, [...report.loaded, ...report.missing]);
        return true;
      case "ask-fresh":
        this.#asked(id, report.ticket);
        return true;
      case "ready":
        this.#ready(id);
        return false;
      default:
        return false;
    }
  }

  /** A worker is told to leave. What it has asked is answered by that, when its connections come back. */
  leaving(id: number, { handBack }: { readonly handBack: boolean }): void {
    if (handBack) this.#workers.delete(id);
    else this.#unasked.add(id);
    this.#answer((one) => one.id === id, handBack);
  }

  gone(id: number): void {
    this.#workers.delete(id);
    this.#unasked.delete(id);
    this.#answer((one) => one.id === id, true);
  }

  /** The configuration was read again. */
  adopt(settings: Settings): void {
    if (this.#closed) return;
    const before = this.#settings;
    this.#settings = settings;
    if (WATCHED_BY.every((key) => isDeepStrictEqual(before[key], settings[key]))) {
      this.#watcher.add(this.#fixed(), this.#since);
      return;
    }
    this.#watcher.close();
    this.#watcher = this.#watch();
    // The old one owed the end of what it had begun.
    if (this.#isDirty) this.#changed([]);
  }

  /** Nothing is watched any more, and whatever is loaded counts as fresh. */
  close(): void {
    this.#closed = true;
    this.#watcher.close();
    this.#answer(() => true, false);
  }

  #watch(): Watcher {
    const { reloadEngine, reloadExtra, reloadIgnore } = this.#settings;
    const watcher = new Watcher({
      ...{ engine: reloadEngine, ignore: reloadIgnore, extra: reloadExtra, say: this.#parts.say },
      onDirty: () => {
        this.#isDirty = true;
        this.#parts.enqueue({ fact: "dirty" });
      },
      onChange: (files) => this.#changed(files),
    });
    watcher.add([...this.#fixed(), ...[...this.#files.values()].flatMap((files) => [...files])], this.#since);
    return watcher;
  }

  #changed(files: readonly string[]): void {
    this.#isDirty = false;
    this.#since = Date.now();
    const sources = new Set(this.#sources());
    this.#parts.enqueue({ fact: "changed", files, configuration: files.some((file) => sources.has(file)) });
  }

  /** What is watched whatever the workers report: one may die before it can. */
  #fixed(): readonly string[] {
    return [...this.#sources(), ...applicationFiles(this.#settings)];
  }

  /** What the settings come from, and what a spare has read already. */
  #sources(): readonly string[] {
    return [...this.#parts.sources(), ...projectFiles(this.#settings)];
  }

  #loaded(id: number, files: readonly string[]): void {
    const worker = this.#workers.get(id);
    if (worker === undefined || this.#closed) return;
    const known = this.#files.get(worker.generation) ?? new Set();
    this.#files.set(worker.generation, known);
    for (const file of files) known.add(file);
    this.#watcher.add(files, worker.at);
  }

  /** Until new code serves, what the old one was made of counts too: its repair may be to take something back. */
  #ready(id: number): void {
    const worker = this.#workers.get(id);
    if (worker === undefined || !worker.loads || this.#closed) return;
    const older = [...this.#files.keys()].filter((generation) => generation < worker.generation);
    if (older.length === 0) return;
    for (const generation of older) this.#files.delete(generation);
    this.#watcher.keep([...this.#fixed(), ...(this.#files.get(worker.generation) ?? [])]);
  }

  #asked(id: number, ticket: number): void {
    const { send, enqueue } = this.#parts;
    if (this.#closed || this.#unasked.has(id)) send(id, { tsgi: "fresh", ticket });
    // Its connections are on their way back already.
    else if (!this.#workers.has(id)) return;
    else if (this.#watcher.isFresh()) send(id, { tsgi: "fresh", ticket });
    else {
      this.#open.push({ id, ticket });
      enqueue({ fact: "dirty" });
    }
  }

  /** Answers the questions that are open, or forgets them. */
  #answer(matches: (one: { readonly id: number }) => boolean, forget: boolean): void {
    const answered = this.#open.filter(matches);
    const rest = this.#open.filter((one) => !matches(one));
    this.#open.splice(0, this.#open.length, ...rest);
    if (forget) return;
    for (const { id, ticket } of answered) this.#parts.send(id, { tsgi: "fresh", ticket });
  }
}

/** The application's own file; while it is missing, the places where it could be. */
function applicationFiles({ app, chdir }: Settings): readonly string[] {
  const name = moduleOf(app) ?? resolve(chdir, app);
  const { file } = resolveModule(name, chdir);
  if (file !== null) return [file];
  const path = resolve(chdir, name);
  return [path, ...ENDINGS.map((ending) => `${path}${ending}`)];
}

/** How TypeScript is read, and whether a file is an ES module: in the folder of the application, and the nearest ones above. */
function projectFiles(settings: Settings): readonly string[] {
  const folder = dirname(applicationFiles(settings)[0]!);
  return ["tsconfig.json", "package.json"].flatMap((name) => {
    const nearest = nearestAbove(name, folder);
    return nearest === null ? [resolve(folder, name)] : [...new Set([resolve(folder, name), nearest])];
  });
}
