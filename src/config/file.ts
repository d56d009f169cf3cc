// The configuration file: where it is, how it loads, and that every key in it is one of the table's. Whether the values
// fit is asked where those of all sources are.

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { TsgiError } from "../errors.ts";
import { importUserModule } from "../modules/import.ts";
import { showThrown } from "../modules/stack.ts";
import { reason } from "./disk.ts";
import { findJsonError } from "./json.ts";
import { CONFIG_FILE, type ConfigInput, OPTION_KEYS } from "./options.ts";
import { quote } from "./quote.ts";
import { didYouMean } from "./suggest.ts";

export type { ConfigInput };

/** What `tsgi.config.ts` may export as its default. The function runs at the start and at each reload. */
export type Config = ConfigInput | (() => ConfigInput | Promise<ConfigInput>);

/** Gives the object or function back as it is: its use is that an editor knows the keys and types. */
export function defineConfig<const Given extends Config>(config: Given): Given {
  return config;
}

/** A file that waits for what never comes must not keep a start or a reload waiting for ever. */
const DEADLINE_MS = 60_000;

/**
 * @returns The absolute path, or undefined when there is none.
 * @throws TsgiError `config-file` when there are several: which one is meant cannot be known.
 */
export function findConfigFile(folder: string): string | undefined {
  const names = CONFIG_FILE.endings.map((ending) => `tsgi.config.${ending}`);
  const found = names.filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() ?? false);
  if (found.length > 1) {
    throw new TsgiError(
      "config-file",
      `${found.join(" and ")} are both in ${folder}: keep one, or name it with --config`,
    );
  }
  return found[0] === undefined ? undefined : join(folder, found[0]);
}

/**
 * Load the file anew, with its own imports, and check its keys.
 *
 * @param path Absolute.
 * @throws TsgiError `config-file`, with the file, and line and column where there are.
 */
export async function loadConfigFile(
  path: string,
  { deadlineMs = DEADLINE_MS }: { readonly deadlineMs?: number } = {},
): Promise<Readonly<Record<string, unknown>>> {
  const ending = /\.([a-z]+)$/.exec(path)?.[1] ?? "";
  if (!(CONFIG_FILE.endings as readonly string[]).includes(ending)) {
    throw refuse(path, `expected a file that ends in ${CONFIG_FILE.endings.map((one) => `.${one}`).join(", ")}`);
  }
  const values = ending === "json" ? readJson(path) : await withDeadline(path, deadlineMs, evaluate(path));
  if (!isPlainObject(values)) {
    throw refuse(
      path,
      `expected an object of settings${ending === "json" ? "" : ", or a function that returns one"}, got ${what(values)}`,
    );
  }
  for (const key of Object.keys(values)) {
    if (!(OPTION_KEYS as readonly string[]).includes(key)) {
      throw refuse(path, `unknown key ${quote(key)}${didYouMean(key, OPTION_KEYS)}`);
    }
  }
  return values;
}

const refuse = (path: string, why: string, cause?: unknown): TsgiError =>
  new TsgiError("config-file", `${path}: ${why}`, { cause });

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    throw refuse(path, `cannot be read: ${reason(error)}`, error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const found = findJsonError(text);
    if (found === undefined) throw error;
    throw new TsgiError("config-file", `${path}:${found.line}:${found.column}: not JSON: expected ${found.expected}`, {
      cause: error,
    });
  }
}

async function evaluate(path: string): Promise<unknown> {
  const exported = await importDefault(path);
  if (typeof exported !== "function") return exported;
  try {
    return await exported();
  } catch (error) {
    throw refuse(path, `its function failed\n\n${showThrown(error)}`, error);
  }
}

async function importDefault(path: string): Promise<unknown> {
  let module: Record<string, unknown>;
  try {
    module = await importUserModule(path, { fresh: true });
  } catch (error) {
    if (!(error instanceof TsgiError)) throw error;
    throw new TsgiError("config-file", error.message, { cause: error });
  }
  const exported = module["default"];
  // An ES module that was compiled to CommonJS, as tsx does where package.json says nothing of modules.
  if (isPlainObject(exported) && exported["__esModule"] === true) return unwrap(path, exported);
  return unwrap(path, module);
}

function unwrap(path: string, module: Readonly<Record<string, unknown>>): unknown {
  if ("default" in module) return module["default"];
  const names = Object.keys(module).filter((name) => name !== "__esModule");
  const instead = names.length === 0 ? "" : `; it exports ${names.join(", ")}`;
  throw refuse(path, `has no default export (an object of settings, or a function that returns one)${instead}`);
}

async function withDeadline(path: string, deadlineMs: number, loading: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(refuse(path, `not loaded after ${deadlineMs / 1_000} seconds`)), deadlineMs);
  });
  try {
    return await Promise.race([loading, late]);
  } finally {
    clearTimeout(timer);
  }
}

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const what = (value: unknown): string => (Array.isArray(value) ? "a list" : quote(value));
