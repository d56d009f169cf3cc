// TSGI_CMD_ARGS: flags in a variable, quoted as for a shell, for where the command line is out of reach. Reads the words
// only; what a value must look like is said by the option's kind.

import yargsParser from "yargs-parser";
import { TsgiError } from "../errors.ts";
import { withLoneFlags } from "./alone.ts";
import { saidInstead } from "./elsewhere.ts";
import { CONFIG_FILE, longFlag, OPTION_KEYS, OPTIONS, type OptionKey } from "./options.ts";
import { shellWords } from "./shell-words.ts";
import { didYouMean } from "./suggest.ts";

export interface CmdArgs {
  readonly app: string | undefined;
  readonly configFile: string | undefined;
  readonly flags: Readonly<Partial<Record<OptionKey, string | readonly string[]>>>;
}

interface Flag {
  readonly key: OptionKey | undefined;
  readonly long: string;
  readonly short: string | undefined;
  readonly repeats: boolean;
}

const FLAGS: readonly Flag[] = [
  { key: undefined, ...spellings(CONFIG_FILE.flags), repeats: false },
  ...OPTION_KEYS.filter((key) => longFlag(key) !== undefined).map((key) => ({
    key,
    ...spellings(OPTIONS[key].flags),
    repeats: OPTIONS[key].parse.repeats,
  })),
];

const LONG_FLAGS = FLAGS.map((flag) => flag.long);

function spellings(flags: string): { readonly long: string; readonly short: string | undefined } {
  return { long: /--([a-z-]+)/.exec(flags)![1]!, short: /(?:^|\s)-([a-z])\b/.exec(flags)?.[1] };
}

// yargs-parser guesses by default: `--max-requests` is also maxRequests, `a.b` an object, `010` the number 8 or 10,
// `--no-x` the opposite of x, and a list swallows the words that follow. All of that is off: a flag takes one word.
const HABITS = {
  "boolean-negation": false,
  "camel-case-expansion": false,
  "dot-notation": false,
  "greedy-arrays": false,
  "nargs-eats-options": false,
  "parse-numbers": false,
  "parse-positional-numbers": false,
  "populate--": true,
  "strip-aliased": true,
} as const;

/** @throws TsgiError `usage`: an open quote, an unknown flag, a flag without its value, more than one application. */
export function parseCmdArgs(line: string): CmdArgs {
  const words = shellWords(line);
  if (words === undefined) throw refuse("a quote is not closed");
  const { argv, error } = yargsParser.detailed(withLoneFlags(words).flatMap(detachShort), {
    string: LONG_FLAGS,
    array: FLAGS.filter((flag) => flag.repeats).map((flag) => ({ key: flag.long, string: true })),
    alias: Object.fromEntries(FLAGS.flatMap(({ long, short }) => (short === undefined ? [] : [[long, [short]]]))),
    narg: Object.fromEntries(LONG_FLAGS.map((flag) => [flag, 1])),
    configuration: HABITS,
  });
  const { _: operands, "--": rest = [], ...given } = argv as Record<string, unknown> & { _: string[]; "--"?: string[] };
  for (const name of Object.keys(given)) refuseUnknown(name);
  if (error !== null) throw refuse(missingValue(error.message));
  const apps = [...operands, ...rest];
  if (apps.length > 1) throw refuse(`${apps[1]}: one application is enough, and ${apps[0]} is named already`);
  const said = (flag: Flag): string | readonly string[] | undefined => {
    const value = given[flag.long] as string | readonly string[] | undefined;
    return flag.repeats || !Array.isArray(value) ? value : (value.at(-1) as string);
  };
  return {
    app: apps[0],
    configFile: said(FLAGS[0]!) as string | undefined,
    flags: Object.fromEntries(
      FLAGS.flatMap((flag) => (flag.key === undefined || said(flag) === undefined ? [] : [[flag.key, said(flag)]])),
    ),
  };
}

const refuse = (why: string): TsgiError => new TsgiError("usage", `TSGI_CMD_ARGS: ${why}`);

// `-bunix:/x` is cut into -b and unix:/x here: yargs-parser would read a group of one-letter flags.
function detachShort(word: string): readonly string[] {
  const short = /^-([a-z])[\s\S]/.exec(word)?.[1];
  return FLAGS.some((flag) => flag.short === short && short !== undefined) ? [word.slice(0, 2), word.slice(2)] : [word];
}

function refuseUnknown(name: string): void {
  if (LONG_FLAGS.includes(name)) return;
  const word = name.length === 1 ? `-${name}` : `--${name}`;
  const hint = saidInstead(word) || didYouMean(name.replace(/[.=][\s\S]*$/, ""), LONG_FLAGS, "--");
  throw refuse(`unknown flag ${word}${hint}`);
}

function missingValue(message: string): string {
  const name = /: (\S+)$/.exec(message)?.[1];
  const flag = FLAGS.find(({ long, short }) => long === name || short === name);
  return flag === undefined ? message : `--${flag.long} needs a value`;
}
