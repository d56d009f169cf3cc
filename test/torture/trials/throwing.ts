// Applications that throw, in every place where one can. The client has a 500 or sees a cut, the worker lives, each body is closed once.

import { setTimeout as pause } from "node:timers/promises";
import { get, RawClient } from "../../support/client.ts";
import type { Arena, Trial, Victim } from "../arena.ts";
import { converse, inParallel } from "../caller.ts";
import { type Check, exactly, noted, tally } from "../check.ts";
import { Stage, version, WORKERS } from "../stage.ts";
import { died } from "../words.ts";

const PER_SECOND = 100;

/** So many of one kind, at the rate of the row; how each ended. */
async function throwing(victim: Victim, path: string, count: number): Promise<readonly string[]> {
  const ends: string[] = [];
  const startedAt = performance.now();
  await inParallel(count, 10, async (i) => {
    await pause(Math.max(0, startedAt + (i * 1_000) / PER_SECOND - performance.now()));
    const caller = await converse(victim.port, (one) => one.send(get(path, "Connection: close\r\n")));
    const isWhole = !/^transfer-encoding: chunked\r$/im.test(caller.said) || caller.said.endsWith("\r\n0\r\n\r\n");
    ends.push(`${caller.status}${isWhole ? "" : " cut"}`);
  });
  return ends;
}

async function everywhere(arena: Arena): Promise<Check[]> {
  const count = arena.count(1_000, 20);
  const victim = await arena.serve();
  const checks: Check[] = [];
  for (const [what, path, end] of [
    ["synchronously", "/throw", "500"],
    ["asynchronously", "/reject", "500"],
    ["after the head", "/throw-late", "200 cut"],
    ["in close()", "/throw-in-close", "200"],
  ] as const) {
    checks.push(exactly(`${count} thrown ${what}`, tally(await throwing(victim, path, count)), end));
  }
  // Each is in the log, with its stack.
  return [...checks, ...(await victim.afterwards({ lines: 5 * 4 * count }))];
}

const REJECTS = version("one").replace(
  "startResponse) {\n",
  'startResponse) {\n  if (environ.PATH_INFO === "/reject") void Promise.reject(new RangeError("nobody waits"));\n',
);

/** A rejection that nobody handles is the end of its worker, as docs/gateway.md says: a few of them. */
async function unhandled(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, [], { app: REJECTS });
  const dead: number[] = [];
  const named: string[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const before = await stage.server.untilServing(WORKERS);
    const client = await RawClient.connect(stage.port);
    client.send(get("/reject"));
    await client.rest();
    client.close();
    await stage.server.until(() => before.some((pid) => stage.server.records.some(({ msg }) => died(pid).test(msg))));
    const victim = before.find((pid) => stage.server.records.some(({ msg }) => died(pid).test(msg)))!;
    dead.push(victim);
    const lines = stage.server.records.filter(({ pid, msg }) => pid === victim || died(victim).test(msg));
    named.push(/RangeError: nobody waits[\s\S]*app\.js:\d+/.test(JSON.stringify(lines)) ? "named" : "not named");
  }
  await stage.server.untilServing(WORKERS);
  return [
    noted("rejections that nobody handled, each the end of its worker", dead.length),
    exactly("the error and its line in the log", tally(named), "named"),
    exactly("workers afterwards", stage.server.serving().length, WORKERS),
  ];
}

export const THROWING: readonly Trial[] = [
  { id: "F8a", title: "1,000 throws each: at once, later, after the head, in close()", run: everywhere },
  { id: "F8b", title: "promises rejected that nobody handles", run: unhandled },
];
