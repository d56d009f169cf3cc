// How many workers `auto` means: the processors that the process may use, limited by the CPU quota of its control groups.
// `os.availableParallelism()` knows the affinity mask but no quota, so a container with one CPU on a host with 64
// would get 64 workers that throttle each other.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** The text of a file, or undefined when it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/**
 * @param parallelism Processors the process may run on.
 * @param quota CPUs per second of wall time, or undefined when there is no limit.
 * @returns At least 1. A fraction is rounded up: with 1.5 CPUs one worker leaves a third of what was paid for idle
 *   for ever, while two are throttled only when both are busy.
 */
export function workersFor(parallelism: number, quota: number | undefined): number {
  const limit = quota === undefined ? parallelism : Math.min(parallelism, Math.ceil(quota));
  return Math.max(1, limit);
}

/** `cpu.max` of control groups v2: `max 100000` or `150000 100000`. Undefined when there is no limit. */
export function parseCpuMax(text: string): number | undefined {
  const [quota = "", period = ""] = text.trim().split(/\s+/);
  return ratio(quota, period);
}

/** `cpu.cfs_quota_us` and `cpu.cfs_period_us` of control groups v1; a quota of -1 is no limit. */
export function parseCfs(quota: string, period: string): number | undefined {
  return ratio(quota.trim(), period.trim());
}

/**
 * The folders whose limits hold for the process, from the text of `/proc/self/cgroup` (cgroups(7)): its own group and
 * every one above it. In a container the path may be the host's and not exist, so the root is always among them.
 */
export function cgroupFolders(text: string): { readonly v1: readonly string[]; readonly v2: readonly string[] } {
  const v1: string[] = [];
  const v2: string[] = [];
  for (const line of text.split("\n")) {
    const match = /^[0-9]+:([^:]*):(\/.*)$/.exec(line);
    if (match === null) continue;
    const [, controllers = "", path = ""] = match;
    if (controllers === "") v2.push(...ancestors("/sys/fs/cgroup", path));
    else if (controllers.split(",").includes("cpu")) {
      v1.push(...ancestors("/sys/fs/cgroup/cpu", path));
      if (controllers !== "cpu") v1.push(...ancestors(`/sys/fs/cgroup/${controllers}`, path));
    }
  }
  return { v1, v2 };
}

/** The smallest CPU quota that holds for the process, in CPUs, or undefined when none does. */
export function cpuQuota(read: ReadText): number | undefined {
  const folders = cgroupFolders(read("/proc/self/cgroup") ?? "");
  const quotas = [
    ...folders.v2.map((folder) => parseCpuMax(read(`${folder}/cpu.max`) ?? "")),
    ...folders.v1.map((folder) =>
      parseCfs(read(`${folder}/cpu.cfs_quota_us`) ?? "", read(`${folder}/cpu.cfs_period_us`) ?? ""),
    ),
  ].filter((quota) => quota !== undefined);
  return quotas.length === 0 ? undefined : Math.min(...quotas);
}

/** What `--workers auto` means on this machine, now. */
export function availableWorkers(): number {
  return workersFor(availableParallelism(), cpuQuota(readIfThere));
}

function ratio(quota: string, period: string): number | undefined {
  if (!/^[0-9]+$/.test(quota) || !/^[0-9]+$/.test(period)) return undefined;
  return Number(quota) > 0 && Number(period) > 0 ? Number(quota) / Number(period) : undefined;
}

function ancestors(root: string, path: string): readonly string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return [root, ...parts.map((_part, i) => `${root}/${parts.slice(0, i + 1).join("/")}`)];
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
