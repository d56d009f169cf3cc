// The kinds of value an option can have. A kind reads text (flag, variable) and typed values (file) with one check, and
// refuses by returning what does not fit. Knows no option, no source and no precedence.

import { TsgiError } from "../errors.ts";
import { checkFormat } from "../observe/access-format.ts";
import { BIND_FITS, type BindAddress, formatBind, parseBind, parsePort } from "./bind.ts";

/** What a value may depend on besides its text. */
export interface Surroundings {
  /** Makes a path absolute. */
  readonly absolute: (path: string) => string;
  /** What `--workers auto` means here. */
  readonly availableWorkers: () => number;
  /** Whether the server log goes to a terminal. */
  readonly isTerminal: boolean;
}

/** A value, or the part of what was given that does not fit. `why` replaces the part and what fits. */
export type Reading<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly part: unknown; readonly why?: string };

export interface Kind<Value, Input> {
  /** For the reference page. */
  readonly type: string;
  /** Completes "expected ...". */
  readonly fits: string;
  /** Said several times, the sayings of one source add up; a variable holds a comma list. */
  readonly repeats: boolean;
  read(given: unknown, around: Surroundings): Reading<Value>;
  /** As a person would write it. */
  show(value: Value): string;
  /** Never present: carries what the configuration file may say into `ConfigInput`. */
  readonly input?: Input;
}

const fit = <Value>(value: Value): Reading<Value> => ({ ok: true, value });
const misfit = (part: unknown): Reading<never> => ({ ok: false, part });
const fitOrMisfit = <Value>(value: Value | undefined, given: unknown): Reading<Value> =>
  value === undefined ? misfit(given) : fit(value);

const LARGEST = Number.MAX_SAFE_INTEGER;

interface Range {
  readonly min: number;
  readonly max?: number;
}

const inRange = (value: number, { min, max = LARGEST }: Range): boolean => value >= min && value <= max;

/** A whole number: digits, or a number in the file. No sign, no exponent, no blank. */
export function whole(range: Range): Kind<number, number> {
  const upTo = range.max === undefined ? `of at least ${range.min}` : `from ${range.min} to ${range.max}`;
  return {
    type: "whole number",
    fits: `a whole number ${upTo}`,
    repeats: false,
    read: (given) => fitOrMisfit(readWhole(given, range), given),
    show: String,
  };
}

function readWhole(given: unknown, range: Range): number | undefined {
  const value = typeof given === "string" && /^[0-9]{1,16}$/.test(given) ? Number(given) : given;
  return typeof value === "number" && Number.isSafeInteger(value) && inRange(value, range) ? value : undefined;
}

const PER_SECOND: Readonly<Record<string, number>> = { ms: 1_000, s: 1, m: 1 / 60, h: 1 / 3_600 };

// A timer of Node that is longer than 2^31 ms fires at once; a day is well below it.
const LONGEST_SECONDS = 86_400;

/** A duration in seconds: `30`, `0.5`, `500ms`, `30s`, `1m`, `2h`. At most a day. */
export function duration(): Kind<number, number | string> {
  return {
    type: "duration",
    fits: "seconds from 0 to 24h, such as 30, 0.5, 500ms, 1m or 2h",
    repeats: false,
    read: (given) => fitOrMisfit(readDuration(given), given),
    show: (value) => (value === 0 ? "0" : value < 1 ? `${Math.round(value * 1e6) / 1e3}ms` : `${value}s`),
  };
}

