// `tsgi cgi`: one request in this process. Each takes the start of a process, so what another command needs is not loaded.

import process from "node:process";
import { resolveSettings, type SettingsInput } from "../config/resolve.ts";
import { TsgiError } from "../errors.ts";
import { requireApp } from "./serve.ts";

/** @returns The exit code, after the response on standard output. Whatever keeps the application from answering is thrown. */
export async function cgi(input: SettingsInput): Promise<number> {
  const { CgiProgram, isCgi } = await import("../worker/cgi.ts");
  if (!isCgi(process.env)) throw new TsgiError("usage", BY_HAND);
  // Before the configuration file runs, which may print, or fail: the client is answered then, too.
  const program = new CgiProgram();
  const { settings } = await resolveSettings(input);
  requireApp(settings.app, "cgi");
  return program.serve(settings);
}

const BY_HAND = `there is no request: a CGI program finds it in variables such as REQUEST_METHOD, which the web server sets, and its body on
standard input. To try one by hand:

  GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET PATH_INFO=/ tsgi cgi app:application

To serve an application without a web server: tsgi serve app:application`;
