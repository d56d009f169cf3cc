// What the machine runs out of: descriptors, room for logs and uploads, time. The server pauses or loses a log line; it does not
// fall, does not spin, and is as before when there is room again.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { ask, get } from "../../support/client.ts";
import { type Arena, type Trial, until, type Victim } from "../arena.ts";
import { allEnded, Caller, converse, crowd, inParallel } from "../caller.ts";
import { atLeast, atMost, type Check, exactly, noted, tally } from "../check.ts";
import { descriptors, processorSeconds, residentBytes } from "../proc.ts";

const MIB = 1_048_576;

async function descriptorsOut(arena: Arena): Promise<Check[]> {
  const limit = 256;
  const through = ["sh", "-c", `ulimit -n ${limit}; exec "$@"`, "sh"];
  const victim = await arena.serve([], { through });
  // More than there are descriptors, at any scale.
  const callers = await crowd(1_000, victim.port);
  arena.after(() => callers.forEach((caller) => void caller.close()));
  await pause(500);
  const open = descriptors(victim.worker);
  const cpuBefore = processorSeconds(victim.worker);
  const holdSeconds = arena.scale < 0.5 ? 2 : 5;
  await pause(holdSeconds * 1_000);
  const cpu = (processorSeconds(victim.worker) - cpuBefore) / holdSeconds;
  const lines = victim.lines.length;
  const releasedAt = performance.now();
  for (const caller of callers) caller.close();
  let status = 0;
  await until(async () => {
    status = (await ask(victim.port, get("/hello"))).status;
    return status === 200;
  }, 20_000);
  const took = (performance.now() - releasedAt) / 1_000;
  return [
    atMost(`descriptors while 1,000 connect to a limit of ${limit}`, open, limit),
    atLeast("connections taken all the same", open - victim.before.descriptors, limit / 2),
    atMost("processor time while full", cpu * 100, 20, "%"),
    atMost("lines in the log while full", lines, 1 + holdSeconds),
    exactly("serves again", status, 200),
    atMost("serves again after", took, 1, "s"),
    ...(await victim.afterwards()),
  ];
}

interface Steady {
  readonly failed: number;
  readonly count: number;
  readonly why: string;
  readonly rss: number;
}

