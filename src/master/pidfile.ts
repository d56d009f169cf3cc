// The file that tells scripts which process to signal. Written whole or not at all, and never over a server that is alive.
// Knows process ids and /proc. Does not know settings.

import fs from "node:fs";
import process from "node:process";
import { TsgiError } from "../errors.ts";

export interface Pidfile {
  /** Removes the file if it still holds our own process id. */
  remove(): void;
}

/** How a tsgi master calls itself in the process list; `process.title` puts it where `ps` and /proc/<pid>/cmdline show it. */
export const MASTER_TITLE = "tsgi: master";

/**
 * Writes our process id to `path` (gunicorn's `pidfile`).
 *
 * @throws {TsgiError} `pidfile` when it cannot be written, holds something that is no process id, or names a live tsgi master.
 */
export function writePidfile(path: string): Pidfile {
  const other = readPid(path);
  if (other !== undefined && other !== process.pid && isMaster(other)) {
    throw new TsgiError(
      "pidfile",
      `${path} names a tsgi master that is alive (pid ${other}); stop it, or give another --pid`,
    );
  }
  const draft = `${path}.${process.pid}`;
  try {
    fs.writeFileSync(draft, `${process.pid}\n`, { mode: 0o644 });
    fs.renameSync(draft, path);
  } catch (cause) {
    fs.rmSync(draft, { force: true });
    throw new TsgiError("pidfile", `the pid file ${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
  return {
    remove() {
      try {
        if (readPid(path) === process.pid) fs.unlinkSync(path);
      } catch {
        // Gone, or no longer ours: either way there is nothing of ours to remove.
      }
    },
  };
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
