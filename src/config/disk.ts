// The two looks at the disk that settings need besides the configuration file: the folder to run in, and env files.

import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { parseEnv } from "node:util";
import { TsgiError } from "../errors.ts";
import { quote } from "./quote.ts";

/** @throws TsgiError `chdir`. */
export function checkFolder(folder: string, from: string): void {
  try {
    if (!statSync(folder).isDirectory())
      throw new TsgiError("chdir", `cannot change to ${quote(folder)} (${from}): not a folder`);
    accessSync(folder, constants.X_OK);
  } catch (error) {
    if (error instanceof TsgiError) throw error;
    throw new TsgiError("chdir", `cannot change to ${quote(folder)} (${from}): ${reason(error)}`);
  }
}

/**
 * The variables of an env file, in the format of `node --env-file`.
 *
 * @throws TsgiError `env-file`.
 */
export function readEnvFile(file: string, from: string): Readonly<Record<string, string>> {
  try {
    const variables = parseEnv(readFileSync(file, "utf8").replace(/^\uFEFF/, "")) as Record<string, string>;
    // The environment of a process is NUL-terminated text, so the next process could not be started with this.
    if (Object.entries(variables).some(([name, value]) => `${name}${value}`.includes("\0"))) {
      throw new TsgiError("env-file", `cannot use the env file ${quote(file)} (${from}): it holds a NUL byte`);
    }
    return variables;
  } catch (error) {
    if (error instanceof TsgiError) throw error;
    throw new TsgiError("env-file", `cannot read the env file ${quote(file)} (${from}): ${reason(error)}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  ENOTDIR: "a part of the path is no folder",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
};

/** What the operating system said, in words. */
export function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
