// What the kernel says of a process that is not ours to ask: memory, descriptors, processor time, the queues of its sockets.
// Linux only. A process that is gone has nothing of anything.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const read = (path: string): string => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
};

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
};

/** Resident bytes. */
export const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? Number.NaN) * 1_024;

export function descriptors(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return Number.NaN;
  }
}

/** How many files this process may have open. */
export const ownDescriptorLimit = (): number =>
  Number(/^Max open files\s+(\d+)/m.exec(read("/proc/self/limits"))?.[1] ?? Number.NaN);

let ticksPerSecond: number | undefined;

/** Processor time so far, user and system, in seconds. */
export function processorSeconds(pid: number): number {
  ticksPerSecond ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  const line = read(`/proc/${pid}/stat`);
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Bytes that the kernel holds between a server's port and its clients: sent and not taken, in both directions' queues. */
export function bytesUnderWay(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  let sum = 0;
  for (const row of read("/proc/net/tcp").split("\n").slice(1)) {
    const [, local = "", remote = "", state, queues = ""] = row.trim().split(/\s+/);
    if (state === "0A") continue;
    const [sent = "0", received = "0"] = queues.split(":");
    if (local.endsWith(`:${hex}`)) sum += Number.parseInt(sent, 16);
    if (remote.endsWith(`:${hex}`)) sum += Number.parseInt(received, 16);
  }
  return sum;
}

/** Whether SIGSTOP has taken effect; a process that is gone counts as stopped. */
export const isStopped = (pid: number): boolean => !/^State:\s+[RSD]/m.test(read(`/proc/${pid}/status`));

/** The ports of the clients whose connections to `port` this process holds, accepted or not yet read. IPv4 only. */
export function clientPorts(pid: number, port: number): ReadonlySet<number> {
  const held = new Set<string>();
  for (const fd of namesIn(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
    if (inode !== undefined) held.add(inode);
  }
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const ports = new Set<number>();
  for (const row of read("/proc/net/tcp").split("\n")) {
    const [, local, remote = "", , , , , , , inode = ""] = row.trim().split(/\s+/);
    if (local?.endsWith(`:${hex}`) === true && held.has(inode)) ports.add(Number.parseInt(remote.slice(-4), 16));
  }
  ports.delete(0);
  return ports;
}
