// Which files would have satisfied an import that failed, in Node's way, in TypeScript's, and in that of a package manager.
// Knows names. Does not know the error.

import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ENDINGS: readonly string[] = [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".json"];

/** TypeScript names in an import what a compiler would write. */
const WRITTEN_FOR: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".jsx": [".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/** One entry of a tsconfig.json's `paths`; the targets are absolute and have at most one `*`. */
export interface Alias {
  readonly pattern: string;
  readonly targets: readonly string[];
}

export interface FailedImport {
  readonly specifier: string;
  /** The file that it stands in; null for none. */
  readonly importer: string | null;
  /** Where the loader looked at last, when it says so. */
  readonly lookedAt: string | null;
  readonly aliases: readonly Alias[];
}

/** @returns Absolute paths, without those of a package's own inner files: whoever installs it anew changes more than one. */
export function candidatesOf({ specifier, importer, lookedAt, aliases }: FailedImport): readonly string[] {
  const name = specifier.replace(/[?#](?!.*\/).*$/, "") || specifier;
  if (/^(?!file:)[a-z][a-z\d+.-]+:/i.test(name)) return [];
  const folder = importer === null ? process.cwd() : dirname(importer);
  const isInPackage = importer !== null && /[\\/]node_modules[\\/]/.test(importer);
  if (/^(?:file:|\.{0,2}(?:\/|$))/.test(name)) {
    return isInPackage ? [] : pathCandidates(name.startsWith("file:") ? fileURLToPath(name) : resolve(folder, name));
  }
  const paths = [...(lookedAt === null ? [] : [lookedAt]), ...aliased(name, aliases)];
  const local = paths
    .map(ownPlace)
    .filter((path) => !/[\\/]node_modules[\\/]/.test(path))
    .flatMap(pathCandidates);
  return name.startsWith("#") ? local : [...local, ...packageCandidates(name, folder)];
}

/** Without links, as far as it is there: a package of a workspace is written at its own place, not in node_modules. */
function ownPlace(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(ownPlace(dirname(path)), basename(path));
  }
}

/** A path as it stands; one without an ending of a module also with each, and as a folder. */
export function pathCandidates(path: string): readonly string[] {
  const ending = extname(path);
  const sources = (WRITTEN_FOR[ending] ?? []).map((source) => path.slice(0, -ending.length) + source);
  if (ENDINGS.includes(ending)) return [path, ...sources];
  const inFolder = [join(path, "package.json"), ...ENDINGS.map((end) => join(path, `index${end}`))];
  return [path, ...ENDINGS.map((end) => path + end), ...inFolder];
}

function aliased(name: string, aliases: readonly Alias[]): readonly string[] {
  return aliases.flatMap(({ pattern, targets }) => {
    const [before = "", after] = pattern.split("*");
    if (after === undefined) return name === pattern ? targets : [];
    if (!name.startsWith(before) || !name.endsWith(after) || name.length < before.length + after.length) return [];
    const star = name.slice(before.length, name.length - after.length);
    return targets.map((target) => target.replace("*", () => star));
  });
}

// A package is put beside a package.json above: that of the project, or that of the workspace which the project is part of. npm writes
// its list of what is installed last, when every file of the package is there.
function packageCandidates(name: string, from: string): readonly string[] {
  const asked = /^(?:@[^/]+\/)?[^/@]+/.exec(name)?.[0];
  if (asked === undefined) return [];
  const found: string[] = [];
  for (let folder = from; ; folder = dirname(folder)) {
    if (!/[\\/]node_modules(?:[\\/]|$)/.test(folder) && existsSync(join(folder, "package.json"))) {
      const packages = join(folder, "node_modules");
      found.push(join(packages, asked), join(packages, asked, "package.json"), join(packages, ".package-lock.json"));
    }
    if (dirname(folder) === folder) return found;
  }
}
