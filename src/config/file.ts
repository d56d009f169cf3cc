// The configuration file: where it is, how it loads, and that every key in it is one of the table's. Whether the values
// fit is asked where those of all sources are.

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { TsgiError } from "../errors.ts";
import { evaluateConfig, isPlainObject, refuseConfig } from "../modules/config-module.ts";
import { reason } from "./disk.ts";
import { findJsonError } from "./json.ts";
import { CONFIG_FILE, type ConfigInput, HOOKS_KEY, OPTION_KEYS } from "./options.ts";
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
export const CONFIG_DEADLINE_MS = 60_000;

const NAMES = CONFIG_FILE.endings.map((ending) => `tsgi.config.${ending}`);

/** Where the file is looked for when nobody names it, absolute. */
export const configFileNames = (folder: string): readonly string[] => NAMES.map((name) => join(folder, name));

/**
 * @returns The absolute path, or undefined when there is none.
 * @throws TsgiError `config-file` when there are several: which one is meant cannot be known.
 */
export function findConfigFile(folder: string): string | undefined {
  const isFile = (name: string): boolean => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() ?? false;
  const found = NAMES.filter(isFile);
  if (found.length > 1) {
    throw new TsgiError(
      "config-file",
      `${found.join(" and ")} are both in ${folder}: keep one, or name it with --config`,
    );
  }
  return found[0] === undefined ? undefined : join(folder, found[0]);
}

const KEYS: readonly string[] = [...OPTION_KEYS, HOOKS_KEY];

/**
 * Load the file anew, with its own imports, and check its keys.
 *
 * @param path Absolute.
 * @throws TsgiError `config-file`, with the file, and line and column where there are.
 */
export async function loadConfigFile(
  path: string,
  { deadlineMs = CONFIG_DEADLINE_MS }: { readonly deadlineMs?: number } = {},
): Promise<Readonly<Record<string, unknown>>> {
  const ending = /\.([a-z]+)$/.exec(path)?.[1] ?? "";
  if (!(CONFIG_FILE.endings as readonly string[]).includes(ending)) {
    throw refuseConfig(path, `expected a file that ends in ${CONFIG_FILE.endings.map((one) => `.${one}`).join(", ")}`);
  }
  const values = ending === "json" ? readJson(path) : await withDeadline(path, deadlineMs, evaluateConfig(path, true));
  if (!isPlainObject(values)) {
    throw refuseConfig(
      path,
      `expected an object of settings${ending === "json" ? "" : ", or a function that returns one"}, got ${what(values)}`,
    );
  }
  for (const key of Object.keys(values)) {
    if (!KEYS.includes(key)) throw refuseConfig(path, `unknown key ${quote(key)}${didYouMean(key, KEYS)}`);
  }
  return values;
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    throw refuseConfig(path, `cannot be read: ${reason(error)}`, error);
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

async function withDeadline(path: string, deadlineMs: number, loading: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(refuseConfig(path, `not loaded after ${deadlineMs / 1_000} seconds`)), deadlineMs);
  });
  try {
    return await Promise.race([loading, late]);
  } finally {
    clearTimeout(timer);
  }
}

const what = (value: unknown): string => (Array.isArray(value) ? "a list" : quote(value));
