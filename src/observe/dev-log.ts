// The log's format `dev`: what happened, for the one person who is writing the program. The time of day, the level where it is no `info`, the
// message; of an error the text that whoever knows its code has made of it. Pure: the record and the colours decide.

import { clockTime } from "./access-time.ts";
import { type Colour, type Paint, painted, plain } from "./colour.ts";
import { describeError, type LogRecord, printable, showValue } from "./pretty.ts";

export interface DevLog {
  readonly isColoured: boolean;
}

const LEVEL_COLOURS: Readonly<Record<string, Colour>> = {
  ...{ trace: "dim", debug: "dim", warn: "yellow", error: "red", fatal: "red" },
};
/** There is one server, the request is named beside its id, and those in flight in the message. */
const NOT_SHOWN: ReadonlySet<string> = new Set([
  ...["time", "level", "pid", "role", "msg", "err", "requestId", "requests"],
]);

/** `10:00:00 message key=value`; every further line begins with two blanks, so that no text can pass for another record. */
export function formatDev(record: LogRecord, { isColoured }: DevLog): string {
  const paint = isColoured ? painted : plain;
  const [first = "", ...rest] = printable(record.msg ?? "")
    .trimEnd()
    .split("\n");
  const colour = LEVEL_COLOURS[record.level];
  const words = [paint("dim", clockTime(Date.parse(record.time)))];
  if (record.level !== "info") words.push(colour === undefined ? record.level : paint(colour, record.level));
  if (first !== "") words.push(first);
  for (const [name, value] of Object.entries(record)) {
    if (!NOT_SHOWN.has(name) && !isNothing(value)) words.push(paint("dim", `${showValue(name)}=${showValue(value)}`));
  }
  const lines = [...rest, ...(record.err === undefined ? [] : describeError(record.err))];
  return [words.join(" "), ...lines.map((line) => (line === "" ? "" : `  ${paintLine(paint, line)}`))].join("\n");
}

/** An empty list says what its absence says. */
const isNothing = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

// The forms of a code frame and of a stack, wherever a message has them.
function paintLine(paint: Paint, line: string): string {
  if (/^> +\d+ \|/.test(line)) return paint("bold", line);
  if (/^ +\| *\^/.test(line)) return paint("red", line);
  if (/^ +\d+ \||^ +(?:at |\.\.\. and )/.test(line)) return paint("dim", line);
  return /^(?:caused by:? )?\w*(?:Error|Exception)\b/.test(line) ? paint("red", line) : line;
}
