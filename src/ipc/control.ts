// What is said over the control socket: one line each way. A request is a JSON object, or plain words for people with `nc`; an answer
// is always a JSON object. Decides what is a request and what to say of everything else. Knows no socket.

import { quote } from "../config/quote.ts";
import { didYouMean } from "../config/suggest.ts";

interface CommandRow {
  /** What follows the command: a word of the command line, a key of the JSON object. */
  readonly argument: "count" | "pid" | null;
  /** What may be added: `--wait` on the command line, `"wait": true` in the JSON object. */
  readonly flag: "wait" | "quick" | null;
  readonly summary: string;
}

/** The closed list of what a server can be asked for. Help and docs/control.md have it from here. */
export const CONTROL_COMMANDS = {
  status: { argument: null, flag: null, summary: "how the server is" },
  workers: { argument: null, flag: null, summary: "each worker, and how it is" },
  reload: { argument: null, flag: "wait", summary: "read the configuration again, start new workers" },
  scale: { argument: "count", flag: null, summary: "so many workers from now on" },
  restart: { argument: "pid", flag: null, summary: "a successor for this worker, which then leaves" },
  stop: { argument: null, flag: "quick", summary: "end the server" },
  reopen: { argument: null, flag: null, summary: "open the log files again" },
  stack: { argument: "pid", flag: null, summary: "where this worker's code is, without stopping it" },
  requests: { argument: null, flag: null, summary: "the requests that are in the application's hands" },
} as const satisfies Readonly<Record<string, CommandRow>>;

export type CommandName = keyof typeof CONTROL_COMMANDS;

export const COMMAND_NAMES = Object.keys(CONTROL_COMMANDS) as readonly CommandName[];

export type ControlCommand =
  | { readonly command: "status" | "workers" | "requests" | "reopen" }
  | { readonly command: "reload"; readonly wait: boolean }
  | { readonly command: "scale"; readonly count: number }
  | { readonly command: "restart" | "stack"; readonly pid: number }
  | { readonly command: "stop"; readonly quick: boolean };

/** By which a client knows its answer again. Null for words, which have none. */
export type RequestId = number | string | null;

export type Answer =
  | { readonly id: RequestId; readonly ok: true; readonly data: unknown }
  | { readonly id: RequestId; readonly ok: false; readonly error: string };

/** A line that was read. */
export type Reading =
  | { readonly ok: true; readonly id: RequestId; readonly request: ControlCommand; readonly form: "json" | "words" }
  /** `form` is null for a line that is nothing of ours at all. */
  | { readonly ok: false; readonly id: RequestId; readonly error: string; readonly form: "json" | "words" | null };

/** A line, without its end, as a server hears it. */
export function readLine(line: string): Reading {
  if (line.startsWith("{")) return readObject(line);
  const words = line.trim().split(/\s+/).filter(Boolean);
  const request = readWords(words);
  if (typeof request !== "string") return { ok: true, id: null, request, form: "words" };
  return { ok: false, id: null, error: request, form: isCommandName(words[0]) ? "words" : null };
}

/** `["reload", "--wait"]`, as a request or as what is wrong with it. */
export function readWords(words: readonly string[]): ControlCommand | string {
  const flags = words.filter((word) => word.startsWith("--")).map((word) => word.slice(2));
  const [name, ...rest] = words.filter((word) => !word.startsWith("--"));
  const argument = rest.map((word) => (/^\d{1,15}$/.test(word) ? Number(word) : word));
  return build(name, argument, new Map(flags.map((flag) => [flag, true])), "--");
}