function readDuration(given: unknown): number | undefined {
  const match = typeof given === "string" ? /^([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h)?$/.exec(given) : null;
  // Division, so that 700ms is 0.7: 700 * 0.001 is 0.7000000000000001.
  const value = match === null ? given : Number(match[1]) / PER_SECOND[match[2] ?? "s"]!;
  return typeof value === "number" && inRange(value, { min: 0, max: LONGEST_SECONDS }) ? value : undefined;
}

/** The same, in seconds too, for what nobody would say in seconds: a number without a unit is milliseconds. */
export function milliseconds(): Kind<number, number | string> {
  return {
    ...duration(),
    fits: "milliseconds from 0 to 24h, such as 200, 500ms or 1s",
    read: (given) => fitOrMisfit(readDuration(withUnit(given)), given),
  };
}

const withUnit = (given: unknown): unknown =>
  typeof given === "number" || (typeof given === "string" && /^[0-9.]+$/.test(given)) ? `${given}ms` : given;

const BYTES_IN: Readonly<Record<string, number>> = { "": 1, K: 1_024, M: 1_024 ** 2, G: 1_024 ** 3 };

/** A size in bytes: `8190`, `8K`, `10M`, `1G`, in powers of 1024. */
export function size(range: Required<Range>): Kind<number, number | string> {
  return {
    type: "size",
    fits: `bytes from ${showSize(range.min)} to ${showSize(range.max)}, such as 8190, 64K, 10M or 1G`,
    repeats: false,
    read: (given) => fitOrMisfit(readSize(given, range), given),
    show: showSize,
  };
}

function readSize(given: unknown, range: Range): number | undefined {
  const match = typeof given === "string" ? /^([0-9]{1,16})([KMG]?)$/.exec(given.toUpperCase()) : null;
  const value = match === null ? given : Number(match[1]) * BYTES_IN[match[2]!]!;
  return typeof value === "number" && Number.isSafeInteger(value) && inRange(value, range) ? value : undefined;
}

function showSize(value: number): string {
  const unit = ["G", "M", "K"].find((letter) => value > 0 && value % BYTES_IN[letter]! === 0) ?? "";
  return `${value / BYTES_IN[unit]!}${unit}`;
}

/**
 * File permission bits in octal, as text also in the file: the number 27 in a JSON file would be 033, and nobody
 * who writes it means that.
 */
export function octal(): Kind<number, string> {
  return {
    type: "octal number",
    fits: 'an octal number from 0 to 777 (as text in the configuration file, such as "027")',
    repeats: false,
    read: (given) => fitOrMisfit(readOctal(given), given),
    show: (value) => value.toString(8).padStart(3, "0"),
  };
}

function readOctal(given: unknown): number | undefined {
  if (typeof given !== "string" || !/^(?:0o)?[0-7]{1,4}$/.test(given)) return undefined;
  const value = Number.parseInt(given.replace("0o", ""), 8);
  return value <= 0o777 ? value : undefined;
}

/** One of the words, in any case; an alias is another spelling of one of them. */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  aliases: Readonly<Record<string, Word>> = {},
): Kind<Word, Word> {
  return {
    type: words.join(", "),
    fits: `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
    repeats: false,
    read: (given) => {
      if (typeof given !== "string") return misfit(given);
      const word = given.toLowerCase();
      return fitOrMisfit(words.find((known) => known === word) ?? own(aliases, word), given);
    },
    show: (value) => value,
  };
}

const own = <Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** Text on one line: not empty, no control characters, at most `max` characters. A number in the file is its digits. */
export function text(
  fits: string,
  { max = 4_096, pattern = /^/ }: { max?: number; pattern?: RegExp } = {},
): Kind<string, string> {
  return {
    type: "text",
    fits,
    repeats: false,
    read: (given) => {
      const value = typeof given === "number" ? String(given) : given;
      const good =
        typeof value === "string" && value.length <= max && /^[^\x00-\x1f\x7f]+$/.test(value) && pattern.test(value);
      return good ? fit(value) : misfit(given);
    },
    show: (value) => value,
  };
}

/** A path, made absolute. */
export function path(fits: string): Kind<string, string> {
  return {
    type: "path",
    fits,
    repeats: false,
    read: (given, around) => (isPath(given) ? fit(around.absolute(given)) : misfit(given)),
    show: (value) => value,
  };
}

const isPath = (given: unknown): given is string => typeof given === "string" && given !== "" && !given.includes("\0");

/** A path, or `-` for standard output. */
export const fileOrOutput: Kind<string, string> = {
  ...path("a file, - for standard output, or off"),
  read: (given, around) => (given === "-" ? fit("-") : isPath(given) ? fit(around.absolute(given)) : misfit(given)),
};

/** Where the control socket is: `beside` the pid file, at a path, or nowhere. */
export const controlPath: Kind<string, string> = {
  ...path("a path, beside (the pid file), or off"),
  type: "path, beside or off",
  read: (given, around) => {
    if (given === "off" || given === "beside") return fit(given);
    return isPath(given) ? fit(around.absolute(given)) : misfit(given);
  },
};

/**
 * The same, or nothing. `null` says nothing in the file; where `off` is a word of the option, it does so anywhere, so
 * that a flag can take back what the file says.
 */
export function orNothing<Value, Input>(
  kind: Kind<Value, Input>,
  { off }: { readonly off: boolean },
): Kind<Value | null, Input | null> {
  return {
    type: off ? `${kind.type} or off` : kind.type,
    fits: kind.fits,
    repeats: kind.repeats,
    read: (given, around) => (given === null || (off && given === "off") ? fit(null) : kind.read(given, around)),
    show: (value) => (value === null ? (off ? "off" : "none") : kind.show(value)),
  };
}

/** Several of the same. The file may say one alone. */
export function listOf<Value, Input>(
  item: Kind<Value, Input>,
  { min = 0 }: { min?: number } = {},
): Kind<readonly Value[], Input | readonly Input[]> {
  return {
    type: `list of ${item.type}`,
    fits: item.fits,
    repeats: true,
    read: (given, around) => {
      const values: Value[] = [];
      for (const part of Array.isArray(given) ? given : [given]) {
        const reading = item.read(part, around);
        if (!reading.ok) return reading;
        values.push(reading.value);
      }
      return values.length >= min ? fit(values) : misfit(given);
    },
    show: (values) => (values.length === 0 ? "none" : values.map((value) => item.show(value)).join(", ")),
  };
}

/** Where a debugger may attach. */
export interface InspectAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, or a port of this machine. */
export const inspectAddress: Kind<InspectAddress, string | number> = {
  type: "address",
  fits: "port, host:port or [v6]:port, with a port from 0 to 65535",
  repeats: false,
  read: (given) => {
    const text = String(given);
    const port = parsePort(text);
    if (port !== undefined) return fit({ host: "127.0.0.1", port });
    const address = typeof given === "string" && /:[0-9]+$/.test(text) ? parseBind(text) : undefined;
    return address?.kind === "tcp" && address.host !== ""
      ? fit({ host: address.host, port: address.port })
      : misfit(given);
  },
  show: ({ host, port }) => formatBind({ kind: "tcp", host, port }),
};

const bindAddress: Kind<BindAddress, string> = {
  type: "address",
  fits: BIND_FITS,
  repeats: false,
  read: (given, around) => {
    const address = typeof given === "string" ? parseBind(given) : undefined;
    if (address?.kind === "unix") return fit({ kind: "unix", path: around.absolute(address.path) });
    return fitOrMisfit(address, given);
  },
  show: formatBind,
};

const bindList = listOf(bindAddress, { min: 1 });

/** The addresses to bind. One that is said twice would be found busy by the server itself; port 0 is another each time. */
export const bindAddresses: typeof bindList = {
  ...bindList,
  read: (given, around) => {
    const reading = bindList.read(given, around);
    if (!reading.ok) return reading;
    const named = reading.value.filter((address) => address.kind !== "tcp" || address.port !== 0).map(formatBind);
    const twice = named.find((address, i) => named.indexOf(address) !== i);
    return twice === undefined ? reading : { ok: false, part: given, why: `${twice} is said twice` };
  },
};

/** Variables for the application: `NAME=VALUE`, or an object in the file. */
export const variables: Kind<
  Readonly<Record<string, string>>,
  Readonly<Record<string, string | number | boolean>> | readonly string[]
> = {
  type: "NAME=VALUE",
  fits: "NAME=VALUE",
  repeats: true,
  read: (given) => {
    const pairs: [string, string][] = [];
    for (const [part, name, value] of pairsOf(given)) {
      if (!/^[^=\0]+$/.test(name) || value === undefined || value.includes("\0")) return misfit(part);
      pairs.push([name, value]);
    }
    return fit(Object.fromEntries(pairs));
  },
  // Names only: the values are the application's secrets, and this is printed and pasted.
  show: (value) => Object.keys(value).join(", ") || "none",
};

type Pair = readonly [part: unknown, name: string, value: string | undefined];

function pairsOf(given: unknown): readonly Pair[] {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) {
    return Object.entries(given).map(([name, value]) => [{ [name]: value }, name, scalar(value)]);
  }
  return (Array.isArray(given) ? given : [given]).map((part): Pair => {
    const cut = typeof part === "string" ? part.indexOf("=") : -1;
    return cut < 0 ? [part, "", undefined] : [part, part.slice(0, cut), part.slice(cut + 1)];
  });
}

const scalar = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;

/** A format of the access log, checked by the code that compiles it. */
export const accessFormat: Kind<string, string> = {
  type: "text",
  fits: "combined, common, json, dev, or a template such as %(h)s %(r)s %(s)s",
  repeats: false,
  read: (given) => {
    if (typeof given !== "string") return misfit(given);
    try {
      checkFormat(given);
      return fit(given);
    } catch (error) {
      if (error instanceof TsgiError) return { ok: false, part: given, why: error.message };
      throw error;
    }
  },
  show: (value) => value,
};
