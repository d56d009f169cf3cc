// A served application to be looked at: `tsgi serve`, or the application's own server. What it says is waited for; nothing outlives `end`.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { testedNode } from "../support/compiled.ts";
import { cleanEnv } from "../support/run-cli.ts";
import { Server } from "../support/server.ts";
import type { Program } from "./programs.ts";

const FOLDER = fileURLToPath(new URL("apps", import.meta.url));
const LIMIT_MS = 15_000;

export interface Peer {
  readonly port: number;
  /** Waits for a line that says so. */
  heard(line: string): Promise<void>;
  /** tsgi itself; undefined for a reference. */
  readonly server: Server | undefined;
  end(): Promise<void>;
}

/** What `node:test` calls `t.after`, without a test. */
class Afterwards {
  readonly #work: (() => unknown)[] = [];
  after = (work: () => unknown): void => void this.#work.push(work);
  async run(): Promise<void> {
    for (const work of this.#work.splice(0)) await work();
  }
}

export async function serveByTsgi(program: Program, workers: number): Promise<Peer> {
  const afterwards = new Afterwards();
  const server = Server.spawn(
    afterwards as never,
    [
      `${program.file}:application`,
      "--workers",
      String(workers),
      ...["--reload-style", "all", "--settle", "0", "--body-rate", "0"],
      "--graceful-timeout",
      "10",
    ],
    { cwd: FOLDER },
  );
  try {
    await server.says(/\bready in \d+ ms$/, 0, LIMIT_MS);
    await server.untilServing(workers);
    const isSaid = (line: string) => server.lines.some((one) => one.includes(`grid: ${line}`));
    return {
      port: server.port,
      server,
      heard: (line) => server.until(() => isSaid(line), `never said: ${line}`, LIMIT_MS),
      end: () => afterwards.run(),
    };
  } catch (error) {
    await afterwards.run();
    throw error;
  }
}

export async function serveByReference(program: Program): Promise<Peer> {
  const file = fileURLToPath(new URL("reference.ts", import.meta.url));
  const child = spawn(testedNode(), ["--import", "tsx", file, program.file, program.reference ?? ""], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: cleanEnv(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      for (const heard of waiting) heard();
    });
  }
  const said = (line: string) => lines.find((one) => one.includes(line));
  const until = (line: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = said(line);
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => reject(new Error(`never said: ${line}; but: ${lines.join(" | ")}`)), LIMIT_MS);
      waiting.add(look);
      child.once("exit", () => reject(new Error(`ended: ${lines.join("\n")}`)));
      look();
    });
  try {
    const port = Number((await until("port ")).slice("port ".length));
    return {
      port,
      server: undefined,
      heard: async (line) => void (await until(`grid: ${line}`)),
      end: () => endOf(child),
    };
  } catch (error) {
    await endOf(child);
    throw error;
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  process.kill(child.pid!, "SIGKILL");
  await once(child, "exit");
}