function readObject(line: string): Reading {
  let given: unknown;
  try {
    given = JSON.parse(line);
  } catch (error) {
    return { ok: false, id: null, error: `not JSON: ${(error as Error).message}`, form: null };
  }
  // What begins with a brace and parses is an object.
  const { id = null, command, ...rest } = given as Readonly<Record<string, unknown>>;
  const form = "json";
  if (id !== null && typeof id !== "number" && typeof id !== "string") {
    return { ok: false, id: null, error: `id ${quote(id)}: expected a number or a text`, form };
  }
  const argumentKey = isCommandName(command) ? CONTROL_COMMANDS[command].argument : null;
  const { argument, flags } = apart(rest, argumentKey);
  const request = build(command, argument, flags, "");
  return typeof request === "string" ? { ok: false, id, error: request, form } : { ok: true, id, request, form };
}

function apart(rest: Readonly<Record<string, unknown>>, argumentKey: string | null) {
  const entries = Object.entries(rest);
  const argument = entries.filter(([key]) => key === argumentKey).map(([, value]) => value);
  return { argument, flags: new Map(entries.filter(([key]) => key !== argumentKey)) };
}

/** @param dashes Stand before a flag where it was said in words. */
function build(
  name: unknown,
  argument: readonly unknown[],
  flags: ReadonlyMap<string, unknown>,
  dashes: "--" | "",
): ControlCommand | string {
  if (!isCommandName(name)) return unknownCommand(name);
  const row: CommandRow = CONTROL_COMMANDS[name];
  for (const [flag, value] of flags) {
    const hint = row.flag === null ? "" : didYouMean(flag, [row.flag], dashes);
    const shown = quote(`${dashes}${flag}`);
    if (flag !== row.flag) return `${shown} does not belong to ${name}${hint}`;
    if (typeof value !== "boolean") return `${shown} ${quote(value)}: expected true or false`;
  }
  if (argument.length > 1 || (row.argument === null && argument.length > 0)) {
    const fits = row.argument === null ? "nothing" : "one number";
    return `${name} takes ${fits}, and was given ${argument.map(quote).join(" ")}`;
  }
  const [value] = argument;
  if (row.argument !== null && !isWhole(value, LARGEST[row.argument])) return misfit(name, row.argument, value);
  switch (name) {
    case "reload":
      return { command: name, wait: flags.get("wait") === true };
    case "stop":
      return { command: name, quick: flags.get("quick") === true };
    case "scale":
      return { command: name, count: value as number };
    case "restart":
    case "stack":
      return { command: name, pid: value as number };
    default:
      return { command: name };
  }
}

/** A slip of a digit must not start ten thousand processes. */
const LARGEST = { count: 1_000, pid: Number.MAX_SAFE_INTEGER } as const;

const isWhole = (value: unknown, largest: number): boolean =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= largest;

function misfit(name: string, argument: "count" | "pid", value: unknown): string {
  const given = value === undefined ? name : `${name} ${quote(value)}`;
  return argument === "count"
    ? `${given}: expected a number of workers from 1 to ${LARGEST.count}, as in: ${name} 4`
    : `${given}: expected the pid of a worker, as in: ${name} 4711; workers shows them`;
}

function unknownCommand(name: unknown): string {
  const all = COMMAND_NAMES.join(", ");
  if (name === undefined) return `no command; expected one of ${all}`;
  const hint = typeof name === "string" ? didYouMean(name, COMMAND_NAMES) : "";
  return `unknown command ${quote(name)}${hint}; there are ${all}`;
}

const isCommandName = (name: unknown): name is CommandName =>
  typeof name === "string" && Object.hasOwn(CONTROL_COMMANDS, name);

/** A line, without its end, as a client hears it; undefined when it is none of ours. */
export function readAnswer(line: string): Answer | undefined {
  let given: unknown;
  try {
    given = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof given !== "object" || given === null || !("ok" in given)) return undefined;
  const { id = null, ok, data, error } = given as Readonly<Record<string, unknown>>;
  if (id !== null && typeof id !== "number" && typeof id !== "string") return undefined;
  if (ok === true && data !== undefined) return { id, ok, data };
  if (ok === false && typeof error === "string") return { id, ok, error };
  return undefined;
}

export const writeLine = (message: Answer | (ControlCommand & { readonly id: number })): string =>
  `${JSON.stringify(message)}\n`;
