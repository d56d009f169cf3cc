// A failure in parts, for those who show it in a page, as JSON or folded in a terminal: what was thrown, where, and the calls that led
// there. Whatever was thrown, and whatever its getters do, this answers. Does not know who reads it.

import { types } from "node:util";
import { TsgiError } from "../errors.ts";
import { codeFrame } from "./code-frame.ts";
import { SourceMaps } from "./source-map.ts";
import {
  callsText,
  isOwn,
  isUsers,
  type Place,
  placeAmong,
  read,
  readText,
  stackFrames,
  stackText,
  summary,
} from "./stack.ts";

/** One call of a stack, as it was written where there is a source map. */
export interface FailureFrame {
  /** Empty for the top of a module. */
  readonly callee: string;
  /** An absolute path, or a `node:` name. */
  readonly file: string;
  readonly line: number;
  /** 0 when it is not known. */
  readonly column: number;
  /** Whose: the program's, of a package in node_modules, of tsgi and what it loads programs with, or of Node. */
  readonly owner: "application" | "package" | "server" | "node";
}

export interface FailureDetails {
  /** `TypeError`; empty where what was thrown is no Error. */
  readonly name: string;
  readonly message: string;
  /** Where to look first. */
  readonly place: Place | null;
  /** The lines around it with a caret (code-frame.ts); empty where the file cannot be read. */
  readonly excerpt: string;
  /** Innermost first. */
  readonly frames: readonly FailureFrame[];
  /** Of an AggregateError also what it holds. */
  readonly causes: readonly FailureDetails[];
}

// Last words go through a pipe whose buffer must hold them, and nobody reads further.
const MAX_MESSAGE = 4_000;
const MAX_FRAMES = 30;
/** `cause` may lead round in a circle, and what is thrown may hold a thousand errors. */
const MAX_CAUSES = 4;

/** Nothing else is shown, whatever a stack says: no keys, no lists of users. */
const SOURCE = /\.(?:[cm]?[jt]sx?|json)$/;

/**
 * @param thrown Anything. For a TsgiError about the program, what the program did wrong.
 * @param maps For the stacks that Node has not translated.
 */
export function detailsOf(thrown: unknown, maps: SourceMaps = new SourceMaps()): FailureDetails {
  return describe(thrown, maps, []);
}

function describe(thrown: unknown, maps: SourceMaps, above: readonly unknown[]): FailureDetails {
  // A proxy may throw when it is asked what it is an instance of.
  if (types.isNativeError(thrown) && thrown instanceof TsgiError) {
    const { core, cause } = thrown;
    if (core !== null) {
      // The frames of a parser and of a loader say nothing of the file that they read.
      const frames = framesOf(cause, maps).filter(({ owner }) => owner === "application" || owner === "package");
      return { ...core, message: cut(core.message), excerpt: excerptOf(core.place), frames, causes: [] };
    }
    if (cause !== undefined && above.length < MAX_CAUSES) return describe(cause, maps, [...above, thrown]);
    return { name: "", message: cut(thrown.message), place: null, excerpt: "", frames: [], causes: [] };
  }
  const frames = framesOf(thrown, maps);
  const found = placeAmong(frames);
  const place = found === null ? null : { file: found.file, line: found.line, column: found.column };
  return {
    ...namesOf(thrown),
    ...{ place, excerpt: excerptOf(place), frames },
    causes: causesOf(thrown, [...above, thrown]).map((cause) => describe(cause, maps, [...above, thrown])),
  };
}

/** Every frame with a file, innermost first, each as it was written. */
export const framesOf = (thrown: unknown, maps: SourceMaps): readonly FailureFrame[] =>
  stackFrames({ stack: maps.translate(callsText(thrown)) })
    .slice(0, MAX_FRAMES)
    .map((frame) => ({ ...frame, owner: ownerOf(frame.file) }));

export function ownerOf(file: string): FailureFrame["owner"] {
  if (file.startsWith("node:")) return "node";
  if (isOwn(file) || !isUsers(file)) return "server";
  return /[\\/]node_modules[\\/]/.test(file) ? "package" : "application";
}

function namesOf(thrown: unknown): Pick<FailureDetails, "name" | "message"> {
  const [name, message] = [read(thrown, "name"), read(thrown, "message")];
  if (typeof message === "string" && (typeof name === "string" || stackText(thrown) !== "")) {
    // What another process tells has its name in the stack alone.
    const [, named = "Error"] = /^([\w$.]+): /.exec(stackText(thrown)) ?? [];
    const said = message.startsWith(`${named}: `) ? "" : named;
    return { name: typeof name === "string" ? name : said, message: cut(message) };
  }
  return { name: "", message: cut(summary(thrown)) };
}

function causesOf(thrown: unknown, above: readonly unknown[]): readonly unknown[] {
  if (above.length > MAX_CAUSES) return [];
  const errors = read(thrown, "errors");
  const cause = read(thrown, "cause");
  const all = [...(Array.isArray(errors) ? errors.slice(0, MAX_CAUSES) : []), ...(cause === undefined ? [] : [cause])];
  return all.filter((one) => !above.includes(one)).slice(0, above.length === 1 ? MAX_CAUSES + 1 : 1);
}

/** The lines around a place with a caret; empty where there are none, or its file is no code. */
export function excerptOf(place: Place | null): string {
  if (place === null || place.line === 0 || !SOURCE.test(place.file)) return "";
  return codeFrame(readText(place.file) ?? "", place);
}

const cut = (text: string): string => (text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}...` : text);
