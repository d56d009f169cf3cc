// The command line of the bench. Knows flags; runs nothing.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ROWS, type Row } from "./rows.ts";

/** What is compared with, and what docs/performance.md is made from. */
export const BASELINE = fileURLToPath(new URL("baseline.json", import.meta.url));

export const HELP = `Usage: npm run bench -- [options]

  --rounds <n>       times that each server is measured, taking turns (default 5)
  --seconds <n>      length of one measurement (default 4)
  --rows <names>     only these rows, separated by commas: ${ROWS.map((row) => row.name).join(", ")}
  --json <file>      write the figures of every round there as well
  --baseline <file>  the stored run whose ratios are printed beside (default bench/baseline.json)
  --save             store this run there; then npm run docs writes docs/performance.md from it
`;

export interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: readonly Row[];
  readonly json: string | undefined;
  readonly baseline: string;
  readonly save: boolean;
}

/** @throws Error with what was given and what fits. */
export function readOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "4" },
      rows: { type: "string" },
      json: { type: "string" },
      baseline: { type: "string", default: BASELINE },
      save: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const count = (name: "rounds" | "seconds"): number => {
    if (!/^[1-9]\d{0,3}$/.test(values[name])) {
      throw new RangeError(`--${name} is "${values[name]}"; a whole number from 1 to 9999 fits`);
    }
    return Number(values[name]);
  };
  const rows = (values.rows ?? ROWS.map((row) => row.name).join(",")).split(",").map((name) => {
    const row = ROWS.find((known) => known.name === name);
    if (row === undefined)
      throw new RangeError(`there is no row "${name}"; there are ${ROWS.map((r) => r.name).join(", ")}`);
    return row;
  });
  const { json, baseline, save } = values;
  return { rounds: count("rounds"), seconds: count("seconds"), rows, json, baseline, save };
}
