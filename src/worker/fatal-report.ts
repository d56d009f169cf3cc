// Has Node write down what V8 died of, into the nameless file that the master gave us (master/fatal-report.ts).

import { existsSync, fstatSync } from "node:fs";
import process from "node:process";
import { FATAL_REPORT_FD } from "../ipc/lifeline.ts";

/** @returns Whether there is a file to write to. */
export function reportFatalErrors(fd: number = FATAL_REPORT_FD): boolean {
  if (!isNameless(fd)) return false;
  // Newer ones than those that the types of Node 20 know.
  const report = process.report as unknown as Record<string, unknown> | undefined;
  if (report === undefined) return false;
  report["filename"] = existsSync("/proc/self/fd") ? `/proc/self/fd/${fd}` : `/dev/fd/${fd}`;
  report["compact"] = true;
  // It would look up the names of all peers first, and the environment holds secrets.
  for (const name of ["excludeNetwork", "excludeEnv"]) if (name in report) report[name] = true;
  report["reportOnFatalError"] = true;
  return true;
}

/** The descriptor may be anything when the process was not started by a master. */
function isNameless(fd: number): boolean {
  try {
    const file = fstatSync(fd);
    return file.isFile() && file.nlink === 0;
  } catch {
    return false;
  }
}
