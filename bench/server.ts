// One server under measurement: started, asked once for the right answer, its processor time and memory read, stopped.
// Knows processes and /proc. Does not know what is measured, nor who loads the server.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findProgram } from "./programs.ts";
import type { Peer, Row } from "./rows.ts";

const SERVERS = fileURLToPath(new URL("servers", import.meta.url));

/** What runs now, so that a bench that is interrupted leaves nothing behind. */
const RUNNING = new Set<ChildProcess>();
let isOver = false;

const BOOT_MS = 20_000;
const STOP_MS = 5_000;

export interface RunningServer {
  readonly url: string;
  /** User and system time so far of the process and all its descendants, in microseconds. */
  cpuUs(): number;
  /** Resident memory of the process and all its descendants. A page that two of them share counts twice, before and after. */
  residentBytes(): number;
  stop(): Promise<void>;
}

/**
 * Start a peer and wait until it gives the row's answer.
 *
 * @param scratch The folder that `{tmp}` stands for.
 * @throws Error with what the server printed when it ends, stays silent, or answers something else.
 */
export async function start(peer: Peer, row: Row, scratch: string): Promise<RunningServer> {
  const program = findProgram(peer.program);
  if (program === undefined) throw new Error(`${peer.program} was not found`);
  if (isOver) throw new Error("the bench was interrupted");
  const child = spawn(
    program,
    peer.args.map((argument) => argument.replace("{tmp}", scratch)),
    {
      cwd: SERVERS,
      // Python would leave compiled files beside the sources.
      env: { ...process.env, NODE_ENV: "production", PYTHONDONTWRITEBYTECODE: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  RUNNING.add(child);
  try {
    const url = `${await printedUrl(child)}${row.path}`;
    const sent = row.post === undefined ? {} : { method: "POST", body: row.post };
    const response = await fetch(url, { ...sent, signal: AbortSignal.timeout(BOOT_MS) });
    const body = await response.text();
    if (response.status !== 200 || body !== row.body) {
      throw new Error(`answered ${response.status} ${JSON.stringify(body.slice(0, 200))}`);
    }
    return {
      url,
      cpuUs: () => treeCpuUs(child.pid!),
      residentBytes: () => treeResidentBytes(child.pid!),
      stop: () => stop(child),
    };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** The address in what a server prints: a URL, or uWSGI's sentence. */
export function addressIn(said: string): string | undefined {
  const port = /(?:http:\/\/|TCP address )127\.0\.0\.1:([1-9]\d*)\b/.exec(said)?.[1];
  return port === undefined ? undefined : `http://127.0.0.1:${port}`;
}

function printedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (why: string): void => reject(new Error(`${why}; it printed: ${said.trim() || "nothing"}`));
    const timer = setTimeout(() => fail(`named no address within ${BOOT_MS / 1000} s`), BOOT_MS);
    // Read on after the address was found, so that a full pipe never holds the server up.
    const hear = (piece: Buffer): void => {
      said = (said + piece).slice(-10_000);
      const found = addressIn(said);
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout!.on("data", hear);
    child.stderr!.on("data", hear);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      fail(`ended with ${signal ?? code}`);
    });
  });
}

/** Stop all that was started and still runs, and start no more. */
export const stopAll = async (): Promise<void> => {
  isOver = true;
  await Promise.all([...RUNNING].map(stop));
};

async function stop(child: ChildProcess): Promise<void> {
  RUNNING.delete(child);
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
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

/** VmRSS of /proc/PID/status (proc(5)), in bytes; 0 where there is none. */
export const parseResident = (status: string): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;

function treeResidentBytes(root: number): number {
  let bytes = 0;
  for (const pid of treeOf(root, processes()).keys()) {
    try {
      bytes += parseResident(readFileSync(`/proc/${pid}/status`, "latin1"));
    } catch {
      // Ended while we were looking.
    }
  }
  return bytes;
}
