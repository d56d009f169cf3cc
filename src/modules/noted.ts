// Which files this process has loaded, and which it looked for and did not find: gathered, and told once each.
// Knows paths. Does not know how a module is loaded. While nobody has asked for it, all of this does nothing.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { isOwn } from "./stack.ts";

/** Absolute paths: none of a package in node_modules, none of tsgi's own. */
export interface Noted {
  readonly loaded: readonly string[];
  /** Each would have been taken had it been there. */
  readonly missing: readonly string[];
}

/** A burst of imports is told in one message. */
const BATCH_MS = 5;

const PACKAGES = /[\\/]node_modules[\\/]/;

/** Who reads what the loaders are given: not loaded itself where nobody listens. */
export interface LoaderWatch {
  /** The tsconfig.json that holds for what is loaded from now on. */
  readonly onTsconfig: (file: string) => void;
  /** Other hooks were registered, and run before all that were there. */
  readonly onHooks: () => void;
}

let loaderWatch: LoaderWatch | undefined;
let tsconfig: string | null = null;
let listener: ((noted: Noted) => void) | undefined;
let timer: NodeJS.Timeout | undefined;
let loaded: string[] = [];
let missing: string[] = [];
const known = new Set<string>();
const manifests = new Map<string, string | null>();

/** Tells from now on; a listener before this one is told nothing more, and what it was told is not told again. */
export function listen(heard: (noted: Noted) => void): void {
  listener = heard;
}

export function watchLoaders(watch: LoaderWatch): void {
  loaderWatch = watch;
  if (tsconfig !== null) watch.onTsconfig(tsconfig);
}

export function noteTsconfig(file: string | null): void {
  tsconfig = file;
  if (file !== null) loaderWatch?.onTsconfig(file);
}

export function noteHooks(): void {
  loaderWatch?.onHooks();
}

/** Also the package.json that each file is under: it decides how the file loads. */
export function noteLoaded(files: Iterable<string>): void {
  if (listener === undefined) return;
  for (const file of files) {
    if (known.has(file) || PACKAGES.test(file) || isOwn(file)) continue;
    known.add(file);
    loaded.push(file);
    const manifest = manifestOf(dirname(file));
    if (manifest !== null && !known.has(manifest)) {
      known.add(manifest);
      loaded.push(manifest);
    }
    wake();
  }
}

export function noteMissing(files: Iterable<string>): void {
  if (listener === undefined) return;
  for (const file of files) {
    if (known.has(file)) continue;
    known.add(file);
    missing.push(file);
    wake();
  }
}

/** Tells at once what has not been told. */
export function tell(): void {
  clearTimeout(timer);
  timer = undefined;
  if (listener === undefined || loaded.length + missing.length === 0) return;
  const noted = { loaded, missing };
  loaded = [];
  missing = [];
  listener(noted);
}

/** The nearest package.json at or above a folder. */
export function manifestOf(folder: string): string | null {
  const before = manifests.get(folder);
  if (before !== undefined) return before;
  const file = join(folder, "package.json");
  const above = dirname(folder);
  const found = existsSync(file) ? file : above === folder ? null : manifestOf(above);
  manifests.set(folder, found);
  return found;
}

function wake(): void {
  timer ??= setTimeout(tell, BATCH_MS).unref();
}
