// One server under measurement: started, asked once for the right answer, its processor time read, stopped.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import type { Peer, Row } from "./rows.ts";

const BOOT_MS = 20_000;
const STOP_MS = 5_000;

export interface RunningServer {
  readonly url: string;
  /** User and system time so far of the process and all its descendants, in microseconds. */
  cpuUs(): number;
  stop(): Promise<void>;
}

/**
 * Start a peer and wait until it gives the row's answer.
 *
 * @throws Error with what the server printed when it ends, stays silent, or answers something else.
 */
export async function start(peer: Peer, row: Row): Promise<RunningServer> {
  const child = spawn(process.execPath, peer.args, { stdio: ["ignore", "pipe", "pipe"] });
  try {
    const url = `${await printedUrl(child)}${row.path}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(BOOT_MS) });
    const body = await response.text();
    if (response.status !== 200 || body !== row.body) {
      throw new Error(`answered ${response.status} ${JSON.stringify(body.slice(0, 200))}`);
    }
    return { url, cpuUs: () => treeCpuUs(child.pid!), stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

function printedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (why: string): void => reject(new Error(`${why}; it printed: ${said.trim() || "nothing"}`));
    const timer = setTimeout(() => fail(`named no address within ${BOOT_MS / 1000} s`), BOOT_MS);
    // Read on after the address was found, so that a full pipe never holds the server up.
    const hear = (piece: Buffer): void => {
      said = (said + piece).slice(-10_000);
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found[0]);
    };
    child.stdout!.on("data", hear);
    child.stderr!.on("data", hear);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      fail(`ended with ${signal ?? code}`);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const family = [...treeOf(child.pid!, processes()).keys()];
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => {
    for (const pid of family) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // Gone in the meantime.
      }
    }
  }, STOP_MS);
  await ended;
  clearTimeout(timer);
}

interface Stat {
  readonly parent: number;
  /** Own time and that of children that ended and were waited for, in clock ticks. */
  readonly ticks: number;
}

/** One line of /proc/PID/stat (proc(5)). The name in it may hold blanks and brackets. */
export function parseStat(line: string): Stat {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { parent: Number(fields[1]), ticks };
}

function processes(): ReadonlyMap<number, Stat> {
  const found = new Map<number, Stat>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      found.set(Number(name), parseStat(readFileSync(`/proc/${name}/stat`, "latin1")));
    } catch {
      // Ended while we were looking.
    }
  }
  return found;
}

/** A process and its descendants. */
export function treeOf(root: number, all: ReadonlyMap<number, Stat>): ReadonlyMap<number, Stat> {
  const tree = new Map<number, Stat>();
  const add = (pid: number): void => {
    const stat = all.get(pid);
    if (stat === undefined) return;
    tree.set(pid, stat);
    for (const [other, { parent }] of all) if (parent === pid) add(other);
  };
  add(root);
  return tree;
}

let ticksPerSecond: number | undefined;

function treeCpuUs(root: number): number {
  ticksPerSecond ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  let ticks = 0;
  for (const stat of treeOf(root, processes()).values()) ticks += stat.ticks;
  return (ticks * 1e6) / ticksPerSecond;
}
