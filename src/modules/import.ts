// Imports a file that a user wrote, in JavaScript or TypeScript, and says what is wrong with it when it does not load.
// Knows Node's loaders and tsx. Does not know which export is wanted, nor what for.

import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { TsgiError } from "../errors.ts";
import { importFailure, missingFile } from "./failure.ts";
import { ESM_QUERY, FRESH_QUERY, forgetRequired, markImports, putMarksOnTop } from "./hooks.ts";
import { noteLoaded, noteMissing } from "./noted.ts";
import { read } from "./stack.ts";
import { loadTsx, startTranslator, useTsx } from "./tsx.ts";

/** What tsx loads. JavaScript with JSX is no language of Node's either. */
const TSX_ENDINGS: ReadonlySet<string> = new Set([".ts", ".mts", ".cts", ".tsx", ".jsx"]);

export interface ImportOptions {
  /**
   * Run the module again with what is on disk now, and the local modules that it imports; packages are kept. An ES
   * module that a CommonJS one requires is kept too. Each time costs the memory of what was there before: Node
   * never lets go of an ES module.
   */
  readonly fresh?: boolean;
  /** What the person wrote, for messages; default the path. */
  readonly asked?: string;
}

let freshImports = 0;

/**
 * Only a file with a TypeScript ending (or .jsx) loads tsx, with the tsconfig.json nearest to that file. After a failure
 * only a fresh import tells the truth: Node lets a CommonJS module that did not parse pass the second time.
 *
 * @param path Absolute.
 * @returns The exports by name. CommonJS: `module.exports` as `default`, and the names that Node sees in it, unless it was
 *   compiled from an ES module: then what that exported.
 * @throws TsgiError `no-module`, `syntax-error` or `import-throws`, with file, line and code frame where there are.
 */
export async function importUserModule(path: string, options: ImportOptions = {}): Promise<Record<string, unknown>> {
  const asked = options.asked ?? path;
  try {
    assertReadable(path, asked);
  } catch (error) {
    noteMissing([path]);
    throw error;
  }
  // Node names the file behind a symbolic link in its errors, and looks for packages from there.
  const real = realpathSync(path);
  noteLoaded([path, real]);
  const ending = extname(real);
  await loadLoader(real);
  const url = pathToFileURL(real);
  if (options.fresh === true) {
    freshImports += 1;
    url.searchParams.set(FRESH_QUERY, String(freshImports));
    markImports();
    forgetRequired();
  }
  try {
    return unwrapped(ending === ".cts" ? requireFile(real) : await importUrl(url));
  } catch (thrown) {
    if (!needsEsm(thrown, real)) throw await importFailure({ thrown, path: real, asked });
  }
  // tsx takes a .ts file in a package without "type" for CommonJS; Node takes top-level await for a sign of an ES
  // module. Nothing has run yet: the file was refused while it was transformed.
  url.searchParams.set(ESM_QUERY, "");
  markImports();
  try {
    return await importUrl(url);
  } catch (thrown) {
    throw await importFailure({ thrown, path: real, asked });
  }
}

/** Gets ready all that an import of this file needs, so that it need not wait for that later; reads nothing of the file. */
export async function prepareImport(path: string): Promise<void> {
  if (!TSX_ENDINGS.has(extname(path))) return;
  await loadLoader(path);
  startTranslator();
}

/** Loads what loads this file, and registers nothing: while there are no hooks yet, each module of it comes without a detour through them. */
export async function preloadLoader(path: string): Promise<void> {
  if (TSX_ENDINGS.has(extname(path))) await loadTsx();
}

async function loadLoader(path: string): Promise<void> {
  if (TSX_ENDINGS.has(extname(path)) && (await useTsx(path))) putMarksOnTop();
}

async function importUrl(url: URL): Promise<Record<string, unknown>> {
  try {
    return (await import(url.href)) as Record<string, unknown>;
  } catch (thrown) {
    await settleRejections(thrown);
    throw thrown;
  }
}

// On Node 20 an import() of a .cts file gets a require() that knows nothing of tsx, so the TypeScript below it fails.
function requireFile(path: string): Record<string, unknown> {
  const exported: unknown = createRequire(path)(path);
  return { ...(typeof exported === "object" ? exported : null), default: exported };
}

// An ES module that was compiled to CommonJS: Node 20 sees no names in it, and every version takes the whole for the default.
function unwrapped(namespace: Record<string, unknown>): Record<string, unknown> {
  const exported = namespace["default"];
  return read(exported, "__esModule") === true ? { ...(exported as object) } : namespace;
}

/**
 * Node 20 also leaves a promise of its own rejected with the same error when an ES module imports a CommonJS one that
 * does not parse. That would end the process before anyone can say what was wrong.
 */
async function settleRejections(thrown: unknown): Promise<void> {
  const onRejection = (reason: unknown): void => {
    // Thrown here it is an uncaught exception, which is what Node makes of a rejection that nobody listens for.
    if (reason !== thrown && process.listenerCount("unhandledRejection") === 1) throw reason;
  };
  process.on("unhandledRejection", onRejection);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", onRejection);
}

function needsEsm(thrown: unknown, path: string): boolean {
  const message = String(read(thrown, "message") ?? "");
  return (
    extname(path) !== ".cts" &&
    message.includes(`${path}:`) &&
    /Top-level await is currently not supported with the "cjs"/.test(message)
  );
}

function assertReadable(path: string, asked: string): void {
  let isFile = false;
  try {
    isFile = statSync(path).isFile();
    if (isFile) accessSync(path, constants.R_OK);
  } catch (error) {
    const denied = read(error, "code") === "EACCES" || read(error, "code") === "EPERM";
    throw denied ? new TsgiError("no-module", deniedText(path, asked)) : missingFile(path, asked);
  }
  if (!isFile) throw missingFile(path, asked, `${path} is no file`);
}

function deniedText(path: string, asked: string): string {
  const uid = process.geteuid?.();
  return `cannot load ${asked}: ${path} may not be read${uid === undefined ? "" : ` by the user with id ${uid}`}`;
}
