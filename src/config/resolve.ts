// Which value is in force, and who said it: flag > TSGI_CMD_ARGS > variable > file > default, decided here and nowhere
// else; the presets of `tsgi dev` are among them (development.ts). Everything it depends on is passed in or read from disk on each call, so that a reload sees what is there now.

import { resolve as resolvePath } from "node:path";
import { TsgiError } from "../errors.ts";
import { type CmdArgs, parseCmdArgs } from "./cmd-args.ts";
import { type Development, envFilesOf, presentEnvFiles, readPresentEnvFiles } from "./development.ts";
import { checkFolder, readEnvFile } from "./disk.ts";
import { configFileNames, findConfigFile, loadConfigFile } from "./file.ts";
import { type HooksSource, hookNames } from "./hooks.ts";
import { CONFIG_FILE, HOOKS_KEY, OPTION_KEYS, type OptionKey, rowOf, type Settings } from "./options.ts";
import { availableWorkers } from "./parallelism.ts";
import type { Surroundings } from "./parsers.ts";
import type { PassedSocket } from "./passed.ts";
import { quote } from "./quote.ts";
import { type Saying, type Sources, sayings } from "./sources.ts";

export interface SettingsInput {
  /** By option key, as commander gave them. */
  readonly flags: Readonly<Record<string, string | readonly string[] | boolean | undefined>>;
  /** The positional `module:callable`. */
  readonly app: string | undefined;
  /** `--config`. */
  readonly configFile: string | undefined;
  /** The text of `TSGI_CMD_ARGS`. */
  readonly cmdArgs: string | undefined;
  /** The environment. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether the server log, on standard error, goes to a terminal. */
  readonly isTerminal: boolean;
  /** The sockets that systemd passed to this process; none when it is left out. */
  readonly passed?: readonly PassedSocket[];
  /** `tsgi dev`: its presets hold, and `.env` and `.env.local` are read. */
  readonly isDevelopment?: boolean;
}

export interface Origin {
  /** `flag --workers`, `TSGI_CMD_ARGS --workers`, `variable WEB_CONCURRENCY`, `file /x/tsgi.config.ts`, `tsgi dev`, `default`. */
  readonly from: string;
  /** The weaker sources that said something, strongest first, with their words. */
  readonly lost: readonly { readonly from: string; readonly said: string }[];
}

export interface Resolution {
  readonly settings: Settings;
  readonly origins: Readonly<Record<OptionKey, Origin>>;
  /** The configuration file, absolute; undefined when there is none. */
  readonly file: string | undefined;
  /**
   * Every file that the settings come from, absolute: the configuration file and env files, also where they would be looked for; of
   * `tsgi dev` also what the configuration file imports.
   */
  readonly watch: readonly string[];
}

/** A resolution by the process that evaluated the configuration file: it has its hooks at hand. */
export interface LocalResolution extends Resolution {
  /** The object that the file exports, not frozen; null without hooks. */
  readonly hooks: object | null;
}

/**
 * Settings for a start, or for a reload with the same input. Every source is checked, also where a stronger one wins:
 * what does not fit would bite on the day the stronger one is taken away.
 *
 * @returns Frozen throughout and plain JSON, but for the hooks.
 * @throws TsgiError `usage`, `config-file`, `chdir` or `env-file`.
 */
export async function resolveSettings(input: SettingsInput): Promise<LocalResolution> {
  const cmdArgs = parseCmdArgsOf(input);
  const path = whichConfigFile(input, cmdArgs);
  const noteFiles = input.isDevelopment === true && path?.endsWith(".json") === false ? await noting() : () => [];
  const file = path === undefined ? undefined : { path, values: await loadConfigFile(path) };
  const imported = noteFiles();
  const { app, flags, variables, passed = [], isDevelopment = false } = input;
  const sources: Sources = { app, flags, cmdArgs, variables, file, passed, isDevelopment };

  const inFolder = (folder: string): Surroundings => ({
    absolute: (path) => resolvePath(folder, path),
    availableWorkers,
    isTerminal: input.isTerminal,
  });
  const chdir = settle("chdir", sources, inFolder(input.cwd));
  checkFolder(chdir.value as string, chdir.origin.from);
  const folder = chdir.value as string;
  const around = inFolder(folder);
  const settled = new Map(OPTION_KEYS.map((key) => [key, key === "chdir" ? chdir : settle(key, sources, around)]));
  const development: Development | null = isDevelopment ? { envFiles: presentEnvFiles(folder) } : null;
  const found = {
    files: development?.envFiles ?? [],
    said: readPresentEnvFiles(development?.envFiles ?? [], variables),
  };
  const envFile = settled.get("envFile")!;
  settled.set("env", withEnvFiles(settled.get("env")!, envFile, found));

  const column = <Part extends keyof Settled>(part: Part) =>
    Object.fromEntries([...settled].map(([key, one]) => [key, one[part]]));
  const names = file === undefined ? [] : hookNames(file.path, file.values[HOOKS_KEY]);
  const hooks: HooksSource | null = names.length === 0 ? null : { file: file!.path, names };
  const resolution = freeze({
    settings: { ...column("value"), hooks, development } as unknown as Settings,
    origins: column("origin") as Record<OptionKey, Origin>,
    file: file?.path,
    watch: [
      ...(file === undefined
        ? configFileNames(input.cwd)
        : [file.path, ...imported.filter((one) => one !== file.path)]),
      ...(isDevelopment ? envFilesOf(folder) : []),
      ...(envFile.value as Settings["envFile"]),
    ],
  });
  return Object.freeze({ ...resolution, hooks: hooks === null ? null : (file!.values[HOOKS_KEY] as object) });
}

