// What --help says: the commands here, the options from the table. Pure strings.

import { columns, helpSections, wrap } from "../config/render.ts";

export const COMMANDS = {
  serve: "serve an application with a pool of workers",
  check: "check the settings and load the application, without serving it",
  config: "show every setting that is in force, and who said it",
} as const;

export type CommandName = keyof typeof COMMANDS;

const EXAMPLE = "tsgi serve app:application --workers 4";

export function programHelp(width: number): string {
  return lines(
    "tsgi, the application server for TypeScript",
    "",
    "Usage: tsgi <command> [module:callable] [options]",
    "",
    columns(
      [
        ...Object.entries(COMMANDS).map(([name, summary]) => ({ left: name, right: summary })),
        { left: "help <command>", right: "the options of a command" },
        { left: "--version", right: "the version of tsgi" },
      ],
      width,
    ),
    "",
    `For example: ${EXAMPLE}`,
  );
}

export function commandHelp(name: CommandName, width: number): string {
  const usage = `Usage: tsgi ${name} [module:callable] [options]`;
  if (name === "serve") return lines(usage, "", helpSections(width), "", ...wrap(RULE, width));
  const own = name === "config" ? [columns([{ left: "--json", right: "the same as JSON" }], width), ""] : [];
  return lines(
    usage,
    "",
    ...wrap(ABOUT[name], width),
    "",
    ...own,
    ...wrap(`It takes every option of tsgi serve: see tsgi serve --help. ${RULE}`, width),
  );
}

const ABOUT = {
  check:
    "Reads the settings, then loads the application in a process of its own, as a worker would. Prints what was found and exits with 0, or says what is wrong and exits with a code of docs/reference/errors.md.",
  config:
    "Prints each setting, its value, and whether a flag, TSGI_CMD_ARGS, a variable, the configuration file or the default said it; below it, what the weaker ones said. Of the application's variables only the names are shown, except with --json.",
} as const;

const RULE =
  "Each option also has a variable (--max-requests: TSGI_MAX_REQUESTS) and a key in the configuration file (maxRequests); TSGI_CMD_ARGS holds more options. Which wins: option, TSGI_CMD_ARGS, variable, file, [default].";

const lines = (...parts: readonly string[]): string => `${parts.join("\n")}\n`;
