// The server as its users have it: bin/tsgi.js as a real process. Its log is waited for, never slept for, and nothing of it outlives
// the test. TSGI_TEST_NODE names another node binary to run it with, TSGI_TEST_BIN another tsgi (an installed package).

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { testedNode } from "./compiled.ts";
import { cleanEnv } from "./run-cli.ts";

/** The program that is tested. */
export const BIN = process.env["TSGI_TEST_BIN"] ?? fileURLToPath(new URL("../../bin/tsgi.js", import.meta.url));

/** Applications that tests serve. */
export const APPS = fileURLToPath(new URL("../programs/apps", import.meta.url));

/** A promise that is not kept fails with what the server said, instead of hanging the run. */
const LIMIT_MS = 60_000;

export interface LogRecord {
  readonly level: string;
  readonly time: string;
  readonly pid: number;
  readonly role: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ServerOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Descriptors that the server inherits as 3, 4, ... */
  readonly inherit?: readonly number[];
  /** Adds no argument: neither `--bind 127.0.0.1:0` nor `--log-format json --log-level debug`. */
  readonly bare?: boolean;
  /** A program that runs the server: `["setpriv", ...]`. */
  readonly through?: readonly string[];
}

export class Server {
  /** The log, in the order it was written. */
  readonly records: LogRecord[] = [];
  /** Everything said on stderr, line by line. */
  readonly lines: string[] = [];
  stdout = "";
  readonly pid: number;
  /** The master is gone. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** The master is gone, and so is every process that it started. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #mark = `TEST_SERVER=${randomUUID()}`;
  readonly #waiting = new Set<() => void>();
  #over = false;

  private constructor(args: readonly string[], options: ServerOptions) {
    const [name = "", mark = ""] = this.#mark.split("=");
    const node = testedNode();
    const [program = node, ...words] = [...(options.through ?? []), node, "--", BIN, ...args];
    this.#child = spawn(program, words, {
      cwd: options.cwd ?? APPS,
      env: { ...cleanEnv(options.env), [name]: mark },
      stdio: ["ignore", "pipe", "pipe", ...(options.inherit ?? [])],
    });
    this.pid = this.#child.pid!;
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#wake();
    });
    createInterface({ input: this.#child.stderr! }).on("line", (line) => this.#hear(line));
    this.exited = once(this.#child, "exit").then(([code, signal]) => code ?? signal);
    // The pipes close when the last process that holds them is gone.
    this.ended = once(this.#child, "close").then(([code, signal]) => {
      this.#over = true;
      this.#wake();
      return { code, signal, stdout: this.stdout, stderr: this.lines.map((line) => `${line}\n`).join("") };
    });
  }

  /** `tsgi serve` with these arguments, on a free port unless they say where; does not wait for it. */
  static spawn(t: Pick<TestContext, "after">, args: readonly string[], options: ServerOptions = {}): Server {
    const usual = { "--bind": "127.0.0.1:0", "--log-format": "json", "--log-level": "debug" };
    const unsaid = Object.entries(usual).filter(([flag]) => options.bare !== true && !args.includes(flag));
    return Server.run(t, ["serve", ...args, ...unsaid.flat()], options);
  }

  /** The same, and waits until it serves. */
  static async start(
    t: Pick<TestContext, "after">,
    args: readonly string[],
    options: ServerOptions = {},
  ): Promise<Server> {
    const server = Server.spawn(t, args, options);
    await server.says(/\bready in \d+ ms$/);
    return server;
  }

  /** `tsgi` with any arguments. */
  static run(t: Pick<TestContext, "after">, args: readonly string[], options: ServerOptions = {}): Server {
    const server = new Server(args, options);
    t.after(() => server.#sweep());
    return server;
  }

  /** Waits for a record of the log; `from` is a count of records to leave out. Fails when the server ends without it. */
  async says(pattern: RegExp, from = 0, limitMs = LIMIT_MS): Promise<LogRecord> {
    const found = () => this.records.slice(from).find(({ msg }) => pattern.test(msg));
    await this.until(() => found() !== undefined, `the log never said ${pattern}`, limitMs);
    return found()!;
  }

  /** Waits until something is true that the server's output or end decides. */
  async until(test: () => boolean, otherwise = "it never came true", limitMs = LIMIT_MS): Promise<void> {
    const late = Date.now() + limitMs;
    while (!test()) {
      if (this.#over || Date.now() >= late) throw new Error(`${otherwise}; the server said:\n${this.lines.join("\n")}`);
      await new Promise<void>((heard) => {
        const timer = setTimeout(heard, limitMs);
        this.#waiting.add(() => {
          clearTimeout(timer);
          heard();
        });
      });
    }
  }

