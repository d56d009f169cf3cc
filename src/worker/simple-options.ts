// What can be said to `makeServer` beside the application, and what is said to whom it does not fit. Knows no server.

import { show } from "../gateway/said.ts";
import { ServerHandler, type ServerHandlerClass } from "../gateway/server-handler.ts";
import { compileFormat } from "../observe/access-format.ts";
import { SERVING_DEFAULTS, type ServingSettings } from "./serving-settings.ts";

/** Takes a line, or a record of several, without its last line end. */
export type LineWriter = (text: string) => void;

/** Limits and timeouts: the names, units and defaults of the settings of `tsgi serve` (docs/reference/settings.md). */
export type ServingOptions = Partial<Omit<ServingSettings, "workers" | "readyPath">>;

export interface SimpleServerOptions extends ServingOptions {
  /** Handles each request in place of the loop: a class where one member was overridden. */
  readonly handlerClass?: ServerHandlerClass;
  /** Takes the access log, a line for each request; standard error without it, nobody with `null`. */
  readonly log?: LineWriter | null;
  /** Takes what went wrong, and what applications write to `tsgi.errors`; standard error without it, nobody with `null`. */
  readonly errorLog?: LineWriter | null;
  /** How many clients may wait to be accepted; 511 unless said otherwise. */
  readonly backlog?: number;
  /** Seconds that `shutdown` waits for requests in progress before it cuts them; 30 unless said otherwise. */
  readonly gracefulTimeout?: number;
}

export const BACKLOG = 511;
export const GRACEFUL_TIMEOUT = 30;

/** One value of each kind, which those that are given are compared with. */
const OWN: Readonly<Record<string, unknown>> = {
  handlerClass: () => {},
  log: () => {},
  errorLog: () => {},
  backlog: BACKLOG,
  gracefulTimeout: GRACEFUL_TIMEOUT,
};
const { workers: _workers, readyPath: _readyPath, ...serving } = SERVING_DEFAULTS;
const KNOWN: Readonly<Record<string, unknown>> = { ...OWN, ...serving };
const WORDS: Readonly<Record<string, readonly string[]>> = {
  overload: ["queue", "503"],
  forwardedHeader: ["x-forwarded", "forwarded"],
  underscores: ["drop", "refuse", "keep"],
};
const MAY_BE_NULL: ReadonlySet<string> = new Set(["log", "errorLog"]);

/** @throws TypeError or RangeError that names the option, what was given and what fits. */
export function checkOptions(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (!(name in KNOWN)) {
      throw new TypeError(`makeServer has no option "${name}": expected ${Object.keys(KNOWN).join(", ")}`);
    }
    const what = value === undefined || (value === null && MAY_BE_NULL.has(name)) ? undefined : misfit(name, value);
    if (what !== undefined) throw new TypeError(`option ${name}: ${show(value)}: ${what}`);
  }
}

/** What would fit, or undefined when this does. */
function misfit(name: string, value: unknown): string | undefined {
  const like = KNOWN[name];
  const words = WORDS[name];
  if (words !== undefined) return words.includes(value as string) ? undefined : `expected ${words.join(" or ")}`;
  if (typeof like === "number") {
    return typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY
      ? undefined
      : "expected a number from 0 on";
  }
  if (name === "handlerClass") return isHandlerClass(value) ? undefined : "expected a subclass of ServerHandler";
  if (typeof like === "function") return typeof value === "function" ? undefined : "expected a function";
  if (Array.isArray(like)) return isTexts(value) ? undefined : "expected an array of strings";
  if (typeof value !== "string") return "expected a string";
  if (name === "accessLogFormat") compileFormat(value);
  return undefined;
}

const isHandlerClass = (value: unknown): boolean =>
  typeof value === "function" && (value === ServerHandler || value.prototype instanceof ServerHandler);

/** The longest time that a timer of Node's can have; a longer one would be over at once. */
const LONGEST_MS = 2_147_483_647;

/**
 * What a timer is given for so many seconds; for more than 24 days, those.
 *
 * @throws RangeError that names what is no time.
 */
export function timerMs(name: string, seconds: number): number {
  if (typeof seconds !== "number" || !(seconds >= 0)) {
    throw new RangeError(`${name} ${show(seconds)}: expected seconds, a number from 0 on`);
  }
  return Math.min(seconds * 1_000, LONGEST_MS);
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((text) => typeof text === "string");
