// What --help says: the commands here, the options from the table. Pure strings.

import { columns, type HelpLine, helpSections, wrap } from "../config/render.ts";
import { COMMAND_NAMES, CONTROL_COMMANDS } from "../ipc/control.ts";
import { TEMPLATES } from "./project.ts";

export const COMMANDS = {
  serve: "serve an application with a pool of workers",
  dev: "serve it while it is being written: starts anew when a file changes",
  check: "check the settings and load the application, without serving it",
  cgi: "answer one request as a CGI program",
  config: "show every setting that is in force, and who said it",
  ctl: "ask a running server, or tell it to do something",
  init: "begin a new project, from a template",
} as const;

export type CommandName = keyof typeof COMMANDS;

/** Flags of a command that are no settings. */
export const OWN_FLAGS: Readonly<Record<CommandName, Readonly<Record<string, string>>>> = {
  serve: {},
  dev: {},
  check: {},
  cgi: {},
  config: { "--json": "the same as JSON" },
  ctl: {
    "--wait": "with reload: until the new workers serve, or will not",
    "--quick": "with stop: drop what is open",
    "--json": "the answer as JSON",
  },
  init: { "--template <name>": "what it begins with, see below [tsgi]" },
};

/** What the exit code of `tsgi ctl` says. docs/control.md has the same. */
export const CTL_EXITS = { done: 0, refused: 1, usage: 2, "no-server": 3, "not-ready": 4 } as const;

const CTL_EXIT_WORDS: readonly HelpLine[] = [
  { left: String(CTL_EXITS.done), right: "done; of status: the server is ready" },
  { left: String(CTL_EXITS.refused), right: "the server refused, or the reload failed; the reason is on stderr" },
  { left: String(CTL_EXITS.usage), right: "the command line does not fit, or no socket is named" },
  { left: String(CTL_EXITS["no-server"]), right: "no server answers" },
  { left: String(CTL_EXITS["not-ready"]), right: "of status: the server is not ready" },
];

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
  if (name === "init") return initHelp(width);
  const usage = `Usage: tsgi ${name} ${name === "ctl" ? "<command> [argument]" : "[module:callable]"} [options]`;
  if (name === "serve") return lines(usage, "", helpSections(width), "", ...wrap(RULE, width));
  const last = wrap(`It takes every option of tsgi serve: see tsgi serve --help. ${RULE}`, width);
  if (name === "dev")
    return lines(usage, "", ...wrap(ABOUT.dev, width), "", helpSections(width, "development"), "", ...last);
  const flags = Object.entries(OWN_FLAGS[name]).map(([left, right]) => ({ left, right }));
  const blocks = name === "ctl" ? [controlLines(), flags, CTL_EXIT_WORDS] : [flags];
  const own = blocks.filter((block) => block.length > 0);
  return lines(
    usage,
    "",
    ...wrap(ABOUT[name], width),
    "",
    ...own.flatMap((block) => [columns(block, width, own.flat()), ""]),
    ...last,
  );
}

function initHelp(width: number): string {
  const flags = Object.entries(OWN_FLAGS.init).map(([left, right]) => ({ left, right }));
  const templates = Object.entries(TEMPLATES).map(([left, { summary }]) => ({ left, right: summary }));
  return lines(
    "Usage: tsgi init [folder] [--template <name>]",
    "",
    ...wrap(ABOUT.init, width),
    "",
    columns(flags, width, [...flags, ...templates]),
    "",
    "Templates:",
    "",
    columns(templates, width, [...flags, ...templates]),
  );
}

const controlLines = (): readonly HelpLine[] =>
  COMMAND_NAMES.map((name) => {
    const { argument, flag, summary } = CONTROL_COMMANDS[name];
    const rest = [argument === "count" ? "N" : argument?.toUpperCase(), flag === null ? undefined : `[--${flag}]`];
    return { left: [name, ...rest.filter((word) => word !== undefined)].join(" "), right: summary };
  });

const ABOUT = {
  dev: "Serves with one worker and starts anew when a file of the program changes (--reload); shows errors in the browser (--error-pages), checks application and server (--lint), prints a line for each request, and reads .env and .env.local. NODE_ENV is development unless it is set. In its terminal, ? shows the keys. --open opens the browser, --check shows type errors, --live-reload reloads pages, --inspect lets a debugger attach.",
  check:
    "Reads the settings, then loads the application in a process of its own, as a worker would. Prints what was found and exits with 0, or says what is wrong and exits with a code of docs/reference/errors.md.",
  cgi: "Answers the request that is in its environment and on standard input, as a web server that speaks CGI starts it (RFC 3875), and prints the response. Of the options, those of the application count (--chdir, --env, --env-file, --lint), and --limit-body, --boot-timeout, --graceful-timeout, --umask and --log-level; the others are for a server. Words behind the application are left alone: a web server puts the script's name and words of the query there. docs/cgi.md has recipes.",
  ctl: "Talks to a running server over its control socket, and exits with a code that scripts can use. It looks for the socket where the server has it with the same settings: --control, else beside --pid.",
  config:
    "Prints each setting, its value, and whether a flag, TSGI_CMD_ARGS, a variable, the configuration file or the default said it; below it, what the weaker ones said. Of the application's variables only the names are shown, except with --json.",
  init: "Writes a small project into the folder, the current one if none is said: an application, its test, tsgi.config.ts, a Dockerfile and units for systemd. It runs after npm install with npm run dev. A file that is there already is named, and then nothing is written. Needs no network.",
} as const;

const RULE =
  "Each option also has a variable (--max-requests: TSGI_MAX_REQUESTS) and a key in the configuration file (maxRequests); TSGI_CMD_ARGS holds more options. Which wins: option, TSGI_CMD_ARGS, variable, file, [default].";

const lines = (...parts: readonly string[]): string => `${parts.join("\n")}\n`;
