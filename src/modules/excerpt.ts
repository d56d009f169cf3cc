// The code around the place that a stack names, for a log that is read by the one who wrote it. Knows no log.

import { codeFrame } from "./code-frame.ts";
import { placeOf, readText } from "./stack.ts";

/** A code frame of the program's innermost call; `""` where there is none, or its file cannot be read. */
export function excerptOf(stack: string): string {
  const place = placeOf({ stack });
  return place === null ? "" : codeFrame(readText(place.file) ?? "", place);
}
