// Who said what about each option, strongest first: flag, TSGI_CMD_ARGS, variable, file, and `tsgi dev` where it may. Collects only:
// the values are still as they were given, and whether they fit is not asked here.

import type { CmdArgs } from "./cmd-args.ts";
import { DEV, presetOverProduction, presetUnlessSaid } from "./development.ts";
import { type LastResort, longFlag, OPTIONS, type OptionKey, variablesOf } from "./options.ts";
import type { PassedSocket } from "./passed.ts";
import { quote } from "./quote.ts";

export interface Saying {
  /** For `tsgi config`: `flag --workers`, `variable WEB_CONCURRENCY`. */
  readonly from: string;
  readonly given: unknown;
  /** How a message names the place and the part that does not fit: `--workers 0`. */
  readonly accuse: (part: unknown) => string;
  /** The place alone: `--workers`. */
  readonly place: string;
  /** What fits, where that is not what fits the option: a last resort has words of its own. */
  readonly fits?: string;
}

export interface Sources {
  readonly app: string | undefined;
  readonly flags: Readonly<Record<string, string | readonly string[] | boolean | undefined>>;
  readonly cmdArgs: CmdArgs | undefined;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly file: { readonly path: string; readonly values: Readonly<Record<string, unknown>> } | undefined;
  readonly passed: readonly PassedSocket[];
  readonly isDevelopment: boolean;
}

/** Every source that names the option, the strongest first. */
export function sayings(key: OptionKey, sources: Sources): readonly Saying[] {
  const found: Saying[] = [];
  const flag = longFlag(key);
  const add = (from: string, place: string, given: unknown): void => {
    if (given !== undefined)
      found.push({ from, place, given, accuse: (part) => `${place} ${quote(part)}`.trimStart() });
  };
  if (flag === undefined) {
    add("argument", "", sources.app);
    add("TSGI_CMD_ARGS argument", "TSGI_CMD_ARGS:", sources.cmdArgs?.app);
  } else {
    add(`flag ${flag}`, flag, sources.flags[key]);
    add(`TSGI_CMD_ARGS ${flag}`, `TSGI_CMD_ARGS: ${flag}`, sources.cmdArgs?.flags[key]);
  }
  if (sources.isDevelopment) add(DEV, DEV, presetOverProduction(key));
  const lastResorts: LastResort[] = [];
  for (const variable of variablesOf(key)) {
    if (typeof variable === "string") found.push(...fromVariable(key, variable, sources.variables[variable]));
    else lastResorts.push(variable);
  }
  const { file } = sources;
  if (file !== undefined && file.values[key] !== undefined) {
    const place = `${file.path}: ${key}`;
    found.push({
      from: `file ${file.path}`,
      place,
      given: file.values[key],
      accuse: (part) => `${place} is ${quote(part)}`,
    });
  }
  if (sources.isDevelopment) add(DEV, DEV, presetUnlessSaid(key));
  for (const variable of lastResorts) found.push(...fromLastResort(variable, sources, found.length > 0));
  return found;
}

// An empty variable says nothing: that is how compose files and shells unset one.
function fromVariable(key: OptionKey, name: string, text: string | undefined): readonly Saying[] {
  if (text === undefined || text === "") return [];
  const given = OPTIONS[key].parse.repeats ? text.split(",").map((part) => part.trim()) : text;
  return [{ from: `variable ${name}`, place: name, given, accuse: (part) => `${name}=${quote(part)}` }];
}

// It belongs to the platform and not to us, so a value that does not fit matters only when it would be used.
function fromLastResort(variable: LastResort, sources: Sources, isBeaten: boolean): readonly Saying[] {
  const text = sources.variables[variable.name];
  if (text === undefined || text === "") return [];
  const translated = variable.translate(text, sources.passed);
  if (translated === null || (translated === undefined && isBeaten)) return [];
  const { name, fits } = variable;
  // What does not translate is passed on as it is, and refused by the kind.
  return [{ from: `variable ${name}`, place: name, given: translated, accuse: () => `${name}=${quote(text)}`, fits }];
}
