// The command line of the program: what is to be done, to which faults, how large, and on which Node.

import { accessSync, constants } from "node:fs";
import { parseArgs } from "node:util";
import type { Trial } from "./arena.ts";

export type What = "abuse" | "supervise" | "soak" | "flat";

export interface Options {
  readonly what: What;
  readonly trials: readonly Trial[];
  readonly scale: number;
  readonly minutes: number;
  readonly requests: number;
  /** The binary that runs the server. */
  readonly node: string | undefined;
  readonly json: boolean;
}

export type Lists = Readonly<Record<"abuse" | "supervise", readonly Trial[]>>;

export class UsageError extends Error {}

const A_DAY_MINUTES = 24 * 60;

const listOf = (trials: readonly Trial[]): string =>
  trials.map(({ id, title }) => `  ${id.padEnd(6)} ${title}`).join("\n");

export const helpOf = ({ abuse, supervise }: Lists): string => `Usage: npm run torture -- <what> [options]

  abuse                what clients can bring, each fault against a server of its own
  supervise            reloads, stops, crashes, upgrades, four workers under load that counts every request
    --only <faults>    only these, separated by commas; F15 means F15a and F15b
    --scale <n>        0.01 to 1: a share of the clients and times (default 1)
  soak                 checked load, while workers are killed, reloads happen and abuse goes on
    --minutes <n>      (default 10)
  flat                 memory over many requests of mixed sizes
    --requests <n>     (default 1000000)
  --node <path>        the Node binary that runs the server (default: TSGI_TEST_NODE, else this one)
  --json               the rows as JSON on standard output

abuse
${listOf(abuse)}

supervise
${listOf(supervise)}
`;

/** @throws {UsageError} for what does not fit, and node:util's errors for what it does not know. */
export function readOptions(args: readonly string[], lists: Lists): Options | "help" {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: "string" },
      scale: { type: "string", default: "1" },
      minutes: { type: "string", default: "10" },
      requests: { type: "string", default: "1000000" },
      node: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const [what, extra] = positionals;
  if (!isWhat(what) || extra !== undefined) {
    throw new UsageError(`"${positionals.join(" ")}" is none of abuse, supervise, soak and flat`);
  }
  const between = (name: "scale" | "minutes" | "requests", least: number, most: number): number => {
    const value = Number(values[name]);
    if (value >= least && value <= most) return value;
    throw new UsageError(`--${name} is "${values[name]}"; ${least} to ${most} fits`);
  };
  const all = what === "abuse" || what === "supervise" ? lists[what] : [];
  if (values.only !== undefined && all.length === 0) throw new UsageError(`--only is for abuse and supervise`);
  if (values.node !== undefined && !isProgram(values.node)) {
    throw new UsageError(`--node is "${values.node}"; the path of a program fits`);
  }
  return {
    what,
    trials: values.only === undefined ? all : values.only.split(",").flatMap((name) => trialsNamed(all, name)),
    scale: between("scale", 0.01, 1),
    minutes: between("minutes", 0.05, A_DAY_MINUTES),
    requests: between("requests", 1_000, 1e9),
    node: values.node,
    json: values.json,
  };
}

const isWhat = (what: string | undefined): what is What => ["abuse", "supervise", "soak", "flat"].includes(what ?? "");

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `F15` is F15a and F15b; `F15a` is itself. */
function trialsNamed(all: readonly Trial[], name: string): readonly Trial[] {
  const found = all.filter(({ id }) => id === name || (/^[A-Z]\d+$/.test(name) && /^[A-Z]\d+/.exec(id)![0] === name));
  if (found.length === 0)
    throw new UsageError(`there is no fault "${name}"; there are ${all.map(({ id }) => id).join(", ")}`);
  return found;
}
