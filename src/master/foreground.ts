// Whether this process may touch its terminal: a background process that reads or sets it is sent SIGTTIN or SIGTTOU, which are orders of
// the master. Knows /proc and ps(1).

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

/** Asking costs nothing, so one may ask every second. */
export const canAskOften = process.platform === "linux";

/** Whether our process group is the one that the terminal listens to. False when it cannot be known. */
export function isForeground(): boolean {
  try {
    if (process.platform === "linux") return isForegroundStat(readFileSync("/proc/self/stat", "utf8"));
    // There are no process groups, and no such signals.
    if (process.platform === "win32") return true;
    const { stdout } = spawnSync("ps", ["-o", "pgid=,tpgid=", "-p", String(process.pid)], { encoding: "utf8" });
    const [group, foreground] = stdout.trim().split(/\s+/);
    return group !== undefined && group !== "" && group === foreground;
  } catch {
    return false;
  }
}

/** By the text of /proc/PID/stat (proc(5)); the name in it may hold blanks and brackets. */
export function isForegroundStat(stat: string): boolean {
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return group !== undefined && group === foreground;
}
