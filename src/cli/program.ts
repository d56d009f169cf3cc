// The commands and flags as commander takes them, fed from the table of options. Commander is given no default and no
// variable: what was not said stays unsaid, and only resolve.ts has an opinion on what holds then.

import { Command, CommanderError, type Help, Option } from "commander";
import { withLoneFlags } from "../config/alone.ts";
import { saidInstead } from "../config/elsewhere.ts";
import { CONFIG_FILE, longFlag, OPTION_KEYS, OPTIONS } from "../config/options.ts";
import { didYouMean } from "../config/suggest.ts";
import { TsgiError } from "../errors.ts";
import { VERSION } from "../version.ts";
import { COMMANDS, type CommandName, commandHelp, OWN_FLAGS, programHelp } from "./help.ts";

/** What the command line said. */
export interface Said {
  readonly command: CommandName;
  readonly app: string | undefined;
  readonly configFile: string | undefined;
  /** By option key; a repeatable one is a list. Of `tsgi init`, which takes no settings: `template`. */
  readonly flags: Readonly<Record<string, string | readonly string[] | boolean | undefined>>;
  /** Flags that are no settings, as they were said: `--json`. */
  readonly own: readonly string[];
  /** Of commands that take no application: `scale 4` of `tsgi ctl`, the folder of `tsgi init`. */
  readonly words: readonly string[];
}

/** What is to be done: run a command, or print a text and leave. */
export type Intent =
  | { readonly do: "run"; readonly said: Said }
  | { readonly do: "print"; readonly text: string; readonly stream: "stdout" | "stderr"; readonly exitCode: number };

export interface Terminal {
  /** Columns of standard output. */
  readonly width: number;
}

/**
 * @param argv Without the program.
 * @throws TsgiError `usage`.
 */
