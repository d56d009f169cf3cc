// A failure in parts as a text: the message, the line with its neighbours, the calls of the program first and the others only counted.
// Pure. For a terminal, a log, and a client that reads plain text; knows no colours.

import { relative } from "node:path";
import type { FailureDetails, FailureFrame } from "./details.ts";

const FRAMES_SHOWN = 8;

const OTHERS = [
  ["package", "of packages"],
  ["server", "of tsgi"],
  ["node", "of Node"],
] as const;

/** `Name: message`, whichever of both there is. */
export const titleOf = ({ name, message }: Pick<FailureDetails, "name" | "message">): string =>
  [name, message].filter((part) => part !== "").join(": ") || "nothing that could be shown was thrown";

/** A path inside of `root` relative to it; any other as it is. */
export function shorten(file: string, root: string): string {
  if (root === "" || file.startsWith("node:")) return file;
  const path = relative(root, file);
  return path === "" || /^\.\.(?:[\\/]|$)|^[A-Za-z]:/.test(path) || /^[\\/]/.test(path) ? file : path;
}

/** `app.ts:3:5`, as far as it is known. */
export const positionIn = (root: string, { file, line, column }: NonNullable<FailureDetails["place"]>): string =>
  [shorten(file, root), line, column].filter((part) => part !== 0).join(":");

/** @param root Paths inside of it are shown relative to it; `""` shows all as they are. */
export function showDetails(details: FailureDetails, root = ""): string {
  const parts = [titleOf(details)];
  const { place, excerpt } = details;
  if (place !== null) parts.push(positionIn(root, place));
  if (excerpt !== "") parts.push(excerpt);
  const calls = showFrames(details.frames, root);
  if (calls !== "") parts.push(calls);
  for (const cause of details.causes) parts.push(`caused by ${showDetails(cause, root)}`);
  return parts.join("\n\n");
}

/** Those of the program, and how many others there are. Where the program has none, the innermost of a package says most. */
export function showFrames(frames: readonly FailureFrame[], root: string): string {
  const own = frames.filter(({ owner }) => owner === "application");
  const shown =
    own.length > 0 ? own.slice(0, FRAMES_SHOWN) : frames.filter(({ owner }) => owner === "package").slice(0, 3);
  const counts = OTHERS.flatMap(([owner, words]) => {
    const count = frames.filter((frame) => frame.owner === owner && !shown.includes(frame)).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  const left = own.length - FRAMES_SHOWN;
  if (left > 0) counts.unshift(`${left} more`);
  const lines = shown.map((frame) => {
    const at = positionIn(root, frame);
    return frame.callee === "" ? `    at ${at}` : `    at ${frame.callee} (${at})`;
  });
  if (counts.length > 0) lines.push(`    ... and ${counts.join(", ")}`);
  return lines.join("\n");
}
