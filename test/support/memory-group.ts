// A control group with a limit of memory, for a server that is to meet the kernel's OOM killer. Needs root and a memory controller.

import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

export interface MemoryGroup {
  /** A process that writes its pid here is limited from then on. */
  readonly procs: string;
  /** To be called when every process of it is gone. */
  remove(): void;
}

const V1 = "/sys/fs/cgroup/memory";
const V2 = "/sys/fs/cgroup";

/** @returns Why there cannot be one, or the group. */
export function memoryGroup(bytes: number): MemoryGroup | string {
  const isV1 = existsSync(join(V1, "memory.limit_in_bytes"));
  const folder = join(isV1 ? V1 : V2, `tsgi-test-${process.pid}-${Date.now()}`);
  try {
    mkdirSync(folder);
  } catch (error) {
    return `needs a control group of its own: ${(error as Error).message}`;
  }
  const remove = (): void => rmdirSync(folder);
  try {
    writeFileSync(join(folder, isV1 ? "memory.limit_in_bytes" : "memory.max"), String(bytes));
    const swap = join(folder, isV1 ? "memory.memsw.limit_in_bytes" : "memory.swap.max");
    if (existsSync(swap)) writeFileSync(swap, isV1 ? String(bytes) : "0");
    return { procs: join(folder, "cgroup.procs"), remove };
  } catch (error) {
    remove();
    return `needs a memory controller: ${(error as Error).message}`;
  }
}
