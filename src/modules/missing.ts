// Which import led to no module, where it is written, and what was probably meant.
// Knows the messages of Node's two loaders. Does not know which module was asked for first.

import { existsSync, readdirSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { nearest } from "./nearest.ts";
import {
  type Place,
  placeOf,
  placeOfOffset,
  read,
  readText,
  showPlace,
  showThrown,
  stackFrames,
  toPath,
} from "./stack.ts";

interface MissingImport {
  /** As it stands in the importing file, when it can be found there. */
  readonly specifier: string;
  readonly importer: string | null;
  readonly place: Place | null;
}

/** The codes of Node's errors that mean: this name leads to no module. */
export const NOT_FOUND_CODES: ReadonlySet<string> = new Set([
  "ERR_MODULE_NOT_FOUND",
  "MODULE_NOT_FOUND",
  "ERR_UNSUPPORTED_DIR_IMPORT",
  "ERR_PACKAGE_PATH_NOT_EXPORTED",
  "ERR_PACKAGE_IMPORT_NOT_DEFINED",
  "ERR_UNKNOWN_BUILTIN_MODULE",
  "ERR_INVALID_MODULE_SPECIFIER",
]);

export interface ExplainedMissing {
  /** Those of a message: which name, in which file and line, what to try. */
  readonly parts: readonly string[];
  /** Where the import is written, as far as it is known. */
  readonly place: Place | null;
  readonly hint: string | null;
}

export function explainMissing(thrown: unknown): ExplainedMissing {
  const message = String(read(thrown, "message") ?? "");
  const missing = missingImport(thrown, message);
  if (missing === null) {
    return { parts: ["a module that it imports was not found", showThrown(thrown)], place: null, hint: null };
  }
  const { specifier, importer, place } = missing;
  const from = importer === null ? "" : ` from ${importer}`;
  const parts = [`"${specifier}", imported${from}, was not found`];
  if (place !== null) parts.push(showPlace(place));
  let hint: string | null = null;
  try {
    hint = hintFor(missing, String(read(thrown, "code")), message);
    if (hint !== null) parts.push(hint);
  } catch {
    // A folder that may not be read: a hint is not worth the message.
  }
  return { parts, place, hint };
}

function missingImport(thrown: unknown, message: string): MissingImport | null {
  const [, named, from] =
    /^(?:Cannot find (?:module|package)|Directory import|Package import specifier) ['"](.+?)['"][\s\S]*? imported from (.+?)(?:\n|$)/.exec(
      message,
    ) ?? [];
  const subpath =
    /^Package subpath '\.?(.*?)' is not defined by "exports" in (.+?)[\\/]package\.json(?: imported from (.+))?$/.exec(
      message,
    );
  const required = /^Cannot find module '(.+?)'/.exec(message)?.[1];
  const stack = read(thrown, "requireStack");
  const requirer = Array.isArray(stack) && typeof stack[0] === "string" ? stack[0] : undefined;
  const found =
    subpath === null
      ? (named ?? required ?? /^No such built-in module: (.+)/.exec(message)?.[1])
      : `${packageOf(subpath[2]!)}${subpath[1]}`;
  if (found === undefined) return null;
  const by = from ?? subpath?.[3] ?? requirer;
  const importer = by === undefined ? (placeOf(thrown)?.file ?? null) : toPath(by);
  const written = importer === null ? null : findSpecifier(importer, (text) => isSame(text, found, importer));
  if (written !== null) return { specifier: written.specifier, importer, place: written.place };
  // The specifier is not in the text: it was computed. The frame of a require() call is what is known then.
  return { specifier: found, importer, place: stackFrames(thrown).find(({ file }) => file === importer) ?? null };
}

// Node names the path that a specifier led to, or for a package that is not there only its name.
function isSame(specifier: string, found: string, importer: string): boolean {
  if (specifier === found || specifier.startsWith(`${found}/`)) return true;
  if (toPath(found).replaceAll("\\", "/").endsWith(`/node_modules/${specifier}`)) return true;
  if (specifier.startsWith("file:")) return toPath(specifier) === found;
  return /^\.{0,2}\//.test(specifier) && resolve(dirname(importer), specifier) === found;
}

/** The first import or require of a specifier in a file's text: good enough for a message, comments aside. */
function findSpecifier(
  file: string,
  isMeant: (specifier: string) => boolean,
): { specifier: string; place: Place } | null {
  const source = readText(file) ?? "";
  for (const match of source.matchAll(/\b(?:from|import|require|resolve)\s*\(?\s*(["'`])([^"'`\n]+)\1/g)) {
    const specifier = match[2]!;
    const place = placeOfOffset(file, source, match.index + match[0].length - specifier.length - 2);
    const before = source.split("\n")[place.line - 1]!.slice(0, place.column);
    if (isMeant(specifier) && !/\/\/|^\s*\*/.test(before)) return { specifier, place };
  }
  return null;
}

const packageOf = (folder: string): string =>
  toPath(folder)
    .split(/[\\/]node_modules[\\/]/)
    .at(-1)!;

function hintFor({ specifier, importer }: MissingImport, code: string, message: string): string | null {
  if (code === "ERR_PACKAGE_PATH_NOT_EXPORTED") {
    return "The package is there, but its package.json does not export that path.";
  }
  if (/^(?:\.{0,2}\/|file:)/.test(specifier)) return importer === null ? null : relativeHint(specifier, importer, code);
  if (specifier.startsWith("#")) return 'It is looked up under "imports" in the nearest package.json.';
  if (specifier.startsWith("node:")) {
    const near = nearest(specifier.slice(5), builtinModules);
    const question = near === null ? "" : ` Did you mean "node:${near}"?`;
    return `Node ${process.versions.node} has no such module of its own.${question}`;
  }
  const name = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(?=\/|$)/.exec(specifier)?.[0];
  if (name === undefined) {
    return 'If it is a path alias, it must stand under "paths" in the tsconfig.json nearest to the application.';
  }
  if (importer !== null && isInstalled(name, importer)) {
    return /valid "main" entry/.test(message) || name === specifier
      ? `The package ${name} is there, but the main file that its package.json names is not.`
      : `The package ${name} is there, but has no such file.`;
  }
  return `Try: npm install ${name}`;
}

function relativeHint(specifier: string, importer: string, code: string): string | null {
  const target = specifier.startsWith("file:") ? fileURLToPath(specifier) : resolve(dirname(importer), specifier);
  const isRequired = code === "MODULE_NOT_FOUND";
  if (!isRequired && statSync(target, { throwIfNoEntry: false })?.isDirectory() === true) {
    return `${target} is a folder: an ES module must name the file in it.`;
  }
  const ending = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"].find((candidate) =>
    existsSync(`${target}${candidate}`),
  );
  if (ending !== undefined) {
    return `did you mean "${specifier}${ending}"?${isRequired ? "" : " An ES module must write the ending."}`;
  }
  const near = nearFile(target);
  if (near === null) return null;
  return `did you mean "${specifier.slice(0, specifier.lastIndexOf("/") + 1)}${basename(near)}"?`;
}

function isInstalled(name: string, importer: string): boolean {
  for (let folder = dirname(importer); ; folder = dirname(folder)) {
    if (existsSync(`${folder}/node_modules/${name}/package.json`)) return true;
    if (dirname(folder) === folder) return false;
  }
}

/** The path of a file or folder beside a path whose name is nearly the same; endings count if the path has one. */
export function nearFile(path: string): string | null {
  try {
    const names = readdirSync(dirname(path));
    const wanted = basename(path);
    const near = nearest(wanted, extname(path) === "" ? names.map(stem) : names);
    const name = names.find((entry) => entry === near || stem(entry) === near);
    return name === undefined ? null : join(dirname(path), name);
  } catch {
    return null;
  }
}

const stem = (name: string): string => basename(name, extname(name));
