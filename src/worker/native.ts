// What the kernel knows about a main thread that is in native code, where no stack can be had: the system call it waits in, and the
// child processes it may be waiting for. Linux only; elsewhere, and where /proc is closed, there is nothing to say.

import { readFileSync } from "node:fs";
import process from "node:process";

/** Those in which a thread waits, on x86-64 and on arm64. The others are told by number. */
const SYSCALLS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  x64: {
    ...{ 0: "read", 1: "write", 7: "poll", 23: "select", 35: "nanosleep", 42: "connect", 43: "accept", 45: "recvfrom" },
    ...{
      44: "sendto",
      47: "recvmsg",
      61: "wait4",
      72: "fcntl",
      73: "flock",
      74: "fsync",
      75: "fdatasync",
      202: "futex",
    },
    ...{ 230: "clock_nanosleep", 232: "epoll_wait", 247: "waitid", 257: "openat", 271: "ppoll", 281: "epoll_pwait" },
  },
  arm64: {
    ...{ 22: "epoll_pwait", 25: "fcntl", 32: "flock", 56: "openat", 63: "read", 64: "write", 73: "ppoll", 82: "fsync" },
    ...{ 83: "fdatasync", 95: "waitid", 98: "futex", 101: "nanosleep", 115: "clock_nanosleep", 203: "connect" },
    ...{ 206: "sendto", 207: "recvfrom", 212: "recvmsg", 260: "wait4" },
  },
};
const CHILDREN_NAMED = 5;
const COMMAND_CHARACTERS = 200;

/** tsx keeps one for its life; nobody waits for it. */
const COMPILER = /[\\/]esbuild\S* --service=/;

type Read = (path: string) => string | null;

/**
 * `it waits in the system call epoll_pwait (ep_poll); its child processes: sleep 60 (pid 12)`, or null when nothing is known.
 *
 * @param pid The process; its main thread has the same number.
 */
export function nativeCall(pid: number, read: Read = readProc, arch: string = process.arch): string | null {
  const task = `/proc/${pid}/task/${pid}`;
  const parts = [waitsIn(read(`${task}/syscall`), read(`${task}/wchan`), arch), childrenOf(task, read)];
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.join("; ");
}

/** How long a main thread that wants to run has run so far; null when it sleeps, and when nobody can tell. */
export function mainRanMs(pid: number = process.pid, read: Read = readProc): number | null {
  const task = `/proc/${pid}/task/${pid}`;
  // The name of the program stands between brackets, and may hold any character.
  const state = /\) (\S)[^)]*$/.exec(read(`${task}/stat`) ?? "")?.[1];
  const ran = /^\d+/.exec(read(`${task}/schedstat`) ?? "")?.[0];
  return state !== "R" || ran === undefined ? null : Number(ran) / 1e6;
}

/** The kernel gives the place where a thread sleeps to everybody, the system call only to who may trace the process. */
function waitsIn(syscall: string | null, wchan: string | null, arch: string): string | null {
  const sleeps = wchan === null || wchan === "0" || wchan === "" ? null : wchan;
  const [number = "running"] = (syscall ?? "").trim().split(" ");
  if (syscall !== null && number === "running") return "it is busy in native code";
  if (!/^\d+$/.test(number)) return sleeps === null ? null : `it waits in the kernel (${sleeps})`;
  const name = SYSCALLS[arch]?.[number] ?? `number ${number}`;
  return `it waits in the system call ${name}${sleeps === null ? "" : ` (${sleeps})`}`;
}

function childrenOf(task: string, read: Read): string | null {
  const pids = (read(`${task}/children`) ?? "").split(" ").filter((pid) => pid !== "");
  const commands = pids.flatMap((pid) => {
    const words = (read(`/proc/${pid}/cmdline`) ?? "").split("\0").join(" ").trim();
    // A process that is gone and not waited for has no command line any more.
    return words === "" || COMPILER.test(words) ? [] : [`${words.slice(0, COMMAND_CHARACTERS)} (pid ${pid})`];
  });
  if (commands.length === 0) return null;
  const more = commands.length > CHILDREN_NAMED ? `, and ${commands.length - CHILDREN_NAMED} more` : "";
  const named = commands.slice(0, CHILDREN_NAMED).join(", ");
  return `its child process${commands.length === 1 ? "" : "es"}: ${named}${more}`;
}

function readProc(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
