// The old master's side of an upgrade: starts the new master as this one was started, and tells what becomes of it as facts.
// Knows processes and descriptors. When one is started, told to go or given up is upgrade.ts's business.

import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import process from "node:process";
import type { PassedSocket } from "../config/passed.ts";
import { FAILURES } from "../errors.ts";
import type { Fact } from "./facts.ts";
import { HANDOVER_VARIABLE, type Handover, isHeirMessage } from "./handover.ts";

/** How this master was started, before it changed anything about itself. */
export interface Origin {
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The umask before `--umask`; null when it is still in force. */
  readonly umask: number | null;
  readonly passed: readonly PassedSocket[];
}

/** The rest is still to be seen on this process, unless it is given. */
export function originOf({ env, umask, passed }: Pick<Origin, "env" | "umask" | "passed">): Origin {
  const { execPath, execArgv } = process;
  const [, script = "", ...rest] = process.argv;
  const physical = process.cwd();
  const cwd = logicalFolder(env["PWD"], physical);
  return { execPath, execArgv, argv: [throughLink(script, physical, cwd), ...rest], cwd, env, umask, passed };
}

/** The folder by the name that the shell had for it: a link in it (`/srv/app/current`) may point to another release by now. */
export function logicalFolder(pwd: string | undefined, physical: string): string {
  if (pwd === undefined || !isAbsolute(pwd)) return physical;
  try {
    const [named, real] = [fs.statSync(pwd), fs.statSync(physical)];
    return named.dev === real.dev && named.ino === real.ino ? pwd : physical;
  } catch {
    return physical;
  }
}

/** Node has made the script's path absolute by the folder's own name. */
export function throughLink(script: string, physical: string, logical: string): string {
  const inside = relative(physical, script);
  return inside.startsWith(`..${sep}`) || isAbsolute(inside) ? script : resolve(logical, inside);
}

/** The environment of the heir: as ours was at the start, with what it has to know. */
export function heirEnv(env: Origin["env"], handover: Handover): Record<string, string | undefined> {
  const { WATCHDOG_PID: watched, ...rest } = env;
  // systemd means its main process, which the heir is going to be.
  const kept = watched === undefined || watched === String(handover.parent) ? {} : { WATCHDOG_PID: watched };
  return { ...rest, ...kept, [HANDOVER_VARIABLE]: JSON.stringify(handover) };
}

export class Heir {
  readonly #origin: Origin;
  readonly #enqueue: (fact: Fact) => void;
  #child: ChildProcess | undefined;

  constructor(origin: Origin, enqueue: (fact: Fact) => void) {
    this.#origin = origin;
    this.#enqueue = enqueue;
  }

  /** Everything that comes of it, also when there is no process at all, is a fact. */
  start(estate: Pick<Handover, "sockets" | "pidfile">): void {
    let child: ChildProcess;
    try {
      child = this.#spawn({ ...estate, parent: process.pid, passed: this.#origin.passed });
    } catch (error) {
      this.#enqueue({ fact: "heir-gone", how: `could not be started (${(error as Error).message})` });
      return;
    }
    this.#child = child;
    let over = false;
    const gone = (how: string): void => {
      if (over) return;
      over = true;
      this.#child = undefined;
      this.#enqueue({ fact: "heir-gone", how });
    };
    child.on("error", (error) => {
      if (child.pid === undefined) gone(`could not be started (${error.message})`);
    });
    child.on("exit", (code, signal) => gone(describeEnd(code, signal)));
    child.on("message", (message) => {
      if (isHeirMessage(message)) this.#enqueue({ fact: message.news === "serving" ? "heir-ready" : "heir-leaving" });
    });
    if (child.pid !== undefined) this.#enqueue({ fact: "heir-forked", pid: child.pid });
  }

  signal(signal: "SIGTERM" | "SIGQUIT" | "SIGKILL"): void {
    this.#child?.kill(signal);
  }

  #spawn(handover: Handover): ChildProcess {
    const { execPath, execArgv, argv, cwd, env, umask } = this.#origin;
    // Descriptors are closed on exec unless they are named here; the heir finds them from 3 on, in this order.
    const sockets = handover.sockets.map((socket, i) => ({ ...socket, fd: 3 + i }));
    const own = umask === null ? null : process.umask(umask);
    try {
      // In our process group: one Ctrl-C of the terminal ends both. Node looks for some of its flags behind the script unless "--" stops it.
      return spawn(execPath, [...execArgv, "--", ...argv], {
        ...{ cwd, env: heirEnv(env, { ...handover, sockets }) },
        stdio: ["inherit", "inherit", "inherit", ...handover.sockets.map(({ fd }) => fd), "ipc"],
      });
    } finally {
      if (own !== null) process.umask(own);
    }
  }
}

/** Completes "the new master ...". */
export function describeEnd(code: number | null, signal: string | null): string {
  if (signal !== null) return `was killed by ${signal}`;
  const known = Object.entries(FAILURES).find(([, { exit }]) => exit === code);
  return known === undefined ? `exited with code ${code}` : `exited with code ${code} (${known[0]}: ${known[1].means})`;
}