/** 300 requests a second, each with a target of 500 bytes, so that logs grow. */
async function steady(victim: Victim, seconds: number): Promise<Steady> {
  const pad = "p".repeat(480);
  let failed = 0;
  let count = 0;
  let why = "";
  let rss = 0;
  const until = performance.now() + seconds * 1_000;
  await inParallel(seconds * 300, 10, async (i) => {
    count += 1;
    const caller = await converse(victim.port, (client) =>
      client.send(`GET /hello?${i}-${pad} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
    );
    if (caller.status !== 200) {
      failed += 1;
      why ||= caller.error ?? String(caller.status);
    }
    rss = Math.max(rss, residentBytes(victim.worker));
    // Ten lanes share the rate.
    const due = until - seconds * 1_000 + (i * 1_000) / 300;
    await pause(Math.max(0, due - performance.now()));
  });
  return { failed, count, why, rss };
}

/** A file system of 1 MiB; undefined where we may not mount one. */
function smallDisk(arena: Arena): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "tsgi-disk-"));
  arena.after(() => rmSync(folder, { recursive: true, force: true }));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  arena.after(() => execFileSync("umount", ["-l", folder]));
  return folder;
}

export async function logDiskFull(arena: Arena): Promise<Check[]> {
  const seconds = Math.max(4, 30 * arena.scale);
  const victim = await arena.serve(["--access-log", "/dev/full"]);
  const full = await steady(victim, seconds);
  const checks = [
    exactly(`/dev/full: failed of ${full.count}${full.why}`, full.failed, 0),
    atMost("memory while full", (full.rss - victim.before.rss) / MIB, 32, "MiB"),
    // What waits for room is held, up to 16 MiB of it.
    ...(await victim.afterwards({ lines: 5, heldMib: 17 })),
  ];
  const disk = smallDisk(arena);
  if (disk === undefined) return [...checks, noted("a full file system", "LEFT OUT: mounting 1 MiB needs root")];
  const log = join(disk, "access.log");
  const filler = join(disk, "filler");
  const other = await arena.serve(["--access-log", log]);
  writeFileSync(filler, Buffer.alloc(512 * 1_024));
  const filled = await steady(other, seconds);
  const said = other.lines.some((line) => /cannot be written/.test(line));
  // Room for all that waits, or the disk would be full again at once.
  rmSync(filler);
  execFileSync("mount", ["-o", "remount,size=64m", disk]);
  const back = await until(() => other.lines.some((line) => /is written to .* again/.test(line)), 5_000);
  await ask(other.port, get("/hello?after"));
  const whole = await until(() => readFileSync(log, "latin1").includes("/hello?after"), 5_000);
  const torn = readFileSync(log, "latin1")
    .split("\n")
    .filter((line) => line !== "" && !/ HTTP\/1\.1" /.test(line));
  return [
    ...checks,
    exactly(`full file system: failed of ${filled.count}${filled.why}`, filled.failed, 0),
    atMost("memory while full", (filled.rss - other.before.rss) / MIB, 32, "MiB"),
    exactly("said once that the log cannot be written", said ? "yes" : "no", "yes"),
    exactly("written again when there is room", back && whole ? "yes" : "no", "yes"),
    exactly("torn lines in the log", torn.length, 0),
    ...(await other.afterwards({ lines: 5 })),
  ];
}

async function uploadDiskFull(arena: Arena): Promise<Check[]> {
  const victim = await arena.serve();
  const probe = await arena.probe(victim);
  const body = "b".repeat(300_000);
  const statuses: number[] = [];
  await inParallel(arena.count(1_000, 20), 10, async () => {
    const caller = await converse(victim.port, (client) =>
      client.send(
        `POST /upload?to=/dev/full HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    );
    statuses.push(caller.status);
  });
  const seen = await probe.take();
  await probe.stop();
  return [
    exactly("answers to uploads on a full disk", tally(statuses), "507"),
    ...probe.judge(seen, {}),
    ...(await victim.afterwards()),
  ];
}

async function stall(arena: Arena): Promise<Check[]> {
  const victim = await arena.serve(["--head-timeout", "2", "--body-timeout", "2"]);
  const callers = await crowd(100, victim.port);
  const bodies = await crowd(100, victim.port);
  for (const caller of callers) caller.send("GET /hello?stall HTTP/1.1\r\nHost: x\r\n");
  for (const caller of bodies)
    caller.send("POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab");
  // All of it is there before the loop stops.
  await ask(victim.port, get("/hello"));
  const blocked = ask(victim.port, get("/block?ms=3000"));
  await pause(200);
  for (const caller of callers) caller.send("Connection: close\r\n\r\n");
  for (const caller of bodies) caller.send("cd");
  await blocked;
  await allEnded([...callers, ...bodies], 10_000);
  return [
    exactly("heads that came in a stall of 3 s, deadline 2 s", tally(callers.map(({ status }) => status)), "200"),
    exactly("bodies that came in it", tally(bodies.map(({ status }) => status)), "200"),
    ...(await victim.afterwards()),
  ];
}

async function acceptBurst(arena: Arena): Promise<Check[]> {
  const count = arena.count(5_000, 300);
  const victim = await arena.serve(["--backlog", "2048"]);
  const startedAt = performance.now();
  const callers = Array.from({ length: count }, () => new Caller(victim.port));
  for (const caller of callers) caller.send("GET /hello?burst HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  await allEnded(callers, 30_000);
  const took = (Math.max(...callers.map(({ endedAt }) => endedAt)) - startedAt) / 1_000;
  const refused = callers.filter(({ error }) => error !== undefined).map(({ error }) => error!);
  for (const caller of callers) caller.close();
  return [
    exactly(
      `refused of ${count.toLocaleString("en-US")} at once`,
      refused.length === 0 ? "none" : tally(refused),
      "none",
    ),
    exactly("answers", tally(callers.map(({ status }) => status)), "200"),
    atMost("all answered after", took, 10, "s"),
    ...(await victim.afterwards()),
  ];
}

export const EXHAUSTION: readonly Trial[] = [
  { id: "F23", title: "1,000 connections, 256 descriptors", run: descriptorsOut },
  { id: "F26", title: "no room for the access log", run: logDiskFull },
  { id: "F26b", title: "no room for uploads", run: uploadDiskFull },
  { id: "F30", title: "a loop that stands still for 3 s", run: stall },
  { id: "F31", title: "5,000 connects at once", run: acceptBurst },
];
