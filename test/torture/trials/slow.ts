// Clients that take their time: idle ones, slow heads, slow bodies, and those that do not read. They cost a deadline each, and
// must cost nobody else anything.

import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { type Arena, type Trial, until } from "../arena.ts";
import { allEnded, type Caller, crowd } from "../caller.ts";
import { atLeast, atMost, type Check, exactly, noted, tally } from "../check.ts";
import { bytesUnderWay, descriptors, ownDescriptorLimit, residentBytes } from "../proc.ts";

const KIB = 1_024;
const MIB = 1_048_576;

/** Says something on each open connection once a second, until all are ended or the time is over. */
async function drip(callers: readonly Caller[], say: string, forMs: number): Promise<void> {
  const timer = setInterval(() => {
    for (const caller of callers) if (caller.isOpen) caller.send(say);
  }, 1_000);
  await allEnded(callers, forMs);
  clearInterval(timer);
}

/** When the clients were closed, counted from `since`, and that none is left. */
function closedAt(callers: readonly Caller[], since: (caller: Caller) => number, deadline: number): Check[] {
  const took = callers.filter((caller) => !caller.isOpen).map((caller) => (caller.endedAt - since(caller)) / 1_000);
  const first = Math.min(...took);
  const last = Math.max(...took);
  return [
    exactly("left open", callers.filter((caller) => caller.isOpen).length, 0),
    atLeast("closed, the first after", first, deadline - 0.25, "s"),
    atMost("closed, the last after", last, deadline + 2, "s"),
  ];
}

async function idle(arena: Arena): Promise<Check[]> {
  const count = arena.count(10_000, 200);
  if (ownDescriptorLimit() < count + 200)
    throw new Error(`${count} connections need a higher limit of open files (ulimit -n)`);
  const deadline = arena.scale < 0.5 ? 4 : 20;
  const victim = await arena.serve(["--head-timeout", String(deadline), "--worker-connections", String(count + 100)]);
  const probe = await arena.probe(victim);
  const callers = await crowd(count, victim.port);
  arena.after(() => callers.forEach((caller) => void caller.close()));
  const refused = callers.filter((caller) => Number.isNaN(caller.connectedAt)).length;
  await until(() => descriptors(victim.worker) >= victim.before.descriptors + count, 5_000);
  const held = descriptors(victim.worker) - victim.before.descriptors;
  const grown = residentBytes(victim.worker) - victim.before.rss;
  await allEnded(callers, (deadline + 5) * 1_000);
  const seen = await probe.take();
  await probe.stop();
  return [
    exactly(`refused of ${count}`, refused, 0),
    atLeast("held at once", held, count),
    // A bar for each connection says nothing where there are few: the process itself breathes by some MiB.
    atMost("memory for each connection", Math.max(0, grown - 4 * MIB) / count / KIB, 20, "KiB"),
    ...closedAt(callers, (caller) => caller.connectedAt, deadline),
    ...probe.judge(seen, { worstMs: 100 }),
    ...(await victim.afterwards()),
  ];
}

async function slowloris(arena: Arena): Promise<Check[]> {
  const count = arena.count(1_000, 50);
  const deadline = arena.scale < 0.5 ? 4 : 30;
  const victim = await arena.serve(["--head-timeout", String(deadline)]);
  const probe = await arena.probe(victim);
  const callers = await crowd(count, victim.port);
  const startedAt = performance.now();
  for (const caller of callers) caller.send("GET /hello HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  await drip(callers, "a", (deadline + 10) * 1_000);
  const seen = await probe.take();
  await probe.stop();
  return [
    ...closedAt(callers, () => startedAt, deadline),
    exactly("answers", tally(callers.map((caller) => caller.status)), "408"),
    ...probe.judge(seen, { worstMs: 250, doubled: true }),
    ...(await victim.afterwards()),
  ];
}

/** How long a body may be waited for before its rate counts. */
const RATE_GRACE_SECONDS = 5;

async function slowBody(arena: Arena): Promise<Check[]> {
  const count = arena.count(1_000, 50);
  const victim = await arena.serve(["--body-rate", "240"]);
  const probe = await arena.probe(victim);
  const callers = await crowd(count, victim.port);
  const startedAt = performance.now();
  for (const caller of callers) caller.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
  await drip(callers, "b", (RATE_GRACE_SECONDS + 10) * 1_000);
  const seen = await probe.take();
  await probe.stop();
  return [
    ...closedAt(callers, () => startedAt, RATE_GRACE_SECONDS),
    exactly("answers", tally(callers.map((caller) => caller.status)), "408"),
    ...probe.judge(seen, { worstMs: 250, doubled: true }),
    ...(await victim.afterwards()),
  ];
}

async function slowRead(arena: Arena): Promise<Check[]> {
  const count = arena.count(400, 20);
  const deadline = 5;
  const victim = await arena.serve(["--write-timeout", String(deadline)]);
  const probe = await arena.probe(victim);
  const callers = await crowd(count, victim.port, { reads: false });
  arena.after(() => callers.forEach((caller) => void caller.close()));
  const { produced: warmed } = await victim.counts();
  const asked = 64 * MIB;
  for (const caller of callers) caller.send(`GET /stream?n=${asked} HTTP/1.1\r\nHost: x\r\n\r\n`);
  let produced = 0;
  await until(async () => {
    const before = produced;
    await pause(300);
    ({ produced } = await victim.counts());
    return produced === before;
  }, 10_000);
  const stalledAt = performance.now();
  const buffered = produced - warmed - bytesUnderWay(victim.port);
  const grown = residentBytes(victim.worker) - victim.before.rss;
  // Nobody tells a client that does not read; the server's descriptors show that it was given up.
  const gone = await until(() => descriptors(victim.worker) <= victim.before.descriptors + 8, (deadline + 20) * 1_000);
  const took = gone ? (performance.now() - stalledAt) / 1_000 : Number.NaN;
  for (const caller of callers) caller.close();
  const seen = await probe.take();
  await probe.stop();
  return [
    noted("taken by the kernel for each response", (produced - warmed - buffered) / count / MIB, "MiB"),
    atMost("buffered for each response by the server", Math.max(0, buffered) / count / MIB, 1, "MiB"),
    atMost("memory for each held response", grown / count / MIB, 2, "MiB"),
    atMost("all given up after", took, deadline + 2, "s"),
    ...probe.judge(seen, {}),
    ...(await victim.afterwards()),
  ];
}

export const SLOW: readonly Trial[] = [
  { id: "F13", title: "10,000 idle connections", run: idle },
  { id: "F14", title: "1,000 heads at one byte a second", run: slowloris },
  { id: "F15a", title: "1,000 bodies at one byte a second", run: slowBody },
  { id: "F15b", title: "400 clients that do not read a response of 64 MiB", run: slowRead },
];