  /** Addresses as the log has them: `http://127.0.0.1:40001`, `unix:/tmp/x.sock`. */
  get urls(): readonly string[] {
    return this.records.flatMap(({ msg }) => /^listening on (\S+)$/.exec(msg)?.[1] ?? []);
  }

  /** The port of the first TCP address. */
  get port(): number {
    const url = this.urls.find((one) => one.startsWith("http://"));
    assert.ok(url !== undefined, "it listens on no port");
    return Number(new URL(url).port);
  }

  /** The workers that are alive, by the kernel and their titles. */
  workers(): readonly number[] {
    return childrenOf(this.pid).filter((pid) => titleOf(pid).startsWith("tsgi: worker"));
  }

  /** What the process list shows of the server. */
  titles(): readonly string[] {
    return [this.pid, ...this.workers()].map(titleOf).sort();
  }

  /** The workers that accept connections, by their own words at level debug. */
  serving(): readonly number[] {
    const said = (pattern: RegExp) => this.records.filter(({ msg }) => pattern.test(msg)).map(({ pid }) => pid);
    const over = said(/^no longer accepting connections$/);
    return said(/^accepting connections$/).filter((pid) => !over.includes(pid) && isAlive(pid));
  }

  /** Waits until exactly so many workers accept, none of `gone` among them; their pids. */
  async untilServing(count: number, gone: readonly number[] = []): Promise<readonly number[]> {
    const isSo = (now: readonly number[]) => now.length === count && !now.some((pid) => gone.includes(pid));
    await this.until(() => isSo(this.serving()), `there were never ${count} workers that accept`);
    return this.serving();
  }

  /** Every process that came of this server and is alive. */
  processes(): readonly number[] {
    return processIds().filter((pid) => read(`/proc/${pid}/environ`).split("\0").includes(this.#mark) && isAlive(pid));
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Reads no more of its standard output, which stays open, as `| less` does. */
  pauseReading(): void {
    this.#child.stdout!.pause();
  }

  resumeReading(): void {
    this.#child.stdout!.resume();
  }

  /** Closes our end of its standard output, as `| head` does. */
  stopReading(): void {
    this.#child.stdout!.destroy();
  }

  /** Asks it to stop, and waits until everything is gone. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.signal(signal);
    return this.ended;
  }

  async #sweep(): Promise<void> {
    for (let left = this.processes(); left.length > 0; left = this.processes()) {
      for (const pid of left) end(pid);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await this.ended;
  }

  #hear(line: string): void {
    this.lines.push(line);
    if (line.startsWith("{")) this.records.push(JSON.parse(line) as LogRecord);
    // "[2026-11-21 10:00:00.123 +0000] [4711] [INFO] message", for servers with the other format.
    const pretty = /^\[[^\]]+\] \[(\d+)\] \[([A-Z]+)\] (.*)$/.exec(line);
    if (pretty !== null) {
      const [, pid, level = "", msg = ""] = pretty;
      this.records.push({ level: level.toLowerCase(), time: "", pid: Number(pid), role: "", msg });
    }
    this.#wake();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const heard of waiting) heard();
  }
}

/** What `ps` shows. */
export const titleOf = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();

/** A line of /proc/<pid>/status: its words. */
export function statusOf(pid: number, name: string): readonly string[] {
  const line = new RegExp(`^${name}:\\s*(.*)$`, "m").exec(read(`/proc/${pid}/status`))?.[1] ?? "";
  return line.trim() === "" ? [] : line.trim().split(/\s+/);
}

/** The TCP ports that a process listens on. */
export function listeningPorts(pid: number): readonly number[] {
  const sockets = new Set(
    names(`/proc/${pid}/fd`).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1] ?? []),
  );
  const rows = ["tcp", "tcp6"].flatMap((table) => read(`/proc/${pid}/net/${table}`).split("\n").slice(1));
  return rows.flatMap((row) => {
    const [, local = "", , state, , , , , , inode = ""] = row.trim().split(/\s+/);
    return state === "0A" && sockets.has(inode) ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : [];
  });
}

/** A dead process that nobody waited for is still in /proc. */
const isAlive = (pid: number): boolean => !["Z", "X", undefined].includes(statusOf(pid, "State")[0]);

const processIds = (): readonly number[] =>
  names("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

export const childrenOf = (pid: number): readonly number[] =>
  read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

// Whatever is read of a process may be gone in the same moment.
const read = (path: string): string => attempt(() => fs.readFileSync(path, "latin1"), "");
const link = (path: string): string => attempt(() => fs.readlinkSync(path), "");
const names = (path: string): readonly string[] => attempt(() => fs.readdirSync(path), []);

function attempt<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
