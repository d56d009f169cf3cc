// `tsgi serve`: hands over to the master, which serves when there is an application to serve.

import type { SettingsInput } from "../config/resolve.ts";
import { TsgiError } from "../errors.ts";

/** @returns The exit code, once the server has ended. */
export async function serve(input: SettingsInput): Promise<number> {
  // Imported late, so that --help and a mistyped flag do not wait for it.
  const { runMaster } = await import("../master/main.ts");
  return runMaster(input, { accept: ({ app }) => requireApp(app, "serve") });
}

/** @throws TsgiError `usage`. */
export function requireApp(app: string, command: string): void {
  if (app !== "") return;
  throw new TsgiError(
    "usage",
    `no application is named. For example:\n\n  tsgi ${command} app:application\n\nis what the module app (app.ts, app.js, ...) exports as application. TSGI_APP and the key app of the configuration\nfile can name it too.`,
  );
}
