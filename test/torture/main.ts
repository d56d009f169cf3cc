// One command for what a server must bear. Exits with 0, with 1 when a pass figure was missed, with 2 for a wrong option, with 3
// where it cannot measure at all.

import { execFileSync } from "node:child_process";
import os from "node:os";
import process from "node:process";
import { testedNode } from "../support/compiled.ts";
import { Arena, type Trial } from "./arena.ts";
import { type Check, exactly, type Row, renderTable } from "./check.ts";
import { FLAT, flat } from "./flat.ts";
import { helpOf, type Lists, type Options, readOptions } from "./options.ts";
import { soak } from "./soak.ts";
import { BOMBS } from "./trials/bombs.ts";
import { BOOT } from "./trials/boot.ts";
import { BROKEN } from "./trials/broken.ts";
import { CRASH } from "./trials/crash.ts";
import { EXHAUSTION } from "./trials/exhaustion.ts";
import { FRAMING } from "./trials/framing.ts";
import { LEAVING } from "./trials/leaving.ts";
import { LOGS } from "./trials/logs.ts";
import { PIPELINING } from "./trials/pipelining.ts";
import { RECYCLE } from "./trials/recycle.ts";
import { RELOAD } from "./trials/reload.ts";
import { SLOW } from "./trials/slow.ts";
import { STOP } from "./trials/stop.ts";
import { STORMS } from "./trials/storms.ts";
import { STUCK } from "./trials/stuck.ts";
import { SYSTEM } from "./trials/system.ts";
import { THROWING } from "./trials/throwing.ts";
import { UPGRADE } from "./trials/upgrade.ts";
import { WEBSOCKETS } from "./trials/websockets.ts";

/** A1 before A10, and what must work before what may happen. */
function inOrder(trials: readonly (readonly Trial[])[]): readonly Trial[] {
  const placeOf = ({ id }: Trial): string => id[0]! + /\d+/.exec(id)![0].padStart(3, "0");
  return trials.flat().sort((a, b) => placeOf(a).localeCompare(placeOf(b)) || a.id.localeCompare(b.id));
}

const LISTS: Lists = {
  abuse: inOrder([SLOW, PIPELINING, BOMBS, FRAMING, LEAVING, EXHAUSTION, FLAT]),
  supervise: inOrder([
    RELOAD,
    BROKEN,
    RECYCLE,
    CRASH,
    BOOT,
    THROWING,
    STUCK,
    STOP,
    UPGRADE,
    LOGS,
    SYSTEM,
    STORMS,
    WEBSOCKETS,
  ]),
};

/** No fault takes half of this at full size, unless it says so. */
const HANGS_MINUTES = 10;

/** Acceptance 3 of memory: within 5 % of what it was after the first twentieth. */
const steadyMemory = (requests: number) => (arena: Arena) => flat(arena, requests, requests / 20, (rss) => rss * 1.05);

async function rowsOf(id: string, arena: Arena, run: (arena: Arena) => Promise<readonly Check[]>): Promise<Row[]> {
  try {
    return (await run(arena)).map((check) => ({ id, ...check }));
  } catch (error) {
    // A trial that could not be carried out has not been passed.
    const { message, stack = "" } = error as Error;
    const at = stack.split("\n").find((line) => line.includes("/torture/trials/"));
    const why = `${message.replace(/\s+/g, " ").slice(0, 240)}${at === undefined ? "" : ` ${at.trim()}`}`;
    return [{ id, ...exactly("the trial came to its end", why, "yes") }];
  } finally {
    await arena.clear();
  }
}

/** One fault that hangs must not keep the others from being judged. */
async function withinLimit<T>(work: Promise<T>, minutes: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<never>((_ok, no) => {
    timer = setTimeout(() => no(new Error(`not over after ${minutes} minutes`)), minutes * 60_000);
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
    const found = await rowsOf(trial.id, new Arena(scale), (arena) =>
      withinLimit(trial.run(arena), trial.minutes ?? HANGS_MINUTES),
    );
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
    options = readOptions(process.argv.slice(2), LISTS);
  } catch (error) {
    console.error(`torture: ${(error as Error).message}`);
    return 2;
  }
  if (options === "help") {
    console.log(helpOf(LISTS));
    return 0;
  }
  if (process.platform !== "linux") {
    console.error("torture: memory and descriptors are read from /proc, so this runs on Linux only");
    return 3;
  }
  // Read whenever a server is started, here and in the processes of the load.
  if (options.node !== undefined) process.env["TSGI_TEST_NODE"] = options.node;
  const node = execFileSync(testedNode(), ["--version"], { encoding: "utf8" }).trim();
  const machine = `${os.cpus()[0]?.model ?? "unknown"}, ${os.availableParallelism()} cores, ${os.type()} ${os.release()}, Node ${node}`;
  console.error(machine);
  const rows = await run(options, (line) => console.error(line));
  const missed = rows.filter(({ ok }) => !ok);
  if (options.json) console.log(JSON.stringify({ machine, scale: options.scale, rows }, undefined, 2));
  else console.log(`\n${renderTable(rows)}\n\n${rows.length - missed.length} of ${rows.length} pass figures reached`);
  return missed.length === 0 ? 0 : 1;
}

// A trial that was given up may hold the loop.
process.exit(await main());
