// One record of the server log as a person reads it, in gunicorn's manner, and what must not reach a terminal.
// Pure: the record, the colour and the time zone of the process decide; knows no stream.

import { zoneOffset } from "./access-time.ts";

/** A line of the server log as pino made it. */
export interface LogRecord {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly level: string;
  readonly pid: number;
  readonly role: string;
  readonly msg?: string;
  readonly err?: unknown;
  readonly [field: string]: unknown;
}

const COLOURS: Readonly<Record<string, string>> = {
  trace: "\x1b[2m",
  debug: "\x1b[2m",
  warn: "\x1b[33m",
  error: "\x1b[31m",
  fatal: "\x1b[1;31m",
};
const RESET = "\x1b[0m";

const SHOWN_ELSEWHERE: ReadonlySet<string> = new Set(["time", "level", "pid", "role", "msg", "err"]);

/**
 * `[2026-11-21 10:00:00.123 +0000] [4711] [INFO] message key=value`, further lines of the message and an error's stack
 * below it, indented. Every line but the first begins with two blanks, so that no text can pass for another record.
 */
export function formatPretty(record: LogRecord, colour: boolean): string {
  const level = record.level.toUpperCase();
  const paint = colour ? COLOURS[record.level] : undefined;
  const shown = paint === undefined ? level : `${paint}${level}${RESET}`;
  let text = `[${localTime(record.time)}] [${record.pid}] [${shown}]`;
  const [first = "", ...rest] = printable(record.msg ?? "")
    .trimEnd()
    .split("\n");
  if (first !== "") text += ` ${first}`;
  for (const [name, value] of Object.entries(record)) {
    if (!SHOWN_ELSEWHERE.has(name)) text += ` ${showValue(name)}=${showValue(value)}`;
  }
  for (const line of rest) text += `\n  ${line}`;
  if (record.err !== undefined) {
    for (const line of describeError(record.err)) text += `\n  ${line}`;
  }
  return text;
}

function localTime(iso: string): string {
  const date = new Date(iso);
  const two = (n: number): string => String(n).padStart(2, "0");
  return (
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}` +
    `.${String(date.getMilliseconds()).padStart(3, "0")} ${zoneOffset(date)}`
  );
}

/** The name or value of a field: bare where it is one plain word, as JSON else. */
export function showValue(value: unknown): string {
  if (typeof value !== "string") return printable(JSON.stringify(value) ?? "undefined");
  return /^[^\s"=]+$/.test(value) ? printable(value) : printable(JSON.stringify(value));
}

/** An error as the JSON of a record has it, or its text. */
export function describeError(error: unknown): readonly string[] {
  if (typeof error !== "object" || error === null) return printable(String(error)).split("\n");
  const { stack, message, cause, errors } = error as Readonly<Record<string, unknown>>;
  const lines = printable(String(stack ?? message ?? JSON.stringify(error))).split("\n");
  for (const inner of Array.isArray(errors) ? errors : []) {
    const [first = "", ...rest] = describeError(inner);
    lines.push(`among them: ${first}`, ...rest.map((line) => `  ${line}`));
  }
  if (cause !== undefined) {
    const [first = "", ...rest] = describeError(cause);
    lines.push(`caused by: ${first}`, ...rest);
  }
  return lines;
}

// Controls colour a terminal or move its cursor, U+0085 and U+2028 end a line for some readers, and the marks for
// writing from right to left show a line in an order that it does not have.
const UNPRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text with everything escaped that is not to be shown, but for line ends and tabs. */
export function printable(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(UNPRINTABLE, (char) => {
    const code = char.charCodeAt(0);
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}

/** The same for a line of JSON, which must stay JSON. Line ends do not come in it. */
export function printableJson(line: string): string {
  return line.replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
