// Which files a person means by a path or a glob, and which folders have to be entered to find them.
// Knows picomatch and the names that editors give to files of a moment. Reads no folder.

import { basename, join, relative } from "node:path";
import picomatch from "picomatch";
import { kindOf } from "./snapshot.ts";

export interface Glob {
  /** The folder where the search begins: what stands before the first special sign. */
  readonly base: string;
  readonly matches: (path: string) => boolean;
  /** Whether a folder below the base can hold a file that matches. */
  readonly enters: (folder: string) => boolean;
}

// Swap and backup files of vim, emacs and JetBrains: they come and go with every save.
const OF_A_MOMENT = /~$|^4913$|\.sw[a-px]$|^\.?#|___jb_(?:tmp|old)___$/;

const isGlob = (text: string): boolean => picomatch.scan(text).isGlob;

/** @param text Absolute. A path of a folder stands for all files below it. */
export function compileGlob(text: string): Glob {
  const { folder, rest } = split(text);
  const pattern = rest === "" ? "**" : isGlob(rest) ? rest : `${rest}/**`;
  const scanned = picomatch.scan(pattern);
  const base = join(folder, scanned.base);
  const matchesBelow = picomatch(pattern);
  const special = pattern.slice(scanned.base.length);
  const depth = /\*\*|[{(][^)}]*\//.test(special)
    ? Number.POSITIVE_INFINITY
    : special.replace(/^\//, "").split("/").length;
  const namesPackages = special.includes("node_modules");
  const namesDots = /(?:^|[/{,(])\.[^./]/.test(special);
  return {
    base,
    matches: (path) =>
      !OF_A_MOMENT.test(basename(path)) && isBelow(path, folder) && matchesBelow(relative(folder, path)),
    enters: (path) => {
      const name = basename(path);
      if (name === "node_modules" && !namesPackages) return false;
      if (name.startsWith(".") && !namesDots) return false;
      return relative(base, path).split("/").length < depth;
    },
  };
}

// What is there under exactly this name is meant by it: `(group)` and `[id]` are signs of a glob, and names of folders.
function split(text: string): { readonly folder: string; readonly rest: string } {
  const names = text.split("/");
  let count = names.length;
  while (count > 1 && kindOf(names.slice(0, count).join("/")) !== "folder") count -= 1;
  return { folder: names.slice(0, count).join("/") || "/", rest: names.slice(count).join("/") };
}

/** The globs and the plain paths of a list; a path of a folder is a glob, one of a file never is. */
export function sorted(texts: readonly string[]): {
  readonly globs: readonly Glob[];
  readonly files: readonly string[];
} {
  const globs: Glob[] = [];
  const files: string[] = [];
  for (const text of texts) {
    const kind = kindOf(text);
    if (kind === "folder" || (kind === null && isGlob(split(text).rest))) globs.push(compileGlob(text));
    else files.push(text);
  }
  return { globs, files };
}

/** @param texts Absolute. A path, and a glob that matches a folder, stand for all that is below it too. */
export function compileIgnore(texts: readonly string[]): (path: string) => boolean {
  if (texts.length === 0) return () => false;
  const tests = texts.map((text) => {
    const { folder, rest } = split(text);
    if (rest === "") return (path: string) => isBelow(path, folder);
    if (!isGlob(rest)) return (path: string) => isBelow(path, text);
    const matches = picomatch([rest, `${rest}/**`], { dot: true });
    return (path: string) => isBelow(path, folder) && matches(relative(folder, path));
  });
  return (path) => tests.some((test) => test(path));
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(join(folder, "/"));
