// How systemd hears of us (sd_notify(3)): through its own program, because Node has no datagrams for Unix sockets.
// Carries one message after another, never two at once. Does not know what they mean; herald.ts decides that.
//
// The program waits until systemd has read the message, and must: a sender that is gone by then cannot be put down to our service.
// Started by root it speaks in our name, else in its own, which is why a unit needs NotifyAccess=all.

import { spawn } from "node:child_process";
import process from "node:process";
import { coalesce } from "./herald.ts";

/** What says that somebody wants to be told. An application that found it would speak in the server's name. */
export const NOTIFY_VARIABLES = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] as const;

export interface NotifyWish {
  /** A path, or `@name` without one. */
  readonly socket: string;
  /** How long we may be silent before we are taken for dead; null when nobody watches. */
  readonly watchdogMs: number | null;
}

/** What the environment asks for; null when nobody wants to be told. A watchdog of another process is none of ours. */
export function notifyWish(env: Readonly<Record<string, string | undefined>>, pid: number): NotifyWish | null {
  const { NOTIFY_SOCKET: socket = "", WATCHDOG_USEC: usec = "", WATCHDOG_PID: watched } = env;
  if (socket === "") return null;
  const ours = (watched === undefined || watched === String(pid)) && /^[1-9][0-9]{0,15}$/.test(usec);
  return { socket, watchdogMs: ours ? Number(usec) / 1000 : null };
}

export interface NotifierParts {
  readonly socket: string;
  readonly warn: (message: string) => void;
  /** Another program than systemd's, and another limit for one message: for tests. */
  readonly program?: string;
  readonly limitMs?: number;
}

/** How long one message may take. The program itself gives up after as long. */
const LIMIT_MS = 5000;

export class Notifier {
  readonly #parts: NotifierParts;
  #waiting: readonly (readonly string[])[] = [];
  #sending: Promise<void> | undefined;
  /** The program is not there; it will not come. */
  #missing = false;
  /** It failed the last time, and that was said. */
  #failing = false;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  /** Sends `NAME=value` lines when those before are sent. */
  tell(lines: readonly string[]): void {
    if (this.#missing) return;
    // On Linux this clock is CLOCK_MONOTONIC, by which systemd tells an answer to this reload from one to another.
    const stamp = lines.includes("RELOADING=1") ? [`MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`] : [];
    this.#waiting = coalesce(this.#waiting, [...lines, ...stamp]);
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Everything is sent, or will not be. */
  async settled(): Promise<void> {
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      const failed = await this.#send(next);
      if (failed !== null && !this.#failing) {
        this.#parts.warn(
          `systemd cannot be told how this server is (${failed}); it serves on, and this is not said again`,
        );
      }
      this.#failing = failed !== null;
    }
  }

  #take(): readonly string[] | undefined {
    const [next, ...rest] = this.#missing ? [] : this.#waiting;
    this.#waiting = rest;
    return next;
  }

  /** The reason why it failed, or null. */
  #send(lines: readonly string[]): Promise<string | null> {
    const { program = "systemd-notify", limitMs = LIMIT_MS, socket } = this.#parts;
    return new Promise((done) => {
      const child = spawn(program, ["--", ...lines], {
        env: { ...process.env, NOTIFY_SOCKET: socket },
        stdio: ["ignore", "ignore", "pipe"],
      });
      const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
      child.on("error", (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        this.#missing = error.code === "ENOENT";
        done(this.#missing ? `there is no program ${program}` : error.message);
      });
      child.on("close", (code, signal) => {
        clearTimeout(timer);
        const how =
          signal === null ? `${program} exited with code ${code}` : `${program} took longer than ${limitMs / 1000} s`;
        done(code === 0 ? null : said.trim() || how);
      });
    });
  }
}
