// Whether the kernel's OOM killer ended a process, from its own counts: those of the process's control group (v1 and v2), else those of the
// whole machine. A count that rose while a process of the group died by SIGKILL is as good as a confession. Linux only.
// Does not know who else may have killed it.

import { readFileSync } from "node:fs";

/** `none`: the counts were read, and did not rise. */
export type OomKill = "cgroup" | "machine" | "none";

/** How the counts of a group stand. */
interface Counts {
  /** Null where they cannot be read. */
  readonly kills: number | null;
  /** How often a limit of the group, or of one above it, left no way out but a kill (v2). */
  readonly ooms: number;
}

/** What was read last, and what before that: a large process takes a while to die. */
interface Group {
  before: Counts;
  last: Counts;
}

type Read = (path: string) => string | null;

const SAMPLE_MS = 5_000;
const MACHINE = "machine";
/** A group is killed in when the next page does not fit. */
const FULL = 0.95;

export class OomKills {
  readonly #read: Read;
  readonly #groups = new Map<string, Group>();
  /** The group of each process, by pid: it cannot be asked when the process is gone. */
  readonly #groupOf = new Map<number, string>();
  readonly #timer: NodeJS.Timeout;

  constructor(read: Read = readProc) {
    this.#read = read;
    this.#timer = setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  watch(pid: number): void {
    this.#groupOf.set(pid, "");
    this.#locate(pid);
  }

  /** Looks at all counts; called by itself every few seconds, because somebody may move a process, or another one may be killed. */
  sample(): void {
    for (const pid of this.#groupOf.keys()) this.#locate(pid);
    const used = new Set([...this.#groupOf.values(), MACHINE]);
    for (const [path, group] of this.#groups) {
      if (!used.has(path)) this.#groups.delete(path);
      else this.#groups.set(path, { before: group.last, last: this.#count(path) });
    }
  }

  /** A process is gone. `killed` says that it died by a SIGKILL that was not ours. Null when no count can be read. */
  gone(pid: number, killed: boolean): OomKill | null {
    const path = this.#groupOf.get(pid);
    this.#groupOf.delete(pid);
    if (path === undefined || !killed) return null;
    const own = this.#rise(path);
    const { kills } = own.kills === null ? this.#rise(MACHINE) : own;
    if (kills === null) return null;
    if (kills === 0) return "none";
    // One kill is the end of one process: the next that dies by SIGKILL needs one of its own.
    this.#confess(own.kills === null ? MACHINE : path);
    const isLimited = own.ooms > 0 || foldersOf(path).some((folder) => this.#wasFull(folder));
    return own.kills !== null && isLimited ? "cgroup" : "machine";
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #locate(pid: number): void {
    // A process that is gone stays where it was.
    const path = memoryGroup(this.#read(`/proc/${pid}/cgroup`) ?? "") ?? this.#groupOf.get(pid)!;
    this.#groupOf.set(pid, path);
    for (const one of [path, MACHINE]) {
      if (this.#groups.has(one)) continue;
      const counts = this.#count(one);
      this.#groups.set(one, { before: counts, last: counts });
    }
  }

  #rise(path: string): Counts {
    const now = this.#count(path);
    const before = this.#groups.get(path)?.before ?? now;
    if (now.kills === null || before.kills === null) return { kills: null, ooms: 0 };
    return { kills: Math.max(0, now.kills - before.kills), ooms: now.ooms - before.ooms };
  }

  #confess(path: string): void {
    const group = this.#groups.get(path)!;
    const more = (counts: Counts): Counts => ({ ...counts, kills: (counts.kills ?? 0) + 1 });
    this.#groups.set(path, { before: more(group.before), last: more(group.last) });
  }

  #count(path: string): Counts {
    if (path === MACHINE) return { kills: field(this.#read("/proc/vmstat"), "oom_kill"), ooms: 0 };
    const folders = foldersOf(path);
    const kills = folders.map((folder) => this.#killsIn(folder)).find((count) => count !== null) ?? null;
    const ooms = folders.map((folder) => field(this.#read(`${folder}/memory.events`), "oom") ?? 0);
    return { kills, ooms: ooms.reduce((sum, count) => sum + count, 0) };
  }

  #killsIn(folder: string): number | null {
    const v2 = field(this.#read(`${folder}/memory.events`), "oom_kill");
    return v2 ?? field(this.#read(`${folder}/memory.oom_control`), "oom_kill");
  }

  /** v1 keeps no count that can be relied on, but the highest usage there was. */
  #wasFull(folder: string): boolean {
    const [most, limit] = ["max_usage_in_bytes", "limit_in_bytes"].map((name) => {
      return Number.parseInt(this.#read(`${folder}/memory.${name}`) ?? "", 10);
    });
    return most! >= limit! * FULL;
  }
}

/** The group that limits the memory of a process, from the text of its /proc/<pid>/cgroup (cgroups(7)): `/sys/fs/cgroup` and its path. */
export function memoryGroup(text: string): string | null {
  let v2: string | null = null;
  for (const row of text.split("\n")) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(row);
    if (match === null) continue;
    const [, controllers = "", path = ""] = match;
    if (controllers.split(",").includes("memory")) return `/sys/fs/cgroup/memory:${path}`;
    if (controllers === "") v2 = `/sys/fs/cgroup:${path}`;
  }
  return v2;
}

/** A group and those above it, innermost first. In a container the path may be the host's: then only the root is there. */
function foldersOf(group: string): readonly string[] {
  const colon = group.indexOf(":");
  const root = group.slice(0, colon);
  const parts = group
    .slice(colon + 1)
    .split("/")
    .filter((part) => part !== "");
  return [...parts.map((_part, i) => `${root}/${parts.slice(0, parts.length - i).join("/")}`), root];
}

/** The number behind a name at the beginning of a line. */
function field(text: string | null, name: string): number | null {
  const match = new RegExp(`^${name} (\\d+)$`, "m").exec(text ?? "");
  return match === null ? null : Number(match[1]);
}

function readProc(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
