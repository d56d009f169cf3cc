// The command line of the reload bench. Knows flags; runs nothing.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { APPLICATIONS, type Application } from "./applications.ts";

/** What docs/performance.md has its section on reloads from. */
export const STORED = fileURLToPath(new URL("../reload.json", import.meta.url));

const NAMES = [...APPLICATIONS.map(({ name }) => name), "start", "idle"] as const;

export const HELP = `Usage: npm run bench:reload -- [options]

  --saves <n>     saves of each application under each server, taking turns (default 30)
  --starts <n>    starts of each server (default 10)
  --only <names>  only these parts, separated by commas: ${NAMES.join(", ")}
  --save          store this run in bench/reload.json; then npm run docs writes docs/performance.md from it
`;

export interface Options {
  readonly saves: number;
  readonly starts: number;
  readonly applications: readonly Application[];
  readonly start: boolean;
  readonly idle: boolean;
  readonly save: boolean;
}

/** @throws Error with what was given and what fits. */
export function readOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      saves: { type: "string", default: "30" },
      starts: { type: "string", default: "10" },
      only: { type: "string", default: NAMES.join(",") },
      save: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const count = (name: "saves" | "starts"): number => {
    if (!/^[1-9]\d{0,3}$/.test(values[name])) {
      throw new RangeError(`--${name} is "${values[name]}"; a whole number from 1 to 9999 fits`);
    }
    return Number(values[name]);
  };
  const only = values.only.split(",");
  const strange = only.find((name) => !NAMES.some((known) => known === name));
  if (strange !== undefined) throw new RangeError(`there is no part "${strange}"; there are ${NAMES.join(", ")}`);
  if (values.save && only.length < NAMES.length) throw new RangeError("--save stores a whole run; leave --only out");
  return {
    ...{ saves: count("saves"), starts: count("starts"), save: values.save },
    applications: APPLICATIONS.filter(({ name }) => only.includes(name)),
    start: only.includes("start"),
    idle: only.includes("idle"),
  };
}
