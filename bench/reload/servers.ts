// The servers that watch, and how each is started. A server runs in a folder of its own, so that a save is seen by one of them.
// Knows processes. Does not know what is saved, nor when.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseStat, treeOf } from "../server.ts";
import { ENTRIES } from "./applications.ts";

export type ServerName = "tsgi dev" | "tsx watch" | "node --import tsx --watch" | "node --watch" | "tsx";

export interface Program {
  readonly name: ServerName;
  readonly entry: keyof typeof ENTRIES;
  /** Arguments of this Node. */
  readonly args: (port: number) => readonly string[];
}

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const TSGI = fileOf("../../bin/tsgi.js");
const TSX = fileOf("../../node_modules/tsx/dist/cli.mjs");

export const SUBJECT: Program = {
  name: "tsgi dev",
  entry: "exported",
  args: (port) => [TSGI, "dev", "app:application", "--bind", `127.0.0.1:${port}`],
};
/** With what a start is compared. */
export const PLAIN: Program = { name: "tsx", entry: "listening", args: () => [TSX, ENTRIES.listening] };

const WATCHES: readonly Program[] = [
  { name: "tsx watch", entry: "listening", args: () => [TSX, "watch", "--clear-screen=false", ENTRIES.listening] },
  {
    ...{ name: "node --import tsx --watch", entry: "listening" },
    args: () => ["--import", import.meta.resolve("tsx"), "--watch", "--watch-preserve-output", ENTRIES.listening],
  },
];
/** Where this Node runs TypeScript by itself. */
const BARE: Program = {
  ...{ name: "node --watch", entry: "listening" },
  args: () => ["--watch", "--watch-preserve-output", ENTRIES.listening],
};

/** Not in the types of Node 20. */
const runsTypeScript = Boolean((process.features as { readonly typescript?: unknown }).typescript);
export const PEERS: readonly Program[] = runsTypeScript ? [...WATCHES, BARE] : WATCHES;

const RUNNING = new Set<ChildProcess>();
const STOP_MS = 3_000;

export interface Running {
  readonly pid: number;
  readonly port: number;
  /** What it printed, the end of it. */
  said(): string;
  stop(): Promise<void>;
}

/** Starts it and waits for nothing. */
export function run(
  program: Program,
  { folder, port, extra = [] }: { folder: string; port: number; extra?: readonly string[] },
): Running {
  const child = spawn(process.execPath, [...program.args(port), ...extra], {
    cwd: folder,
    // Of the cache that tsx keeps there, and looks through at each start, others have filled thousands of files.
    env: { ...process.env, PORT: String(port), NODE_ENV: "development", TMPDIR: dirname(folder) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  RUNNING.add(child);
  let text = "";
  const hear = (piece: Buffer): void => {
    text = (text + piece).slice(-4_000);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  return { pid: child.pid!, port, said: () => text.trim(), stop: () => stop(child) };
}

export const stopAll = async (): Promise<void> => void (await Promise.all([...RUNNING].map(stop)));

async function stop(child: ChildProcess): Promise<void> {
  RUNNING.delete(child);
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const family = familyOf(child.pid);
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timer);
  // A runner that was killed leaves its program behind.
  for (const pid of family) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone, as it should be.
    }
  }
}

function familyOf(root: number): readonly number[] {
  const all = new Map<number, ReturnType<typeof parseStat>>();
  for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
    try {
      all.set(Number(name), parseStat(readFileSync(`/proc/${name}/stat`, "latin1")));
    } catch {
      // Ended while we were looking.
    }
  }
  return [...treeOf(root, all).keys()].filter((pid) => pid !== root);
}

/** Processor time of all threads of a process so far, in milliseconds: /proc/PID/task/TID/schedstat, which counts nanoseconds. */
export function cpuMs(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.reduce(
    (sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ")[0]) / 1e6,
    0,
  );
}

/** One that nobody listens on now. Peers bind theirs anew with each restart, so they need a number. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
