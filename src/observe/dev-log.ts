// The log's format `dev`: what happened, for the one person who is writing the program. The time of day, the level where it is no `info`, the
// message; of an error the code and the program's own calls. Pure: the record, the colours and whoever knows the code decide.

import { clockTime } from "./access-time.ts";
import { type Colour, type Paint, painted, plain } from "./colour.ts";
import { foldStack } from "./fold.ts";
import { type LogRecord, printable, showValue } from "./pretty.ts";

export interface DevLog {
  readonly isColoured: boolean;
  /** The lines of code around the place that a stack names, with a caret; empty where there are none. */
  readonly excerptOf?: ((stack: string) => string) | undefined;
}

const LEVEL_COLOURS: Readonly<Record<string, Colour>> = {
  ...{ trace: "dim", debug: "dim", warn: "yellow", error: "red", fatal: "red" },
};
/** There is one server, and the request is named beside its id. */
const NOT_SHOWN: ReadonlySet<string> = new Set(["time", "level", "pid", "role", "msg", "err", "requestId"]);

/** `10:00:00 message key=value`; every further line begins with two blanks, so that no text can pass for another record. */
export function formatDev(record: LogRecord, { isColoured, excerptOf }: DevLog): string {
  const paint = isColoured ? painted : plain;
  const [first = "", ...rest] = printable(record.msg ?? "")
    .trimEnd()
    .split("\n");
  const colour = LEVEL_COLOURS[record.level];
  const words = [paint("dim", clockTime(Date.parse(record.time)))];
  if (record.level !== "info") words.push(colour === undefined ? record.level : paint(colour, record.level));
  if (first !== "") words.push(first);
  for (const [name, value] of Object.entries(record)) {
    if (!NOT_SHOWN.has(name)) words.push(paint("dim", `${showValue(name)}=${showValue(value)}`));
  }
  const lines = [...rest, ...(record.err === undefined ? [] : errorLines(record.err, excerptOf))];
  return [words.join(" "), ...lines.map((line) => (line === "" ? "" : `  ${paintLine(paint, line)}`))].join("\n");
}

function errorLines(error: unknown, excerptOf: DevLog["excerptOf"]): readonly string[] {
  if (typeof error !== "object" || error === null) return printable(String(error)).split("\n");
  const { stack, message, cause, errors } = error as Readonly<Record<string, unknown>>;
  const text = String(stack ?? message ?? JSON.stringify(error));
  const { head, frames, hidden, hidesOnlyForeign } = foldStack(text);
  const excerpt = frames.length === 0 ? "" : (excerptOf?.(text) ?? "");
  const calls = frames.map((frame) => `    ${frame}`);
  if (hidden > 0) calls.push(`    ... and ${hidden} more${hidesOnlyForeign ? " of Node and packages" : ""}`);
  const lines = printable([head, ...(excerpt === "" ? [] : ["", excerpt, ""]), ...calls].join("\n")).split("\n");
  for (const inner of Array.isArray(errors) ? errors : []) {
    const [first = "", ...rest] = errorLines(inner, undefined);
    lines.push(`among them: ${first}`, ...rest.map((line) => `  ${line}`));
  }
  if (cause !== undefined) {
    const [first = "", ...rest] = errorLines(cause, undefined);
    lines.push(`caused by: ${first}`, ...rest);
  }
  return lines;
}

// The forms of a code frame and of a stack, wherever a message has them.
function paintLine(paint: Paint, line: string): string {
  if (/^> +\d+ \|/.test(line)) return paint("bold", line);
  if (/^ +\| *\^/.test(line)) return paint("red", line);
  if (/^ +\d+ \||^ +(?:at |\.\.\. and )/.test(line)) return paint("dim", line);
  return /^(?:caused by:? )?\w*(?:Error|Exception)\b/.test(line) ? paint("red", line) : line;
}
