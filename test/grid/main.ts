// One command: every application through every behaviour, beside its own server. Exits with 0, with 1 when a cell is DIFFERENT or not
// as it was stored, with 2 for a wrong option.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { VERSION } from "../../src/version.ts";
import { BEHAVIOURS, GROUPS } from "./behaviours/index.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { gridPage } from "./page.ts";
import { PROGRAMS, type Program } from "./programs.ts";
import { type Column, judge, reference, subject } from "./run.ts";
import { changes, merge, RESULTS, type Results, readResults, renderResults, textOf } from "./stored.ts";
import type { Cell } from "./verdict.ts";

/** As many as show what is shared between workers and what is not. */
const WORKERS = 2;

const EMPTY: Results = { versions: {}, cells: {} };

function versionOf(program: Program): string {
  if (program.kind === "tsgi" || program.kind === "asgi") return VERSION;
  if (program.package === undefined) return process.versions.node.split(".")[0]!;
  const manifest = new URL(`../../node_modules/${program.package}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}

function stored(): Results {
  try {
    return readResults();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return EMPTY;
    throw error;
  }
}

/** A column whose server does not start is one failure in each of its cells. */
async function columnOf(work: Promise<Column>, options: Options): Promise<Column> {
  try {
    return await work;
  } catch (error) {
    const failed = `does not serve: ${(error as Error).message.split("\n").slice(0, 2).join(" ").slice(0, 200)}`;
    return new Map(options.behaviours.map(({ id }) => [id, { failed }]));
  }
}

async function run(options: Options): Promise<Results> {
  const cells: Record<string, Record<string, Cell>> = Object.fromEntries(options.behaviours.map(({ id }) => [id, {}]));
  let plain: Column | undefined;
  for (const program of options.programs) {
    const startedAt = performance.now();
    const beside =
      program.reference === undefined ? undefined : await columnOf(reference(program, options.behaviours), options);
    if (program === PROGRAMS[0]) plain = beside;
    const tsgi = await columnOf(subject(program, options.behaviours, WORKERS), options);
    const isNode = program.kind === "node";
    const column = judge({ program, tsgi, reference: beside, plain: isNode ? plain : undefined }, options.behaviours);
    const count = (word: Cell["word"]): number => [...column.values()].filter((cell) => cell.word === word).length;
    const took = ((performance.now() - startedAt) / 1_000).toFixed(1);
    console.log(
      `${program.title.padEnd(18)} ${count("ok")} ok, ${count("as") + count("known")} explained, ${count("DIFFERENT")} DIFFERENT (${took} s)`,
    );
    const dead = tsgi.values().next().value?.["failed"];
    if (String(dead).startsWith("does not serve")) console.log(`  ${dead}`);
    for (const [id, cell] of column) {
      cells[id]![program.title] = cell;
      if (String(dead).startsWith("does not serve")) continue;
      if (cell.word !== "ok" && (options.verbose || cell.word === "DIFFERENT")) console.log(`  ${id}: ${textOf(cell)}`);
      if (options.verbose && cell.word === "DIFFERENT") {
        console.log(`    tsgi ${JSON.stringify(tsgi.get(id))}\n    reference ${JSON.stringify(beside?.get(id))}`);
      }
    }
  }
  const versions = Object.fromEntries(options.programs.map((program) => [program.title, versionOf(program)]));
  return { versions, cells };
}

const PAGE = new URL("../../docs/grid.md", import.meta.url);

const page = (): string => gridPage(stored(), GROUPS, PROGRAMS);

function write(): number {
  writeFileSync(PAGE, page());
  return 0;
}

function check(): number {
  if (existsSync(PAGE) && readFileSync(PAGE, "utf8") === page()) return 0;
  console.error("docs/grid.md is not what the stored results say: run npm run grid -- --write");
  return 1;
}

async function main(): Promise<number> {
  let options: Options | "help";
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`grid: ${(error as Error).message}`);
    return 2;
  }
  if (options === "help") {
    console.log(HELP);
    return 0;
  }
  if (options.mode === "write") return write();
  if (options.mode === "check") return check();
  const now = await run(options);
  const isWrong = Object.values(now.cells).some((row) => Object.values(row).some(({ word }) => word === "DIFFERENT"));
  if (options.mode === "save") {
    const ids = BEHAVIOURS.map(({ id }) => id);
    writeFileSync(RESULTS, renderResults(merge(stored(), now, ids)));
    write();
    return isWrong ? 1 : 0;
  }
  const changed = changes(stored(), now);
  for (const line of changed) console.log(`changed: ${line}`);
  return isWrong || changed.length > 0 ? 1 : 0;
}

// A behaviour that was given up may hold the loop.
process.exit(await main());
