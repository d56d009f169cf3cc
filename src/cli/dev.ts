// `tsgi dev`: `tsgi serve` as one wants it while the program is being written. What differs is in config/development.ts.

import process from "node:process";
import { withNodeEnv } from "../config/development.ts";
import type { SettingsInput } from "../config/resolve.ts";
import { requireApp } from "./serve.ts";

/** @returns The exit code, once the server has ended. */
export async function dev(input: SettingsInput): Promise<number> {
  const variables = withNodeEnv(input.variables);
  // The configuration file, which is evaluated in this process, asks there, and so does the application in a worker.
  process.env["NODE_ENV"] = variables.NODE_ENV;
  // Imported late, so that --help and a mistyped flag do not wait for it.
  const { runMaster } = await import("../master/main.ts");
  return runMaster({ ...input, variables, isDevelopment: true }, { accept: ({ app }) => requireApp(app, "dev") });
}
