// test/programs/apps/stuck.ts says of its lines what they are to be blamed for: `for (;;); // blame: /spin`.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { APPS } from "./server.ts";

const APP = join(APPS, "stuck.ts");
const SOURCE = readFileSync(APP, "utf8").split("\n");

/** `.../stuck.ts:20`: file and line of TypeScript. Throws when no line is to be blamed, or more than one. */
export function blamed(way: string): string {
  const lines = SOURCE.flatMap((line, index) => (line.endsWith(` // blame: ${way}`) ? [index + 1] : []));
  if (lines.length !== 1) throw new Error(`${lines.length} lines are to be blamed for ${way}`);
  return `${APP}:${lines[0]}`;
}

/** For a regular expression that means just this text. */
export const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
