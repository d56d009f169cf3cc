// Which files a person means by a path or a glob, and which folders have to be entered to find them.
// Knows picomatch and the names that editors give to files of a moment. Reads no folder.

import { statSync } from "node:fs";
import { basename, join } from "node:path";
import picomatch from "picomatch";

export interface Glob {
  /** The folder where the search begins: what stands before the first special sign. */
  readonly base: string;
  readonly matches: (path: string) => boolean;
  /** Whether a folder below the base can hold a file that matches. */
  readonly enters: (folder: string) => boolean;
}

// Swap and backup files of vim, emacs and JetBrains: they come and go with every save.
const OF_A_MOMENT = /~$|^4913$|\.sw[a-px]$|^\.?#|___jb_(?:tmp|old)___$/;

export const isGlob = (text: string): boolean => picomatch.scan(text).isGlob;

/** @param text Absolute. A path of a folder stands for all files below it. */
export function compileGlob(text: string): Glob {
  const pattern = isGlob(text) ? text : join(text, "**");
  const { base } = picomatch.scan(pattern);
  const matchesText = picomatch(pattern);
  const below = pattern.slice(base.length);
  const depth = /\*\*|[{(][^)}]*\//.test(below) ? Number.POSITIVE_INFINITY : below.split("/").length - 1;
  const namesPackages = below.includes("node_modules");
  const namesDots = /(?:^|[/{,(])\.[^./]/.test(below);
  return {
    base,
    matches: (path) => !OF_A_MOMENT.test(basename(path)) && matchesText(path),
    enters: (folder) => {
      const name = basename(folder);
      if (name === "node_modules" && !namesPackages) return false;
      if (name.startsWith(".") && !namesDots) return false;
      return folder.slice(base.length).split("/").length - 1 < depth;
    },
  };
}

/** The globs and the plain paths of a list; a path of a folder is a glob. */
export function sorted(texts: readonly string[]): {
  readonly globs: readonly Glob[];
  readonly files: readonly string[];
} {
  const isMany = (text: string): boolean =>
    isGlob(text) || statSync(text, { throwIfNoEntry: false })?.isDirectory() === true;
  return {
    globs: texts.filter(isMany).map(compileGlob),
    files: texts.filter((text) => !isMany(text)),
  };
}

/** @param texts Absolute. A path, and a glob that matches a folder, stand for all that is below it too. */
export function compileIgnore(texts: readonly string[]): (path: string) => boolean {
  if (texts.length === 0) return () => false;
  return picomatch(
    texts.flatMap((text) => [text, join(text, "**")]),
    { dot: true },
  );
}
