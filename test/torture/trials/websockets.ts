// Websockets that do nothing, as many as a worker has to hold: what they cost, what another worker's death costs them, and what they hear.

import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { Crowd } from "../../support/crowd.ts";
import { APPS, Server } from "../../support/server.ts";
import type { Arena, Trial } from "../arena.ts";
import { atMost, type Check, exactly, noted, tally } from "../check.ts";
import { ownDescriptorLimit, processorSeconds, residentBytes } from "../proc.ts";

const COUNT = 10_000;
const KIB = 1_024;
/** Of a worker; the rest of the machine's memory for a connection is the kernel's. */
const KIB_EACH = 16;
/** Ours beside the sockets: the client's own files. */
const OTHER_FILES = 200;

async function idle(arena: Arena): Promise<Check[]> {
  const count = Math.min(arena.count(COUNT, 100), ownDescriptorLimit() - OTHER_FILES);
  const args = ["--workers", "1", "--settle", "0", "--worker-connections", String(COUNT * 2)];
  const server = await Server.start(arena, ["websocket:application", ...args], { cwd: APPS });
  const [holder] = (await server.untilServing(1)) as [number];
  // What the first ones make the engine learn is not theirs.
  const first = await Crowd.open(server.port, 200);
  first.close();
  await pause(1_000);
  const before = residentBytes(holder);
  const openedAt = performance.now();
  const crowd = await Crowd.open(server.port, count);
  arena.after(() => crowd.close());
  const openMs = performance.now() - openedAt;
  await pause(1_000);
  const each = (residentBytes(holder) - before) / count / KIB;

  const busyBefore = processorSeconds(holder);
  const idleSeconds = Math.max(2, 30 * arena.scale);
  await pause(idleSeconds * 1_000);
  const busy = ((processorSeconds(holder) - busyBefore) / idleSeconds) * 100;

  server.signal("SIGTTIN");
  const other = (await server.untilServing(2)).find((pid) => pid !== holder)!;
  process.kill(other, "SIGKILL");
  await server.untilServing(2, [other]);
  const touched = crowd.idlers.filter(({ ended, code }) => ended || code !== undefined).length;

  const toldAt = performance.now();
  server.signal("SIGHUP");
  await server.says(/^generation 2 serves/);
  const leavesAt = performance.now();
  await crowd.over();
  const overAt = performance.now();
  const { code } = await server.stop();
  return [
    exactly("websockets that one worker holds", crowd.of(holder).length, count),
    atMost("resident memory of the worker for each", each, KIB_EACH, "KiB"),
    noted("time to open them all", openMs / 1_000, "s"),
    atMost(`processor time of the worker in ${idleSeconds} s of silence and pings`, busy, 5, "%"),
    exactly("websockets that kill -9 of another worker touched", touched, 0),
    exactly("close codes on HUP", tally(crowd.idlers.map(({ code: heard }) => heard ?? "none")), "1012"),
    noted("HUP to the new generation", (leavesAt - toldAt) / 1_000, "s"),
    atMost("from there to the end of the last connection", (overAt - leavesAt) / 1_000, 10, "s"),
    exactly("exit code", code ?? -1, 0),
  ];
}

export const WEBSOCKETS: readonly Trial[] = [
  { id: "F36", title: "10,000 idle websockets: kill -9 of another worker, then HUP", run: idle },
];
