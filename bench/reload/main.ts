// One command: how long from a save to the new code, and from a start to the first answer, beside tsx watch and node --watch.
// Exits with 0, with 1 when something could not be measured or a bar is missed, with 2 for a wrong option, with 3 where there is no /proc.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { APPLICATIONS } from "./applications.ts";
import { type IdleLine, type ReloadPart, type ReloadRun, ratioTo, renderRun, verdicts } from "./figures.ts";
import { measureIdle, measureSaves, measureStarts } from "./measure.ts";
import { HELP, type Options, readOptions, STORED } from "./options.ts";
import { stopAll } from "./servers.ts";

function printPart(part: ReloadPart): void {
  console.log(`\n${part.title}, ${part.times} times`);
  for (const line of part.lines) {
    const ratio = line.server === "tsgi dev" ? undefined : ratioTo(part, line);
    const { server, p50, p95, refused, cut, old, failed } = line;
    const figures = `${server.padEnd(26)} p50 ${ms(p50)}  p95 ${ms(p95)}  tsgi / it ${ratio?.toFixed(2) ?? "    "}`;
    console.log(`  ${figures}  refused ${refused}, cut ${cut}, old ${old}, failed ${failed}`);
  }
}

const ms = (time: number): string => `${time.toFixed(0).padStart(5)} ms`;

function printVerdicts(run: Pick<ReloadRun, "parts" | "idle">): boolean {
  console.log("");
  const all = verdicts(run);
  for (const { what, bar, reached, word } of all) {
    console.log(`${word.padEnd(12)} ${what.padEnd(66)} ${reached.padStart(9)}  (${bar})`);
  }
  return all.every(({ word }) => word === "pass");
}

const versionOf = (path: string): string =>
  (JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { version: string }).version;

async function measured(options: Options, scratch: string): Promise<{ parts: ReloadPart[]; idle: IdleLine[] }> {
  const parts: ReloadPart[] = [];
  const idle: IdleLine[] = [];
  const add = (part: ReloadPart): void => {
    parts.push(part);
    printPart(part);
  };
  for (const application of options.applications)
    add(await measureSaves(application, { saves: options.saves, scratch }));
  const [one, hundred] = APPLICATIONS;
  if (options.start) {
    for (const application of [one!, hundred!])
      add(await measureStarts(application, { starts: options.starts, scratch }));
  }
  if (options.idle) idle.push(...(await measureIdle(hundred!, scratch)));
  return { parts, idle };
}

async function main(): Promise<number> {
  let options: Options | "help";
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`bench:reload: ${(error as Error).message}`);
    return 2;
  }
  if (options === "help") {
    console.log(HELP);
    return 0;
  }
  if (process.platform !== "linux") {
    console.error("bench:reload: processor time is read from /proc, so this runs on Linux only");
    return 3;
  }
  const machine = {
    ...{ cpu: os.cpus()[0]?.model ?? "unknown", cores: os.availableParallelism() },
    ...{ memoryGb: Math.round(os.totalmem() / 2 ** 30), kernel: `${os.type()} ${os.release()}` },
  };
  const versions = {
    ...{ node: process.versions.node, tsgi: versionOf("../../package.json") },
    tsx: versionOf("../../node_modules/tsx/package.json"),
  };
  console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.kernel}; Node ${versions.node}, tsx ${versions.tsx}`);
  const scratch = mkdtempSync(join(os.tmpdir(), "tsgi-reload-"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, async () => {
      await stopAll();
      rmSync(scratch, { recursive: true, force: true });
      process.exit(128 + os.constants.signals[signal]);
    });
  }
  try {
    const { parts, idle } = await measured(options, scratch);
    const pass = printVerdicts({ parts, idle });
    if (options.save) {
      writeFileSync(STORED, renderRun({ machine, versions, parts, idle }));
      console.log("\nstored; npm run docs writes docs/performance.md from it");
    }
    return pass ? 0 : 1;
  } catch (error) {
    console.error(`invalid: ${(error as Error).message}`);
    return 1;
  } finally {
    await stopAll();
    rmSync(scratch, { recursive: true, force: true });
  }
}

process.exitCode = await main();
