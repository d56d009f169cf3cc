// One command for what a server must bear. Exits with 0, with 1 when a pass figure was missed, with 2 for a wrong option, with 3
// where it cannot measure at all.

import os from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { Arena, type Trial } from "./arena.ts";
import { type Check, exactly, type Row, renderTable } from "./check.ts";
import { FLAT, flat } from "./flat.ts";
import { soak } from "./soak.ts";
import { BOMBS } from "./trials/bombs.ts";
import { EXHAUSTION } from "./trials/exhaustion.ts";
import { FRAMING } from "./trials/framing.ts";
import { LEAVING } from "./trials/leaving.ts";
import { PIPELINING } from "./trials/pipelining.ts";
import { SLOW } from "./trials/slow.ts";

const number = (id: string): number => Number(/\d+/.exec(id)?.[0]);
const TRIALS: readonly Trial[] = [SLOW, PIPELINING, BOMBS, FRAMING, LEAVING, EXHAUSTION, FLAT]
  .flat()
  .sort((a, b) => number(a.id) - number(b.id));

const HELP = `Usage: npm run torture -- <what> [options]

  abuse                every fault below, each against a server of its own
    --only <faults>    only these, separated by commas; F15 means F15a and F15b
    --scale <n>        0.01 to 1: a share of the clients and times (default 1)
  soak                 checked load, while workers are killed, reloads happen and abuse goes on
    --minutes <n>      (default 10)
  flat                 memory over many requests of mixed sizes
    --requests <n>     (default 1000000)
  --json               the rows as JSON on standard output

${TRIALS.map(({ id, title }) => `  ${id.padEnd(6)} ${title}`).join("\n")}
`;

const A_DAY_MINUTES = 24 * 60;
/** No fault takes half of this at full size. */
const HANGS_MINUTES = 10;

class UsageError extends Error {}

interface Options {
  readonly what: "abuse" | "soak" | "flat";
  readonly trials: readonly Trial[];
  readonly scale: number;
  readonly minutes: number;
  readonly requests: number;
  readonly json: boolean;
}

function readOptions(args: readonly string[]): Options | "help" {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: "string" },
      scale: { type: "string", default: "1" },
      minutes: { type: "string", default: "10" },
      requests: { type: "string", default: "1000000" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const [what, extra] = positionals;
  if ((what !== "abuse" && what !== "soak" && what !== "flat") || extra !== undefined) {
    throw new UsageError(`"${positionals.join(" ")}" is none of abuse, soak and flat`);
  }
  const between = (name: "scale" | "minutes" | "requests", least: number, most: number): number => {
    const value = Number(values[name]);
    if (value >= least && value <= most) return value;
    throw new UsageError(`--${name} is "${values[name]}"; ${least} to ${most} fits`);
  };
  return {
    what,
    trials: values.only === undefined ? TRIALS : values.only.split(",").flatMap(trialsNamed),
    scale: between("scale", 0.01, 1),
    minutes: between("minutes", 0.05, A_DAY_MINUTES),
    requests: between("requests", 1_000, 1e9),
    json: values.json,
  };
}

/** `F15` is F15a and F15b; `F15a` is itself. */
function trialsNamed(name: string): readonly Trial[] {
  const found = TRIALS.filter(({ id }) => id === name || (/^F\d+$/.test(name) && /^F\d+/.exec(id)![0] === name));
  if (found.length === 0)
    throw new UsageError(`there is no fault "${name}"; there are ${TRIALS.map(({ id }) => id).join(", ")}`);
  return found;
}

/** Acceptance 3 of memory: within 5 % of what it was after the first twentieth. */
const steadyMemory = (requests: number) => (arena: Arena) => flat(arena, requests, requests / 20, (rss) => rss * 1.05);

async function rowsOf(id: string, arena: Arena, run: (arena: Arena) => Promise<readonly Check[]>): Promise<Row[]> {
  try {
    return (await run(arena)).map((check) => ({ id, ...check }));
  } catch (error) {
    // A trial that could not be carried out has not been passed.
    const why = ((error as Error).stack ?? String(error)).split("\n").slice(0, 4).join(" ");
    return [{ id, ...exactly("the trial came to its end", why.slice(0, 300), "yes") }];
  } finally {
    await arena.clear();
  }
}

/** One fault that hangs must not keep the others from being judged. */
async function withinLimit<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<never>((_ok, no) => {
    timer = setTimeout(() => no(new Error(`not over after ${HANGS_MINUTES} minutes`)), HANGS_MINUTES * 60_000);
  });
  try {
    return await Promise.race([work, hangs]);
  } finally {
    clearTimeout(timer);
  }
}

async function run(options: Options, say: (line: string) => void): Promise<Row[]> {
  const { what, minutes, requests, scale } = options;
  if (what === "soak") return rowsOf("soak", new Arena(1), (arena) => soak(arena, minutes, say));
  if (what === "flat") return rowsOf("flat", new Arena(1), steadyMemory(requests));
  const rows: Row[] = [];
  for (const trial of options.trials) {
    const startedAt = performance.now();
    const found = await rowsOf(trial.id, new Arena(scale), (arena) => withinLimit(trial.run(arena)));
    const failed = found.filter(({ ok }) => !ok).length;
    const verdict = failed === 0 ? "ok" : `${failed} FAILED`;
    say(
      `${trial.id.padEnd(5)} ${verdict.padEnd(9)} ${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${trial.title}`,
    );
    for (const { ok, what, bar, reached } of found) if (!ok) say(`      ${what}: ${reached} (${bar})`);
    rows.push(...found);
  }
  return rows;
}

async function main(): Promise<number> {
  let options: Options | "help";
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`torture: ${(error as Error).message}`);
    return 2;
  }
  if (options === "help") {
    console.log(HELP);
    return 0;
  }
  if (process.platform !== "linux") {
    console.error("torture: memory and descriptors are read from /proc, so this runs on Linux only");
    return 3;
  }
  const machine = `${os.cpus()[0]?.model ?? "unknown"}, ${os.availableParallelism()} cores, ${os.type()} ${os.release()}, Node ${process.version}`;
  console.error(machine);
  const rows = await run(options, (line) => console.error(line));
  const missed = rows.filter(({ ok }) => !ok);
  if (options.json) console.log(JSON.stringify({ machine, scale: options.scale, rows }, undefined, 2));
  else console.log(`\n${renderTable(rows)}\n\n${rows.length - missed.length} of ${rows.length} pass figures reached`);
  return missed.length === 0 ? 0 : 1;
}

// A trial that was given up may hold the loop.
process.exit(await main());
