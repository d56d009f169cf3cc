// What a thrown value says to the person whose program threw it: message, the frames of that program, a code frame.
// Knows the text forms of V8's stacks. Does not know why the program was being run.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inspect, types } from "node:util";
import { codeFrame } from "./code-frame.ts";

/** A place in a file. `column` is 0 when only the line is known, `line` when only the file is. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One line of a stack. `file` is an absolute path, or a `node:` name. */
export interface StackFrame extends Place {
  /** The function's name as V8 prints it; `""` for the top of a module. */
  readonly callee: string;
}

/** Frames printed below a message: enough to find the way, few enough to leave the message on the screen. */
const FRAMES_SHOWN = 8;
/** `cause` may lead round in a circle. */
const CAUSES_SHOWN = 4;

const OWN_FOLDER = fileURLToPath(new URL("..", import.meta.url));
const TOOLS = /[\\/]node_modules[\\/](?:tsx|esbuild)[\\/]/;

/** Every frame with a file, in the order of the stack; `[]` for a value without a stack. */
export function stackFrames(thrown: unknown): readonly StackFrame[] {
  const frames: StackFrame[] = [];
  for (const line of callsText(thrown).split("\n")) {
    const match = /^\s+at (?:(.*) \()?((?:file:|node:|\/|[A-Za-z]:[\\/]).*?):(\d+):(\d+)\)?$/.exec(line);
    if (match === null || line.includes("(eval at ")) continue;
    const callee = (match[1] ?? "").replace(/^async /, "").replace(/^(?:Object\.)?<anonymous>$/, "");
    frames.push({ callee, file: toPath(match[2]!), line: Number(match[3]), column: Number(match[4]) });
  }
  return frames;
}

/** Whether a file is tsgi's own. */
export const isOwn = (file: string): boolean => file.startsWith(OWN_FOLDER);

/** Whether a file belongs to the program or to one of its packages: not to Node, tsx, esbuild or tsgi itself. */
export const isUsers = (file: string): boolean =>
  file !== "" && !file.startsWith("node:") && !isOwn(file) && !TOOLS.test(file);

/** The frames of the program and of its packages. */
export const userFrames = (thrown: unknown): readonly StackFrame[] =>
  stackFrames(thrown).filter(({ file }) => isUsers(file));

/** Where a person should look first: the innermost frame of the program's own files, else of a package. */
export const placeOf = (thrown: unknown): Place | null => placeAmong(stackFrames(thrown));

/** The same among frames, innermost first. */
export function placeAmong<T extends Place>(frames: readonly T[]): T | null {
  const users = frames.filter(({ file }) => isUsers(file));
  return users.find(({ file }) => !/[\\/]node_modules[\\/]/.test(file)) ?? users[0] ?? null;
}

/** `file:line:column`, as far as it is known. */
export const positionOf = ({ file, line, column }: Place): string =>
  [file, line, column].filter((part) => part !== 0).join(":");

/** The same and the lines around it, as far as the file can be read. */
export function showPlace(place: Place): string {
  const head = positionOf(place);
  const frame = codeFrame(readText(place.file) ?? "", place);
  return frame === "" ? head : `${head}\n\n${frame}`;
}

/**
 * Anything that can be thrown, for a person: `Name: message`, the place with a code frame, the frames, the causes.
 * Never throws, whatever the value's getters do.
 */
export function showThrown(thrown: unknown): string {
  const place = placeOf(thrown);
  const parts = [summary(thrown)];
  if (place !== null) parts.push(showPlace(place));
  const frames = userFrames(thrown).slice(0, FRAMES_SHOWN);
  // A single frame is the place that was just shown.
  if (frames.length > 1) parts.push(frames.map(showFrame).join("\n"));
  let cause = read(thrown, "cause");
  for (let depth = 0; depth < CAUSES_SHOWN && cause !== undefined; depth += 1) {
    const at = placeOf(cause);
    parts.push(`caused by ${summary(cause)}${at === null ? "" : `\n${showFrame({ ...at, callee: "" })}`}`);
    cause = read(cause, "cause");
  }
  return parts.join("\n\n");
}

/** One value in one line or a few: an error's name and message, or what was thrown instead of one. */
export function summary(thrown: unknown): string {
  if (!isError(thrown)) return `${describe(thrown)} was thrown, which is no Error`;
  // Of another type it may throw when it is made a text.
  const [name = "Error", message = ""] = ["name", "message"].map((key) => textIn(thrown, key));
  const errors = read(thrown, "errors");
  const inner = Array.isArray(errors) ? errors.slice(0, CAUSES_SHOWN).map((error) => `\n  - ${summary(error)}`) : [];
  return `${message === "" ? name : `${name}: ${message}`}${inner.join("")}`;
}

const textIn = (thrown: unknown, key: string): string | undefined => {
  const value = read(thrown, key);
  return typeof value === "string" ? value : undefined;
};

/** A value in a few words: `the string "x"`, `undefined`, `{ status: 500 }`. */
export function describe(value: unknown): string {
  try {
    if (typeof value === "string") return `the string ${JSON.stringify(value.slice(0, 200))}`;
    return inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 3, maxStringLength: 80 });
  } catch {
    return `a value of type ${typeof value}`;
  }
}

/** The place that V8 writes above a stack whose module does not parse: `file:line`, the line, a caret under it. */
export function placeAboveStack(stack: string): Place | null {
  const [head = "", , caret = ""] = stack.split("\n");
  const match = /^((?:file:|\/|[A-Za-z]:[\\/]).*):(\d+)$/.exec(head.trim());
  if (match === null) return null;
  // At the end of a file there is nothing to put a caret under.
  const column = /^(\s*)\^+\s*$/.exec(caret)?.[1];
  return { file: toPath(match[1]!), line: Number(match[2]), column: column === undefined ? 0 : column.length + 1 };
}

/** `stack` as text, `""` when there is none. */
export function stackText(thrown: unknown): string {
  const stack = read(thrown, "stack");
  return typeof stack === "string" ? stack : "";
}

/** `stack` without the message: it may have what a client sent, and lines that look like calls, whose files would be shown. */
export function callsText(thrown: unknown): string {
  const text = stackText(thrown);
  const message = read(thrown, "message");
  const at = typeof message === "string" && message !== "" ? text.indexOf(message) : -1;
  return at < 0 ? text : text.slice(at + (message as string).length);
}

/** A property of a value that may be no object, or whose getter may throw. */
export function read(value: unknown, key: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** The text of a file, or null when it cannot be read. */
export function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** A file's path from the URL or path of a stack or a message, without the query that a loader put behind it. */
export function toPath(text: string): string {
  if (!text.startsWith("file:")) return text.replace(/\?[\w-]+=[^/\\]*$/, "");
  try {
    const url = new URL(text);
    return fileURLToPath(new URL(url.pathname, url));
  } catch {
    return text;
  }
}

/** Line and column of an offset into a file's text. */
export function placeOfOffset(file: string, source: string, offset: number): Place {
  const before = source.slice(0, offset).split("\n");
  return { file, line: before.length, column: before.at(-1)!.length + 1 };
}

// An error may come from another realm (vm, a test runner), where instanceof is false; a proxy may make it throw.
function isError(value: unknown): boolean {
  return types.isNativeError(value) || (typeof read(value, "message") === "string" && stackText(value) !== "");
}

function showFrame(frame: StackFrame): string {
  const place = `${frame.file}:${frame.line}:${frame.column}`;
  return frame.callee === "" ? `    at ${place}` : `    at ${frame.callee} (${place})`;
}
