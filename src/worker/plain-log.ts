// The log of a program that serves one request: lines for a web server's error log, which has its own time and place for each. Costs
// nothing to load, as a CGI program is loaded for every request.

import process from "node:process";
import type { Settings } from "../config/options.ts";
import type { Logger } from "../observe/log.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
type Level = Exclude<(typeof LEVELS)[number], "silent">;

export type PlainLog = Pick<Logger, Level>;

/** @param write Takes whole lines; default standard error. */
export function plainLog(
  logLevel: Settings["logLevel"],
  write: (text: string) => void = (text) => void process.stderr.write(text),
): PlainLog {
  const least = LEVELS.indexOf(logLevel);
  const at =
    (level: Level): PlainLog[Level] =>
    (message, fields) => {
      if (LEVELS.indexOf(level) < least) return;
      const error = fields?.["err"];
      const stack = error instanceof Error ? `\n${error.stack ?? error.message}` : "";
      write(`tsgi: ${message}${stack}\n`);
    };
  return {
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
  };
}
