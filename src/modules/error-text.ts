// An error as a terminal shows it to the one who wrote the program; and a text into which somebody else has put one, such as a framework.
// Knows no log. Whatever was thrown, this answers.

import { detailsOf, excerptOf, type FailureDetails, framesOf } from "./details.ts";
import { showDetails, showFrames } from "./show-details.ts";
import { SourceMaps } from "./source-map.ts";
import { placeAmong, read } from "./stack.ts";

/** Where a call is shown, the first is the place. */
export const errorText = (thrown: unknown): string => textOf(detailsOf(thrown));

/** The same of what another process has thrown, and has taken apart there (`details`), where its stack was known in full. */
export function toldErrorText(told: unknown): string {
  const details = read(told, "details");
  return typeof details === "object" && details !== null ? textOf(details as FailureDetails) : errorText(told);
}

const textOf = (details: FailureDetails): string =>
  showDetails(details.frames.length > 0 ? { ...details, place: null } : details);

/** Lines of calls, and those that inspect() puts in place of the ones that a cause has as well. */
const CALLS = /(?:^[ \t]+(?:at \S|\.\.\. \d+ lines matching ).*(?:\n|$))+/gm;
/** What inspect() puts behind the last call of an error that has properties, or stands in something. */
const BEHIND = /[ {},\]]*$/;

/** The same text with the calls of the program alone, and its code before the first of them. A text that has code in it stays as it is. */
export function withCode(text: string): string {
  if (!/^[ \t]+at \S/m.test(text) || /^> *\d+ \|/m.test(text)) return text;
  let excerpt: string | undefined;
  return text.replace(CALLS, (block) => {
    const lines = block.trimEnd().split("\n");
    const behind = BEHIND.exec(lines.at(-1)!)![0];
    const stack = lines.map((line) => line.replace(BEHIND, "")).join("\n");
    const frames = framesOf({ stack }, new SourceMaps());
    if (frames.length === 0) return block;
    const code = excerpt === undefined ? excerptOf(placeAmong(frames)) : "";
    excerpt ??= code;
    return `${code === "" ? "" : `\n${code}\n\n`}${showFrames(frames, "")}${behind}${block.endsWith("\n") ? "\n" : ""}`;
  });
}
