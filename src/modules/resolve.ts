// Which file a name stands for: a path with or without its ending, a folder, a package of a node_modules folder.
// Knows files and package.json. Loads nothing, and does not know what is in the file.

import { existsSync, statSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { pathCandidates } from "./candidates.ts";
import { noteMissing } from "./noted.ts";
import { read, readText } from "./stack.ts";

/** The order in which endings are tried: what a person edits comes before what a compiler may have put beside it. */
export const ENDINGS: readonly string[] = [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"];

/** The conditions under which a package's `exports` are read: those of an import on Node, which is what follows. */
const CONDITIONS = new Set(["node", "node-addons", "import", "module-sync", "default"]);

export interface Resolution {
  readonly file: string | null;
  /** For a person, when there is no file: each place that was looked at, in order. */
  readonly tried: readonly string[];
  /** A path that exists as far as it could be seen, and that this process may not look into; else null. */
  readonly denied: string | null;
}

interface Search {
  readonly tried: string[];
  denied: string | null;
}

/**
 * A name is a path under `cwd` first; one that does not begin with a dot or a slash may also be a package.
 *
 * Path: with one of ENDINGS, that file; else the name followed by each of ENDINGS; else a folder: `exports`, then `main`
 * of its package.json, then `index` with each of ENDINGS. Package (`name`, `@scope/name`, `name/sub`): in the nearest
 * node_modules folder at or above `cwd` that has it, through its `exports` when there are any, else like a path.
 */
export function resolveModule(name: string, cwd: string): Resolution {
  const search: Search = { tried: [], denied: null };
  const isPackage = !/^(?:\.|[\\/]|[A-Za-z]:[\\/])/.test(name);
  const path = resolve(cwd, name);
  const file = resolvePath(path, search) ?? (isPackage ? resolvePackage(name, cwd, search) : null);
  if (file === null) noteMissing(pathCandidates(path));
  return { file, tried: search.tried, denied: search.denied };
}

function resolvePath(path: string, search: Search): string | null {
  return resolveFile(path, search) ?? (kindOf(path, search) === "folder" ? resolveFolder(path, search) : null);
}

function resolveFile(path: string, search: Search): string | null {
  if (ENDINGS.includes(extname(path))) {
    search.tried.push(path);
    return kindOf(path, search) === "file" ? path : null;
  }
  search.tried.push(`${path} followed by ${ENDINGS.join(" ")}`);
  for (const ending of ENDINGS) {
    if (kindOf(`${path}${ending}`, search) === "file") return `${path}${ending}`;
  }
  return null;
}

function resolveFolder(folder: string, search: Search): string | null {
  const manifest = readManifest(folder, search);
  const exported = exportedPath(read(manifest, "exports"), ".");
  const main = read(manifest, "main");
  for (const entry of [exported, main]) {
    if (typeof entry !== "string" || entry === "") continue;
    const path = resolve(folder, entry);
    const file = resolveFile(path, search) ?? (path === folder ? null : resolveFile(join(path, "index"), search));
    if (file !== null) return file;
  }
  return resolveFile(join(folder, "index"), search);
}

function resolvePackage(name: string, cwd: string, search: Search): string | null {
  const match = /^((?:@[^/@]+\/)?[^/@][^/]*)(?:\/(.+))?$/.exec(name);
  if (match === null) return null;
  search.tried.push(`a package ${match[1]} in node_modules of ${cwd} and the folders above it`);
  for (let folder = cwd; ; folder = dirname(folder)) {
    const root = join(folder, "node_modules", match[1]!);
    if (kindOf(root, search) === "folder") {
      const exports = read(readManifest(root, search), "exports");
      if (match[2] === undefined) return resolveFolder(root, search);
      if (exports === undefined || exports === null) return resolvePath(join(root, match[2]), search);
      const target = exportedPath(exports, `./${match[2]}`);
      if (target === null) search.tried.push(`"./${match[2]}" in the exports of ${join(root, "package.json")}`);
      return target === null ? null : resolvePath(resolve(root, target), search);
    }
    if (dirname(folder) === folder) return null;
  }
}

function readManifest(folder: string, search: Search): unknown {
  const file = join(folder, "package.json");
  if (kindOf(file, search) !== "file") return null;
  try {
    return JSON.parse(readText(file) ?? "null");
  } catch {
    search.tried.push(`${file}, which is not valid JSON`);
    return null;
  }
}

/** A small part of Node's PACKAGE_EXPORTS_RESOLVE: paths, conditions, lists and one `*`, which is what packages use. */
function exportedPath(exports: unknown, subpath: string): string | null {
  const hasPaths =
    typeof exports === "object" && exports !== null && Object.keys(exports).some((key) => key.startsWith("."));
  if (!hasPaths) return subpath === "." ? underConditions(exports, "") : null;
  const paths = exports as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(paths, subpath)) return underConditions(paths[subpath], "");
  for (const [pattern, target] of Object.entries(paths)) {
    const [before = "", after] = pattern.split("*");
    if (after === undefined || !subpath.startsWith(before) || !subpath.endsWith(after)) continue;
    const found = underConditions(target, subpath.slice(before.length, subpath.length - after.length));
    if (found !== null) return found;
  }
  return null;
}

function underConditions(target: unknown, star: string): string | null {
  // A target outside of the package is none (Node refuses it as well).
  if (typeof target === "string") return target.startsWith("./") ? target.replaceAll("*", star) : null;
  if (typeof target !== "object" || target === null) return null;
  const branches = Array.isArray(target)
    ? target
    : Object.entries(target).flatMap(([condition, branch]) => (CONDITIONS.has(condition) ? [branch] : []));
  for (const branch of branches) {
    const found = underConditions(branch, star);
    if (found !== null) return found;
  }
  // A package that offers only CommonJS says so with this condition alone.
  return Array.isArray(target) ? null : underConditions(read(target, "require"), star);
}

function kindOf(path: string, search: Search): "file" | "folder" | null {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? null : stat.isDirectory() ? "folder" : stat.isFile() ? "file" : null;
  } catch (error) {
    if (read(error, "code") === "EACCES") search.denied ??= path;
    return null;
  }
}

/** The file of this name in a folder, or in the nearest one above that has it. */
export function nearestAbove(name: string, folder: string): string | null {
  const file = join(folder, name);
  if (existsSync(file)) return file;
  return dirname(folder) === folder ? null : nearestAbove(name, dirname(folder));
}
