// `tsgi ctl`: finds the control socket of a running server, asks it for something, and shows the answer. The exit code says how it went.

import { isAbsolute, resolve } from "node:path";
import process from "node:process";
import { controlPathOf } from "../config/control-path.ts";
import { resolveSettings, type SettingsInput } from "../config/resolve.ts";
import { TsgiError } from "../errors.ts";
import { readWords } from "../ipc/control.ts";
import type { StatusData } from "../ipc/control-data.ts";
import { printable, printableJson } from "../observe/pretty.ts";
import { ASK_LIMITS, type AskLimits, ask, askAndWait } from "./ctl-ask.ts";
import { renderData } from "./ctl-tables.ts";
import { CTL_EXITS } from "./help.ts";
import type { Said } from "./program.ts";

/** @returns The exit code: one of CTL_EXITS. What is thrown has its own. */
export async function ctl(
  input: SettingsInput,
  { own, words }: Pick<Said, "own" | "words">,
  limits: AskLimits = ASK_LIMITS,
): Promise<number> {
  const request = readWords([...words, ...own.filter((flag) => flag !== "--json")]);
  if (typeof request === "string") throw new TsgiError("usage", `${request}; see tsgi ctl --help`);
  const path = await findSocket(input);
  const waits = request.command === "reload" && request.wait;
  const answer = await (waits ? askAndWait : ask)(path, request, limits);
  if (!answer.ok) {
    process.stderr.write(`tsgi: ${printable(answer.error)}\n`);
    return CTL_EXITS.refused;
  }
  // `tsgi ctl workers | head` closes the pipe early, which is no failure of anyone.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  const text = own.includes("--json")
    ? `${printableJson(JSON.stringify(answer.data, null, 2))}\n`
    : printable(renderData(request.command, answer.data));
  process.stdout.write(text);
  if (request.command === "status" && !(answer.data as StatusData).ready) return CTL_EXITS["not-ready"];
  return CTL_EXITS.done;
}

/**
 * Where a server with these settings has its control socket.
 *
 * @throws {TsgiError} `usage` when they name none, and whatever is wrong with them.
 */
export async function findSocket(input: SettingsInput): Promise<string> {
  const named = namedOutright(input);
  if (named !== undefined) return named;
  const { settings } = await resolveSettings(input);
  const path = controlPathOf(settings);
  if (path !== null) return path;
  const why = settings.control === "off" ? "--control is off here" : "neither --control nor --pid is said here";
  throw new TsgiError(
    "usage",
    `${why}, so there is no control socket; name it as the server was told: tsgi ctl --control /path/to/tsgi.ctl ...`,
  );
}

/**
 * An absolute path that is said at the command line, or in the variable, depends on nothing else. So a configuration that is broken
 * just now keeps nobody from asking, and a probe that runs every few seconds loads none.
 */
function namedOutright({ flags, configFile, cmdArgs = "", variables }: SettingsInput): string | undefined {
  const { control, ...others } = flags;
  if (Object.keys(others).length > 0 || configFile !== undefined || cmdArgs !== "") return undefined;
  const said = control ?? variables["TSGI_CONTROL"];
  return typeof said === "string" && isAbsolute(said) && !said.includes("\0") ? resolve(said) : undefined;
}
