// The configuration file where it is a module: its default export, called when it is a function. The master takes settings from
// that, workers and the watchdog's thread their hooks. Does not know what a setting is.

import { TsgiError } from "../errors.ts";
import { importUserModule } from "./import.ts";
import { showThrown } from "./stack.ts";

/** What is wrong with the file, for the person who wrote it. */
export const refuseConfig = (path: string, why: string, cause?: unknown): TsgiError =>
  new TsgiError("config-file", `${path}: ${why}`, { cause });

/**
 * @param path Absolute.
 * @param fresh Read it again, with the local modules that it imports; see `importUserModule` for what that costs.
 * @throws TsgiError `config-file`, with the file, and line and column where there are.
 */
export async function evaluateConfig(path: string, fresh: boolean): Promise<unknown> {
  const exported = await importDefault(path, fresh);
  if (typeof exported !== "function") return exported;
  try {
    return await exported();
  } catch (error) {
    throw refuseConfig(path, `its function failed\n\n${showThrown(error)}`, error);
  }
}

async function importDefault(path: string, fresh: boolean): Promise<unknown> {
  let module: Record<string, unknown>;
  try {
    module = await importUserModule(path, { fresh });
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
  throw refuseConfig(path, `has no default export (an object of settings, or a function that returns one)${instead}`);
}

export const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