export function readCommandLine(argv: readonly string[], { width }: Terminal): Intent {
  let said: Said | undefined;
  let printed = "";
  const program = new Command("tsgi");
  const settings = (command: Command, argument: string): Command => {
    command.argument(argument);
    for (const option of settingOptions()) command.addOption(option);
    return command;
  };
  const output = {
    writeOut: (text: string): void => {
      printed += text;
    },
    writeErr: () => {},
    outputError: () => {},
  };
  const dress = (command: Command, help: () => string): Command =>
    command
      .exitOverride()
      .configureOutput(output)
      .configureHelp({ formatHelp: (_command: Command, _helper: Help) => help() });

  dress(program, () => programHelp(width))
    .version(VERSION, "-V, --version")
    .argument("[words...]")
    .helpCommand(true)
    .action((words: readonly string[]) => refuseWord(words[0]));
  for (const name of Object.keys(COMMANDS) as CommandName[]) {
    const takesWords = name === "ctl" || name === "init";
    const bare = dress(program.command(name), () => commandHelp(name, width));
    const command =
      name === "init" ? bare.argument("[words...]") : settings(bare, takesWords ? "[words...]" : "[module:callable]");
    const own = ownFlags(name);
    for (const flag of Object.keys(OWN_FLAGS[name])) command.addOption(ownOption(flag));
    // Which word is one too many is said below: behind a flag that may stand alone it was perhaps meant for that.
    command.allowExcessArguments();
    command.action((given: string | readonly string[] | undefined, options: Record<string, unknown>) => {
      const [first, second] = command.args;
      if (!takesWords && second !== undefined) {
        const already = `one application is enough, and ${first} is named already`;
        throw new TsgiError("usage", `${second}: ${already}; see tsgi ${name} --help`);
      }
      const { config, ...rest } = options;
      const isOwn = ([key, value]: readonly [string, unknown]): boolean => value === true && own.includes(`--${key}`);
      const entries = Object.entries(rest);
      said = {
        command: name,
        app: takesWords ? undefined : (given as string | undefined),
        configFile: config as string | undefined,
        flags: Object.fromEntries(entries.filter((entry) => !isOwn(entry))) as Said["flags"],
        own: entries.filter(isOwn).map(([key]) => `--${key}`),
        words: takesWords ? (given as readonly string[]) : [],
      };
    });
  }

  const whole = withLoneFlags(argv);
  const words = whole[0] === "cgi" ? withoutScript(whole) : whole;
  try {
    program.parse([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // `tsgi help nonsense`
    if (error.code === "commander.help" && error.exitCode !== 0) refuseWord(argv[1]);
    if (error.exitCode !== 0) throw translate(error, argv);
    return { do: "print", text: printed, stream: "stdout", exitCode: 0 };
  }
  if (said !== undefined) return { do: "run", said };
  return { do: "print", text: programHelp(width), stream: "stderr", exitCode: 2 };
}

/**
 * The words up to the application, and options behind it. What follows another word is a web server's: with `#!` the script's path, and
 * behind that the words of a query without a "=" (RFC 3875 section 4.4), which the client chose. `?-c+/tmp/x` must configure nothing.
 */
function withoutScript(argv: readonly string[]): readonly string[] {
  let named = 0;
  for (let at = 1; at < argv.length; at += 1) {
    const word = argv[at]!;
    if (word === "--") return argv.slice(0, at + 2);
    if (!word.startsWith("-")) named += 1;
    if (named === 2) return argv.slice(0, at);
    if (FLAGS_WITH_VALUE.has(word)) at += 1;
  }
  return argv;
}

function settingOptions(): readonly Option[] {
  const config = new Option(`${CONFIG_FILE.flags} ${CONFIG_FILE.arg}`).argParser(oneWord("--config"));
  return [
    config,
    ...OPTION_KEYS.flatMap((key) => {
      const flag = longFlag(key);
      if (flag === undefined) return [];
      const { flags, arg, parse } = OPTIONS[key];
      const read = oneWord(flag);
      const option = new Option(`${flags} ${arg}`);
      // Commander hands over what it has so far; the first time that is undefined, as there is no default.
      if (parse.repeats) option.argParser((value: string, before: readonly string[] = []) => [...before, read(value)]);
      else option.argParser(read);
      return [option];
    }),
  ];
}

const LONG_FLAGS = ["--config", ...OPTION_KEYS.map(longFlag).filter((flag) => flag !== undefined)];
/** `--config`, `-c` and so on. All settings have a value. */
const FLAGS_WITH_VALUE: ReadonlySet<string> = new Set(
  [CONFIG_FILE.flags, ...OPTION_KEYS.map((key) => OPTIONS[key].flags)].flatMap((flags) => flags.split(", ")),
);
/** Without the word for their value. */
const ownFlags = (name: CommandName): readonly string[] =>
  Object.keys(OWN_FLAGS[name]).map((flag) => flag.split(" ")[0]!);
const ALL_OWN_FLAGS = (Object.keys(OWN_FLAGS) as CommandName[]).flatMap(ownFlags);

// `--pid --workers 4` would otherwise write a file of that name and say nothing of the workers.
const oneWord =
  (flag: string) =>
  (value: string): string => {
    if ([...LONG_FLAGS, ...ALL_OWN_FLAGS].includes(value.replace(/=[\s\S]*$/, ""))) throw needsValue(flag);
    return value;
  };

function ownOption(flag: string): Option {
  const option = new Option(flag);
  return option.required ? option.argParser(oneWord(flag.split(" ")[0]!)) : option;
}

const needsValue = (flag: string): TsgiError => new TsgiError("usage", `${flag} needs a value`);

function refuseWord(word: string | undefined): void {
  if (word === undefined) return;
  // No command has such a name, and every application has.
  if (/[:./\\]/.test(word)) {
    throw new TsgiError("usage", `${word} is no command; to serve it: tsgi serve ${word}`);
  }
  throw new TsgiError(
    "usage",
    `unknown command ${word}${didYouMean(word, [...Object.keys(COMMANDS), "help"])}; see tsgi --help`,
  );
}

// Commander's errors have codes for what went wrong and only a text for where, so the words are looked for in argv.
function translate(error: CommanderError, argv: readonly string[]): TsgiError {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  switch (error.code) {
    case "commander.unknownOption":
      return unknownFlag(quoted, argv);
    case "commander.optionMissingArgument":
      return needsValue(/--[a-z-]+/.exec(quoted)?.[0] ?? quoted);
    default:
      return new TsgiError("usage", error.message.replace(/^error: /, ""));
  }
}

function unknownFlag(flag: string, argv: readonly string[]): TsgiError {
  const command = argv.find((word) => Object.hasOwn(COMMANDS, word));
  const name = flag.replace(/=[\s\S]*$/, "");
  if (command === undefined && isSettingFlag(name)) {
    return new TsgiError("usage", `${name} belongs to a command: tsgi serve ${name} ...`);
  }
  const known =
    command === undefined
      ? ["--help", "--version"]
      : [...(command === "init" ? [] : LONG_FLAGS), "--help", ...ownFlags(command as CommandName)];
  const near = didYouMean(
    name.replace(/^-+/, ""),
    known.map((one) => one.slice(2)),
    "--",
  );
  const hint = saidInstead(name) || near;
  return new TsgiError("usage", `unknown flag ${name}${hint}; see tsgi ${command ?? ""} --help`.replace("  ", " "));
}

const isSettingFlag = (name: string): boolean =>
  LONG_FLAGS.includes(name) || OPTION_KEYS.some((key) => OPTIONS[key].flags.startsWith(`${name},`)) || name === "-c";
