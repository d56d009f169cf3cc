// `tsgi init`: writes a new project into a folder, all of it or nothing. Decides what stands in the way; never replaces a file, and asks
// nobody over the network.

import fs from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { didYouMean } from "../config/suggest.ts";
import { TsgiError } from "../errors.ts";
import { isTemplate, type Manifest, projectFiles, projectName, TEMPLATE_NAMES, type TemplateName } from "./project.ts";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));

export interface InitInput {
  /** What was said beside the flags: the folder. */
  readonly words: readonly string[];
  /** Default `tsgi`. */
  readonly template: string | undefined;
  readonly cwd: string;
}

/**
 * @returns 0. What was written, and what to do next, is on standard output.
 * @throws TsgiError `usage`, or `init` when nothing was written.
 */
export function init({ words, template = "tsgi", cwd }: InitInput): number {
  if (words.length > 1) throw new TsgiError("usage", "one folder is enough; see tsgi init --help");
  if (!isTemplate(template)) throw unknownTemplate(template);
  const folder = resolve(cwd, words[0] ?? ".");
  const name = projectName(basename(folder), template);
  const texts = new Map([...textsIn("common"), ...textsIn(template)]);
  const manifest = JSON.parse(fs.readFileSync(join(PACKAGE, "package.json"), "utf8")) as Manifest;
  const files = projectFiles({ template, name, texts, manifest });

  const below = relative(cwd, folder);
  const shown = below.startsWith("..") ? folder : below || ".";
  refuseWhatIsThere(folder, shown, files);
  write(folder, shown, files);
  process.stdout.write(farewell({ shown, name, template, count: files.size, around: packageAround(folder) }));
  return 0;
}

function unknownTemplate(name: string): TsgiError {
  const hint = didYouMean(name, TEMPLATE_NAMES) || `: expected ${TEMPLATE_NAMES.join(", ")}`;
  return new TsgiError("usage", `--template: there is no template ${JSON.stringify(name)}${hint}`);
}

function textsIn(template: string): ReadonlyMap<string, string> {
  const root = join(PACKAGE, "templates", template);
  const entries = fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((path) => [relative(root, path).replaceAll("\\", "/"), fs.readFileSync(path, "utf8")]));
}

/** @throws TsgiError `init` that names all that is in the way, before anything is written. */
function refuseWhatIsThere(folder: string, shown: string, files: ReadonlyMap<string, string>): void {
  if (look(folder) === undefined) return;
  if (!isFolder(folder)) {
    throw new TsgiError("init", `${shown} is there, and no folder; nothing was written`);
  }
  const paths = [...files.keys()];
  const folders = [...new Set(paths.map(dirname))].filter((path) => path !== ".");
  const taken = [
    ...paths.filter((path) => look(join(folder, path)) !== undefined),
    ...folders.filter((path) => look(join(folder, path)) !== undefined && !isFolder(join(folder, path))),
  ];
  if (taken.length > 0) throw inTheWay(shown, taken);
}

function inTheWay(shown: string, taken: readonly string[]): TsgiError {
  const where = shown === "." ? "here" : `in ${shown}`;
  const hint = taken.includes("package.json") ? " This is a package already: npm install tsgi adds tsgi to it." : "";
  return new TsgiError(
    "init",
    `${where} is already ${taken.toSorted().join(", ")}: init replaces no file, and has written none.${hint}`,
  );
}

/** A link that leads nowhere is there too. */
function look(path: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // A part of the path is a file, which mkdir will say better.
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw failed(path, error);
  }
}

/** Also by a link. */
function isFolder(path: string): boolean {
  try {
    return fs.statSync(path).isDirectory();
  } catch {
    return false;
  }
}

interface Made {
  readonly path: string;
  readonly undo: (path: string) => void;
}

/** All or nothing: what was made is taken away again when one of them fails. */
function write(folder: string, shown: string, files: ReadonlyMap<string, string>): void {
  const made: Made[] = [];
  const makeFolder = (path: string): void => {
    if (look(path) !== undefined) return;
    makeFolder(dirname(path));
    fs.mkdirSync(path);
    // rmdir takes an empty one only: what somebody else put there meanwhile stays.
    made.push({ path, undo: fs.rmdirSync });
  };
  try {
    makeFolder(folder);
    for (const [path, text] of files) {
      const whole = join(folder, path);
      makeFolder(dirname(whole));
      // "wx" fails where there is a file, also one that came after the look.
      const handle = fs.openSync(whole, "wx");
      made.push({ path: whole, undo: fs.unlinkSync });
      try {
        fs.writeFileSync(handle, text);
      } finally {
        fs.closeSync(handle);
      }
    }
  } catch (error) {
    throw failed(shown, error, takeBack(made));
  }
}

/** @returns What could not be taken away. */
function takeBack(made: readonly Made[]): readonly string[] {
  return made.toReversed().flatMap(({ path, undo }) => {
    try {
      undo(path);
      return [];
    } catch {
      return [path];
    }
  });
}

function failed(shown: string, error: unknown, left: readonly string[] = []): unknown {
  const { code, message, path } = error as NodeJS.ErrnoException;
  if (error instanceof TsgiError || code === undefined) return error;
  const why = WHY[code] ?? message;
  const where = code === "ENOSPC" || path === undefined ? shown : path;
  const rest = left.length === 0 ? "nothing was written" : `what was written could not be removed: ${left.join(", ")}`;
  return new TsgiError("init", `${where}: ${why}; ${rest}`, { cause: error });
}

const WHY: Readonly<Record<string, string>> = {
  EACCES: "this folder may not be written",
  EPERM: "this folder may not be written",
  EROFS: "this file system may only be read",
  ENOTDIR: "a part of this path is a file and no folder",
  EEXIST: "this is there already",
  ENOENT: "no folder can be made here",
  ENAMETOOLONG: "this name is too long",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota of the disk is used up",
};

/** The package.json that is nearest above the folder. */
function packageAround(folder: string): string | undefined {
  for (let at = dirname(folder); ; at = dirname(at)) {
    const path = join(at, "package.json");
    if (fs.existsSync(path)) return path;
    if (at === dirname(at)) return undefined;
  }
}

interface Farewell {
  readonly shown: string;
  readonly name: string;
  readonly template: TemplateName;
  readonly count: number;
  readonly around: string | undefined;
}

function farewell({ shown, name, template, count, around }: Farewell): string {
  // cd takes a dash for an option.
  const path = shown.startsWith("-") ? `./${shown}` : shown;
  const quoted = /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
  const notes =
    around === undefined
      ? []
      : [`${around} is a package around it; if its "workspaces" are used, add this folder there.`, ""];
  const steps = [...(shown === "." ? [] : [`cd ${quoted}`]), "npm install", "npm run dev"];
  const where = shown === "." ? "this folder" : shown;
  return [
    `${name}: ${count} files in ${where}, from the template ${template}.`,
    "",
    ...notes,
    "Next:",
    "",
    ...steps.map((step) => `  ${step}`),
    "",
  ].join("\n");
}
