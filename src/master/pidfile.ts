// The file that tells scripts which process to signal. Written whole or not at all, and never over a server that is alive.
// Knows process ids and /proc, and by what name a master is known there.

import fs from "node:fs";
import process from "node:process";
import type { Settings } from "../config/options.ts";
import { TsgiError } from "../errors.ts";
import { titleName } from "./program.ts";

export interface Pidfile {
  /** Removes the file if it still holds our own process id. */
  remove(): void;
  /**
   * The old master is gone: an heir's file takes the plain name in one step, so that there is a pid file at every moment.
   *
   * @throws {TsgiError} `pidfile` when it cannot; the file then keeps the name it has.
   */
  inherit(): void;
}

/** Where an heir has what the old master has at `path` until that one is gone, as gunicorn does. */
export const heirsPath = (path: string): string => `${path}.2`;

/** How a tsgi master calls itself in the process list; `process.title` puts it where `ps` and /proc/<pid>/cmdline show it. */
export const MASTER_TITLE = "tsgi: master";

/** The same for people: `tsgi: master [shop]`, and `tsgi: master.2 [shop]` while the old master of an upgrade lives. */
export const masterTitle = (
  settings: Pick<Settings, "name" | "app">,
  { isHeir }: { readonly isHeir: boolean },
): string => `${MASTER_TITLE}${isHeir ? heirsPath("") : ""} [${titleName(settings)}]`;

/**
 * Writes our process id to `path` (gunicorn's `pidfile`), or beside it while an old master lives.
 *
 * @param predecessor The old master's process id; null when we are nobody's heir.
 * @throws {TsgiError} `pidfile` when it cannot be written, holds something that is no process id, or names a live tsgi master.
 */
export function writePidfile(path: string, predecessor: number | null = null): Pidfile {
  refuseLive(path, predecessor);
  if (predecessor === null) {
    write(path);
    return { remove: () => removePidfile(path, process.pid), inherit: () => {} };
  }
  const beside = heirsPath(path);
  refuseLive(beside, null);
  write(beside);
  let current = beside;
  return {
    remove: () => removePidfile(current, process.pid),
    inherit() {
      try {
        fs.renameSync(beside, path);
      } catch (cause) {
        const what = `${path} keeps the process id of the old master, and ours is in ${beside}`;
        throw new TsgiError("pidfile", `${what}: ${(cause as Error).message}`, { cause });
      }
      current = path;
    },
  };
}

/** @throws {TsgiError} `pidfile` when the file is none, or names a live master that is not the predecessor. */
function refuseLive(path: string, predecessor: number | null): void {
  const other = readPid(path);
  if (other === undefined || other === process.pid || other === predecessor || !isMaster(other)) return;
  throw new TsgiError(
    "pidfile",
    `${path} names a tsgi master that is alive (pid ${other}); stop it, or give another --pid`,
  );
}

function write(path: string): void {
  const draft = `${path}.${process.pid}`;
  try {
    fs.writeFileSync(draft, `${process.pid}\n`, { mode: 0o644 });
    fs.renameSync(draft, path);
  } catch (cause) {
    fs.rmSync(draft, { force: true });
    throw new TsgiError("pidfile", `the pid file ${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** Removes the file if it holds this process id. */
export function removePidfile(path: string, pid: number): void {
  try {
    if (readPid(path) === pid) fs.unlinkSync(path);
  } catch {
    // Gone, or no longer that one's: either way there is nothing to remove.
  }
}

/** Undefined when there is no file, or an empty one (a write that was cut short). */
function readPid(path: string): number | undefined {
  let text: string;
  try {
    text = fs.readFileSync(path, "utf8").trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new TsgiError("pidfile", `the pid file ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (text === "") return undefined;
  // A mistyped --pid must not cost somebody's document.
  if (!/^[1-9]\d{0,9}$/.test(text)) {
    throw new TsgiError(
      "pidfile",
      `${path} holds something that is no process id; it is left alone: remove it, or give another --pid`,
    );
  }
  return Number(text);
}

/**
 * Whether that process is a tsgi master. Being alive is not enough: after a crash the number may belong to anybody, and in a
 * container it is often 1, which is always alive (gunicorn refuses to start there).
 */
function isMaster(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith(MASTER_TITLE);
  } catch {
    return !fs.existsSync("/proc/self/cmdline") && isAlive(pid);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
