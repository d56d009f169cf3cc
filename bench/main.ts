// One command, peers side by side in one run, bars and a stored run beside what was reached.
// Exits with 0, with 1 when a row is invalid or a peer failed, with 2 for a wrong option, with 3 where it cannot measure at all.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Baseline, type Machine, merge, parseBaseline, renderBaseline, storedRatios } from "./baseline.ts";
import { type Measured, measure } from "./measure.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { findProgram, installHint, versions } from "./programs.ts";
import { barText, judge, type Line, type Measurement, renderRow, summarize } from "./report.ts";
import { ROWS, type Row } from "./rows.ts";
import { stopAll } from "./server.ts";

interface Result {
  readonly row: Row;
  readonly lines: readonly Line[];
  readonly rounds: readonly Readonly<Record<string, Measurement>>[];
  readonly absent: readonly string[];
  readonly missing: readonly string[];
  /** What went wrong, for a person. Such a row is not whole. */
  readonly invalid: readonly string[];
}

async function runRow(row: Row, options: Options, scratch: string): Promise<Result> {
  let measured: Measured;
  try {
    measured = await measure(row, { rounds: options.rounds, seconds: options.seconds, scratch });
  } catch (error) {
    const why = (error as Error).message;
    return { row, lines: [], rounds: [], absent: row.peers.map((peer) => peer.name), missing: [], invalid: [why] };
  }
  const { rounds, missing, failed } = measured;
  return {
    row,
    lines: summarize(rounds),
    rounds: rounds.map((round) => Object.fromEntries(round)),
    absent: [...missing, ...failed].map(({ peer }) => peer),
    missing: missing.map(({ why }) => why),
    invalid: failed.map(({ peer, why }) => `${peer}: ${why}`),
  };
}

function printResult({ row, lines, invalid }: Result, stored: Baseline | undefined): void {
  console.log(`\n${row.name}: ${row.title}`);
  if (lines.length > 0) console.log(renderRow(row, lines, storedRatios(stored, row.name)));
  for (const why of invalid) console.error(`invalid: ${why}`);
}

function printSummary(results: readonly Result[]): void {
  const verdicts = results.flatMap(({ row, lines }) => judge(row, lines).map((verdict) => ({ row, ...verdict })));
  const count = (word: string): number => verdicts.filter((verdict) => verdict.word === word).length;
  console.log(`\n${count("reached")} bars reached, ${count("missed")} missed, ${count("not measured")} not measured`);
  for (const { row, against, bar, reached, word } of verdicts) {
    if (word === "missed")
      console.log(`missed: ${row.name} against ${against}: ${reached!.toFixed(3)}, not ${barText(bar)}`);
  }
  for (const hint of new Set(results.flatMap(({ missing }) => missing))) console.log(`left out: ${hint}`);
}

function stored(path: string): Baseline | undefined {
  try {
    return parseBaseline(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}

const machine = (): Machine => ({
  cpu: os.cpus()[0]?.model ?? "unknown",
  cores: os.availableParallelism(),
  memoryGb: Math.round(os.totalmem() / 2 ** 30),
  kernel: `${os.type()} ${os.release()}`,
});

/** A row without figures is stored as one: it does not cost the others their run, and `--rows` can make up for it. */
function save(results: readonly Result[], run: Omit<Baseline, "rows">, options: Options): boolean {
  const rows = results.map(({ row, lines, absent }) => ({ row: row.name, lines, absent }));
  try {
    const names = ROWS.map((row) => row.name);
    writeFileSync(options.baseline, renderBaseline(merge(stored(options.baseline), { ...run, rows }, names)));
  } catch (error) {
    console.error(`bench: not stored: ${(error as Error).message}`);
    return false;
  }
  console.log("\nstored; npm run docs writes docs/performance.md from it");
  return true;
}

async function main(): Promise<number> {
  let options: Options | "help";
  let before: Baseline | undefined;
  try {
    options = readOptions(process.argv.slice(2));
    before = options === "help" ? undefined : stored(options.baseline);
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    return 2;
  }
  if (options === "help") {
    console.log(HELP);
    return 0;
  }
  if (process.platform !== "linux") {
    console.error("bench: processor time is read from /proc, so this runs on Linux only");
    return 3;
  }
  if (findProgram("wrk") === undefined) {
    console.error(`bench: wrk is not installed; on Debian and Ubuntu: ${installHint("wrk")}`);
    return 3;
  }
  const { rounds, seconds } = options;
  const run = { machine: machine(), versions: versions(), rounds, seconds };
  const { cpu, cores, kernel } = run.machine;
  console.log(`${cpu}, ${cores} cores, ${kernel}`);
  console.log(
    Object.entries(run.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", "),
  );
  console.log(`medians of ${rounds} rounds of ${seconds} s; CPU is user and system time of the whole process tree`);
  const results: Result[] = [];
  const scratch = mkdtempSync(join(os.tmpdir(), "tsgi-bench-"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, async () => {
      await stopAll();
      rmSync(scratch, { recursive: true, force: true });
      process.exit(128 + os.constants.signals[signal]);
    });
  }
  try {
    for (const row of options.rows) {
      const result = await runRow(row, options, scratch);
      results.push(result);
      printResult(result, before);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  printSummary(results);
  if (options.json !== undefined) {
    const named = results.map(({ row, ...rest }) => ({ row: row.name, ...rest }));
    writeFileSync(options.json, `${JSON.stringify({ ...run, results: named }, undefined, 2)}\n`);
  }
  const isStored = !options.save || save(results, run, options);
  return isStored && results.every(({ lines, invalid }) => lines.length > 0 && invalid.length === 0) ? 0 : 1;
}

process.exitCode = await main();
