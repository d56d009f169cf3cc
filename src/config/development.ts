// What `tsgi dev` has beside `tsgi serve`: presets, and the env files of the folder. Which of them a variable or the configuration file may
// overrule is decided here; how a saying wins is resolve.ts's business.

import { statSync } from "node:fs";
import { join } from "node:path";
import { readEnvFile } from "./disk.ts";
import type { OptionKey } from "./options.ts";

/** What `Settings.development` is under `tsgi dev`. */
export interface Development {
  /** `.env` and `.env.local`, as far as they are there; absolute, the weaker one first. */
  readonly envFiles: readonly string[];
}

/** How the presets are called where a setting says who said it. */
export const DEV = "tsgi dev";

/**
 * Stronger than variables and the configuration file, because those speak of production: a file that says four workers and a JSON log is
 * right there, and nobody wants to take it apart for a session of an hour.
 */
const OVER_PRODUCTION: Readonly<Partial<Record<OptionKey, string>>> = {
  workers: "1",
  logFormat: "dev",
  accessLog: "-",
  accessLogFormat: "dev",
};

/** Nobody says these for production, so a variable or a file that says them means development. */
const UNLESS_SAID: Readonly<Partial<Record<OptionKey, string>>> = { reload: "on", errorPages: "on", lint: "on" };

export const presetOverProduction = (key: OptionKey): string | undefined => OVER_PRODUCTION[key];
export const presetUnlessSaid = (key: OptionKey): string | undefined => UNLESS_SAID[key];

const NAMES = [".env", ".env.local"] as const;

/** Where env files of a folder are looked for, the weaker one first. */
export const envFilesOf = (folder: string): readonly string[] => NAMES.map((name) => join(folder, name));

/** Those that are there. A folder of that name is a Python environment, and no concern of ours. */
export const presentEnvFiles = (folder: string): readonly string[] =>
  envFilesOf(folder).filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false);

/**
 * What the files say, without what the environment says already: a variable that somebody put before the command is meant.
 *
 * @throws TsgiError `env-file`.
 */
export function readPresentEnvFiles(
  files: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const said = files.flatMap((file) => Object.entries(readEnvFile(file, DEV)));
  return Object.fromEntries(said.filter(([name]) => variables[name] === undefined));
}

/** `NODE_ENV` says development unless it says something. */
export function withNodeEnv<Variables extends Readonly<Record<string, string | undefined>>>(
  variables: Variables,
): Variables & { readonly NODE_ENV: string } {
  return { ...variables, NODE_ENV: variables["NODE_ENV"] || "development" };
}
