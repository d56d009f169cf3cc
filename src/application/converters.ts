// What a parameter of a route may look like, and what it becomes: Django's five converters, and those that an application registers.
// Knows strings and values. Does not know the routes.

import findMyWay from "find-my-way";
import { nearest } from "../modules/nearest.ts";
import { ImproperlyConfigured } from "./exceptions.ts";
import { isAsync } from "./promises.ts";

export interface Converter<T = unknown> {
  /** Source of a regular expression that the whole text must match. No groups that capture, no `^` or `$`. */
  readonly pattern: string;
  /** Whether the text may have slashes in it, as that of `path`. Default false. */
  readonly acrossSegments?: boolean;
  /** The text as the view gets it. Throw, or give undefined, and the route does not match. Default: the text. */
  toValue?(text: string): T | undefined;
  /** The value as it stands in a URL, not quoted yet. Throw where the value does not fit. Default: `String(value)`. */
  toUrl?(value: T): string;
}

/** What each converter gives. Declare the module `tsgi/application` to add those that are registered. */
export interface ConverterTypes {
  int: number;
  str: string;
  slug: string;
  uuid: string;
  path: string;
}

const CONVERTERS = new Map<string, Converter>();

/**
 * @throws ImproperlyConfigured for a name that is taken or no name, for a pattern that is none, captures or is not safe, and for async functions.
 */
export function registerConverter<T>(name: string, converter: Converter<T>): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new ImproperlyConfigured(
      `${JSON.stringify(name)} is no name for a converter: letters, digits and underscores, no digit first`,
    );
  }
  if (CONVERTERS.has(name)) throw new ImproperlyConfigured(`there is a converter named "${name}" already`);
  checkPattern(name, converter.pattern);
  if (isAsync(converter.toValue) || isAsync(converter.toUrl)) {
    throw new ImproperlyConfigured(
      `the converter "${name}" has an async function: a path is found at once, ask for more in the view`,
    );
  }
  CONVERTERS.set(name, converter as Converter);
}

/** @throws ImproperlyConfigured that names those there are. */
export function converterNamed(name: string, route: string): Converter {
  const found = CONVERTERS.get(name);
  if (found !== undefined) return found;
  const near = nearest(name, CONVERTERS.keys());
  const question = near === null ? "" : ` Did you mean "${near}"?`;
  const all = [...CONVERTERS.keys()].join(", ");
  throw new ImproperlyConfigured(`route "${route}": there is no converter "${name}", only ${all}.${question}`);
}

function checkPattern(name: string, pattern: unknown): void {
  const refuse = (why: string): never => {
    throw new ImproperlyConfigured(`the pattern of the converter "${name}" ${why}`);
  };
  if (typeof pattern !== "string" || pattern === "") refuse("must be the source of a regular expression");
  const source = pattern as string;
  let groups = 0;
  try {
    // One alternative that always matches: the result then has one place for each group.
    groups = new RegExp(`(?:${source})|`).exec("")!.length - 1;
  } catch (error) {
    refuse(`is no regular expression: ${(error as Error).message}`);
  }
  if (groups > 0) refuse(`captures (${source}): write (?:...) for its groups`);
  // The router knows which expressions take time out of proportion to the text (the attack is called ReDoS).
  try {
    findMyWay().on("GET", `/:p(${source})`, () => {});
  } catch {
    refuse(`is not safe (${source}): a repetition within a repetition may take for ever`);
  }
  if (explodes(new RegExp(`^(?:${source})$`))) {
    refuse(
      `is not safe (${source}): two of its alternatives take the same text, and each further character doubles the time`,
    );
  }
  if (/^\^|(?<!\\)\$$/.test(source)) refuse(`has ^ or $ (${source}): the whole text is matched anyway`);
}

/** Milliseconds for a few characters that are worth a second look. */
const SUSPICIOUS = 0.2;
/** The quickest growth shows, and ends the search, before it costs seconds. */
const LENGTHS = [16, 24, 40];

/**
 * Whether a text that does not fit costs time out of proportion: `(?:[a-z]|[a-f])+` has no repetition within a repetition, and took 12 s for
 * 28 characters. Tried with rows of one character each: four more of them cost a square half as much again, and such a one some times as much.
 */
function explodes(expression: RegExp): boolean {
  const cost = (char: string, length: number, times: number): number => {
    const text = `${char.repeat(length)}\n/`;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < times; i += 1) {
      const before = performance.now();
      expression.test(text);
      least = Math.min(least, performance.now() - before);
    }
    return least;
  };
  for (const length of LENGTHS) {
    for (let code = 0x21; code < 0x7f; code += 1) {
      const char = String.fromCharCode(code);
      if (cost(char, length, 1) < SUSPICIOUS) continue;
      // Whatever else the machine does meanwhile: the least of three.
      const short = cost(char, length, 3);
      if (short >= SUSPICIOUS / 4 && cost(char, length + 4, 3) > short * 4) return true;
    }
  }
  return false;
}

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

const INT: Converter<number> = {
  pattern: "[0-9]+",
  // Beyond 2^53 two texts would be one number, and the view would look for another than was asked for.
  toValue: (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : undefined),
  toUrl: (value) => {
    if (!Number.isSafeInteger(value) || value < 0) throw new TypeError("int takes a whole number from 0");
    return String(value);
  },
};

// Ours: not to be tried each time that an application starts.
for (const [name, converter] of Object.entries({
  int: INT,
  str: { pattern: "[^/]+" },
  slug: { pattern: "[-a-zA-Z0-9_]+" },
  uuid: { pattern: UUID },
  path: { pattern: ".+", acrossSegments: true },
})) {
  CONVERTERS.set(name, converter as Converter);
}
