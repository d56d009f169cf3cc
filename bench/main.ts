// One command, peers side by side in one run: all servers are up, and take turns under the same load, round after round.
// Exits with 0, with 1 when a row is invalid, with 2 for a wrong option, with 3 where it cannot measure at all.

import { writeFileSync } from "node:fs";
import os from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { type Line, type Measurement, renderTable, summarize } from "./report.ts";
import { ROWS, type Row } from "./rows.ts";
import { type RunningServer, start } from "./server.ts";
import { haveWrk, runWrk } from "./wrk.ts";

const HELP = `Usage: npm run bench -- [options]

  --rounds <n>     times that each server is measured, taking turns (default 5)
  --seconds <n>    length of one measurement (default 4)
  --rows <names>   only these rows, separated by commas: ${ROWS.map((row) => row.name).join(", ")}
  --json <file>    write the figures of every round there as well
`;

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: readonly Row[];
  readonly json: string | undefined;
}

interface Result {
  readonly row: string;
  readonly lines: readonly Line[];
  readonly rounds: readonly Readonly<Record<string, Measurement>>[];
  readonly invalid: readonly string[];
}

function readOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "4" },
      rows: { type: "string" },
      json: { type: "string" },
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
  return { rounds: count("rounds"), seconds: count("seconds"), rows, json: values.json };
}

async function measureRow(row: Row, options: Options): Promise<Result> {
  const servers = new Map<string, RunningServer>();
  const rounds: Map<string, Measurement>[] = [];
  const invalid: string[] = [];
  try {
    for (const peer of row.peers) {
      try {
        const server = await start(peer, row);
        servers.set(peer.name, server);
        // Let the compiler see the hot path before anything is counted.
        const warm = await runWrk(server.url, Math.min(2, options.seconds), row.load);
        invalid.push(...warm.complaints.map((complaint) => `${peer.name}: ${complaint}`));
      } catch (error) {
        invalid.push(`${peer.name}: ${(error as Error).message}`);
      }
    }
    for (let round = 0; round < options.rounds && invalid.length === 0; round += 1) {
      const measured = new Map<string, Measurement>();
      for (const [name, server] of servers) {
        const before = server.cpuUs();
        const load = await runWrk(server.url, options.seconds, row.load);
        const cpuUs = server.cpuUs() - before;
        invalid.push(...load.complaints.map((complaint) => `${name}: ${complaint}`));
        measured.set(name, {
          cpuUsPerRequest: cpuUs / load.requests,
          requestsPerSecond: load.requests / load.seconds,
        });
      }
      rounds.push(measured);
    }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
  const plain = rounds.map((round) => Object.fromEntries(round));
  return { row: row.name, lines: invalid.length === 0 ? summarize(rounds) : [], rounds: plain, invalid };
}

async function main(): Promise<number> {
  let options: Options | "help";
  try {
    options = readOptions(process.argv.slice(2));
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
  if (!haveWrk()) {
    console.error("bench: wrk is not installed; on Debian and Ubuntu: apt-get install wrk");
    return 3;
  }
  const machine = {
    cpu: os.cpus()[0]?.model ?? "unknown",
    cores: os.availableParallelism(),
    kernel: `${os.type()} ${os.release()}`,
    node: process.version,
  };
  console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.kernel}, Node ${machine.node}`);
  console.log(
    `medians of ${options.rounds} rounds of ${options.seconds} s; CPU is user and system time of the whole process tree`,
  );
  const results: Result[] = [];
  for (const row of options.rows) {
    const result = await measureRow(row, options);
    results.push(result);
    console.log(`\n${row.name}: ${row.title}`);
    if (result.invalid.length === 0) console.log(renderTable(result.lines));
    for (const why of result.invalid) console.error(`invalid: ${why}`);
  }
  if (options.json !== undefined) {
    const { rounds, seconds } = options;
    writeFileSync(options.json, `${JSON.stringify({ machine, rounds, seconds, results }, undefined, 2)}\n`);
  }
  return results.some((result) => result.invalid.length > 0) ? 1 : 0;
}

process.exitCode = await main();