/** @returns Tells what was loaded since. */
async function noting(): Promise<() => readonly string[]> {
  // Imported late: where nothing is watched, nobody listens to the loaders.
  const { noteLoadedFiles } = await import("../modules/loaded.ts");
  const files = new Set<string>();
  const noted = noteLoadedFiles(({ loaded, missing }) => {
    for (const file of [...loaded, ...missing]) files.add(file);
  });
  return () => {
    noted.flush();
    return [...files];
  };
}

/**
 * The file that `resolveSettings` would read now, absolute; undefined when there is none.
 *
 * @throws TsgiError `usage` or `config-file`.
 */
export const configFileOf = (input: SettingsInput): string | undefined => whichConfigFile(input, parseCmdArgsOf(input));

const parseCmdArgsOf = ({ cmdArgs }: SettingsInput): CmdArgs | undefined =>
  cmdArgs === undefined ? undefined : parseCmdArgs(cmdArgs);

interface Settled {
  readonly value: unknown;
  readonly origin: Origin;
}

function settle(key: OptionKey, sources: Sources, around: Surroundings): Settled {
  const row = rowOf(key);
  const said = sayings(key, sources);
  const values = said.map((saying) => readSaying(key, saying, around));
  const [winner, ...losers] = said;
  if (winner === undefined) {
    const value = typeof row.default === "function" ? row.default(around) : row.default;
    return { value, origin: { from: "default", lost: [] } };
  }
  const lost = losers.map((loser, i) => ({ from: loser.from, said: row.parse.show(values[i + 1]) }));
  return { value: values[0], origin: { from: winner.from, lost } };
}

function readSaying(key: OptionKey, saying: Saying, around: Surroundings): unknown {
  const { parse } = rowOf(key);
  const reading = parse.read(saying.given, around);
  if (reading.ok) return reading.value;
  const code = saying.from.startsWith("file ") ? "config-file" : "usage";
  if (reading.why !== undefined) throw new TsgiError(code, `${saying.place}: ${reading.why}`);
  throw new TsgiError(code, `${saying.accuse(reading.part)}: expected ${saying.fits ?? parse.fits}`);
}

/** Env files that nobody named, and what they say. */
interface FoundEnvFiles {
  readonly files: readonly string[];
  readonly said: Readonly<Record<string, string>>;
}

// One map for the workers: the files that were found, those that were named in their order, then --env.
function withEnvFiles(env: Settled, envFile: Settled, found: FoundEnvFiles): Settled {
  const named = envFile.value as Settings["envFile"];
  const files = [...found.files, ...named];
  if (files.length === 0) return env;
  const parts = [found.said, ...named.map((file) => readEnvFile(file, envFile.origin.from))];
  const value = Object.fromEntries([...parts, env.value as Settings["env"]].flatMap((part) => Object.entries(part)));
  const fromFiles = `env file ${files.join(", ")}`;
  const from = env.origin.from === "default" ? fromFiles : `${env.origin.from}, over ${fromFiles}`;
  return { value, origin: { ...env.origin, from } };
}

function whichConfigFile(input: SettingsInput, cmdArgs: CmdArgs | undefined): string | undefined {
  const variable = input.variables[CONFIG_FILE.variable];
  const named = [
    { from: "--config", path: input.configFile },
    { from: "TSGI_CMD_ARGS: --config", path: cmdArgs?.configFile },
    { from: CONFIG_FILE.variable, path: variable === "" ? undefined : variable },
  ].find((source) => source.path !== undefined);
  if (named?.path === "") throw new TsgiError("usage", `${named.from} ${quote("")}: expected a file`);
  return named?.path === undefined ? findConfigFile(input.cwd) : resolvePath(input.cwd, named.path);
}

/**
 * Freezes plain values throughout. Those of a user's module keep their own objects: kinds build new ones, so nothing of the user's
 * is frozen here.
 */
export function freeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}
