// Where a trial of the supervision takes place: an application and a configuration that can be replaced while they serve, a server of four
// workers, and a load beside it in a process of its own. Decides nothing about what must be true.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { testedNode } from "../support/compiled.ts";
import { ForkedLoad, type ForkedOptions } from "../support/load/forked.ts";
import { machineMs } from "../support/load/record.ts";
import { smallestPool } from "../support/pool.ts";
import { cleanEnv } from "../support/run-cli.ts";
import { APPS, BIN, type LogRecord, Server, type ServerOptions } from "../support/server.ts";
import { type Arena, until } from "./arena.ts";
import { clientPorts, isStopped } from "./proc.ts";
import { READY, RELOAD_FAILED, RELOAD_OVER } from "./words.ts";

const ECHO = readFileSync(join(APPS, "echo.js"), "utf8");
export const WORKERS = 4;
/** A reload of four workers on a machine that has something else to do. */
const RELOAD_MS = 60_000;

/** The text of test/programs/apps/echo.js that answers with this version. */
export const version = (name: string): string => ECHO.replace('"one"', JSON.stringify(name));

export interface StageOptions extends ServerOptions {
  /** Default: the first version of the echo. */
  readonly app?: string;
  /** Default `app.js`. */
  readonly file?: string;
  /** Beside the application, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly workers?: number;
}

/** A worker that was killed, when, and by the kernel's word who was connected to it then. */
export interface Slain {
  readonly pid: number;
  readonly at: number;
  readonly ports: ReadonlySet<number>;
}

export interface Reload {
  readonly ok: boolean;
  readonly said: LogRecord;
  /** When it was asked for, and when it was over. */
  readonly from: number;
  readonly to: number;
}

export class Stage {
  readonly folder: string;
  readonly server: Server;
  readonly control: string;
  readonly #arena: Arena;
  readonly #file: string;

  private constructor(arena: Arena, folder: string, file: string, server: Server) {
    this.#arena = arena;
    this.folder = folder;
    this.#file = file;
    this.server = server;
    this.control = join(folder, "tsgi.ctl");
  }

  /** A folder with these files, gone after the trial. */
  static folder(arena: Arena, files: Readonly<Record<string, string>>): string {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "tsgi-stage-")));
    arena.after(() => rmSync(folder, { recursive: true, force: true }));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
  }

  /** A server in a folder of its own; does not wait for it. */
  static spawn(arena: Arena, args: readonly string[] = [], options: StageOptions = {}): Stage {
    const { app = version("one"), file = "app.js", files = {}, workers = WORKERS, ...rest } = options;
    const folder = Stage.folder(arena, { "package.json": '{ "type": "module" }', [file]: app, ...files });
    const usual = ["--workers", String(workers), ...args];
    const server = Server.spawn(arena, ["app:application", ...usual], { cwd: folder, ...rest });
    return new Stage(arena, folder, file, server);
  }

  /** The same, and waits until it serves. */
  static async open(arena: Arena, args: readonly string[] = [], options: StageOptions = {}): Promise<Stage> {
    const stage = Stage.spawn(arena, args, options);
    await stage.server.says(READY, 0, RELOAD_MS);
    return stage;
  }

  /** How long the start of the server took, as it says itself. */
  get startSeconds(): number {
    const said = this.server.records.find(({ msg }) => READY.test(msg))?.msg ?? "";
    return Number(/\bready in (\d+) ms$/.exec(said)?.[1]) / 1_000;
  }

  get port(): number {
    return this.server.port;
  }

  /** Puts the next application there, as a deployment does: whole or not at all. */
  deploy(text: string, name = this.#file): void {
    const path = join(this.folder, name);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }

  /** Clients of both kinds, who ask for everything; `usual` unless told otherwise. */
  load(options: Partial<ForkedOptions> = {}): Promise<ForkedLoad> {
    const usual = { keepAlive: 16, closing: 16, perSecond: 400, mixture: "usual", timeline: true } as const;
    return ForkedLoad.start(this.#arena, { where: this.port, ...usual, ...options });
  }

  /** HUP, and waits for the end of that reload. */
  async reload(): Promise<Reload> {
    const seen = this.server.records.length;
    const from = machineMs();
    this.server.signal("SIGHUP");
    const said = await this.server.says(RELOAD_OVER, seen, RELOAD_MS);
    return { ok: !RELOAD_FAILED.test(said.msg), said, from, to: machineMs() };
  }

  /** `tsgi ctl` of this server; it must have been started with `--control` and the path that is `control`. */
  ctl(...words: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
    const args = ["--", BIN, "ctl", "--control", this.control, ...words];
    return new Promise((resolve) => {
      execFile(testedNode(), args, { cwd: this.folder, env: cleanEnv() }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : Number.NaN;
        resolve({ code, said: `${stdout}${stderr}` });
      });
    });
  }

  /** SIGKILL, of a process that stands still while it is looked at who is connected to it. */
  async slay(pids: readonly number[]): Promise<readonly Slain[]> {
    const alive = pids.filter((pid) => send(pid, "SIGSTOP"));
    await until(() => alive.every(isStopped), 1_000);
    const slain = alive.map((pid) => ({ pid, ports: clientPorts(pid, this.port), at: machineMs() }));
    for (const pid of alive) send(pid, "SIGKILL");
    return slain;
  }

  /** The smallest number of workers that accepted at once since there were `count`, by the times in the log. */
  smallestPool(count = WORKERS): number {
    return smallestPool(this.server.records, count);
  }

  /** Everything that came of the server is gone, at the latest after so long. */
  gone(limitMs: number): Promise<boolean> {
    return until(() => this.server.processes().length === 0, limitMs);
  }

  /** Workers that accept, once they are so many again; false when they were not within the limit. */
  whole(count: number, limitMs: number): Promise<boolean> {
    return until(() => this.server.serving().length === count, limitMs);
  }

  /** Does something again and again while the time lasts, and then once more nothing. */
  async during(seconds: number, everyMs: number, act: (turn: number) => unknown): Promise<void> {
    const end = machineMs() + seconds * 1_000;
    for (let turn = 0; ; turn += 1) {
      const due = machineMs() + everyMs;
      if (due > end) break;
      await pause(everyMs);
      await act(turn);
    }
    await pause(Math.max(0, end - machineMs()));
  }
}

/** False when it is not there any more. */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
