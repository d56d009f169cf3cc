// What `npm run grid` may be told.

import { parseArgs } from "node:util";
import type { Behaviour } from "./behaviour.ts";
import { BEHAVIOURS } from "./behaviours/index.ts";
import { PROGRAMS, type Program } from "./programs.ts";

export const HELP = `npm run grid -- [options]

  --only <titles>         applications, separated by commas, in any case (${PROGRAMS.map(({ title }) => title).join(", ")})
  --behaviours <ids>      behaviours whose id begins so, separated by commas
  --cheap                 leave out what moves many bytes
  --save                  store the results, and write docs/grid.md from them
  --write                 run nothing; write docs/grid.md from the stored results
  --check                 run nothing; say whether docs/grid.md is what the stored results say
  --verbose               what was seen, for each cell
  --help

Without --save the results are compared with the stored ones. Exits with 1 when a cell is DIFFERENT, or not as it was stored.`;

export interface Options {
  readonly programs: readonly Program[];
  readonly behaviours: readonly Behaviour[];
  /** What is done with the results; `write` and `check` run nothing. */
  readonly mode: "compare" | "save" | "write" | "check";
  readonly verbose: boolean;
}

const MODES = ["save", "write", "check"] as const;

/** @throws Error, for a person, for what is no option. */
export function readOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ only: { type: "string" }, behaviours: { type: "string" }, cheap: { type: "boolean" } },
      ...{ save: { type: "boolean" }, write: { type: "boolean" }, check: { type: "boolean" } },
      ...{ verbose: { type: "boolean" }, help: { type: "boolean" } },
    },
  });
  if (values.help === true) return "help";
  const only = values.only?.split(",").map((name) => name.trim().toLowerCase());
  const stranger = only?.find((name) => !PROGRAMS.some(({ title }) => title.toLowerCase() === name));
  if (stranger !== undefined) {
    throw new Error(`--only ${stranger}: expected one of ${PROGRAMS.map(({ title }) => title).join(", ")}`);
  }
  const starts = values.behaviours?.split(",").map((id) => id.trim());
  const missing = starts?.find((start) => !BEHAVIOURS.some(({ id }) => id.startsWith(start)));
  if (missing !== undefined) throw new Error(`--behaviours ${missing}: no behaviour has an id that begins so`);
  const wanted = (behaviour: Behaviour): boolean =>
    (starts === undefined || starts.some((start) => behaviour.id.startsWith(start))) &&
    !(values.cheap === true && behaviour.dear === true);
  return {
    programs: PROGRAMS.filter(({ title }) => only === undefined || only.includes(title.toLowerCase())),
    behaviours: BEHAVIOURS.filter(wanted),
    mode: MODES.find((mode) => values[mode] === true) ?? "compare",
    verbose: values.verbose === true,
  };
}
