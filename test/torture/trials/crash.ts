// Workers that are killed or die under load. What they held is lost and nothing else, nobody is refused, nobody waits for a dead one.

import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { RawClient } from "../../support/client.ts";
import { machineMs } from "../../support/load/record.ts";
import { Random } from "../../support/random.ts";
import { type Arena, type Trial, until } from "../arena.ts";
import { atLeast, atMost, type Check, exactly, noted } from "../check.ts";
import { type Slain, Stage, version, WORKERS } from "../stage.ts";
import { lossless, lostOnVictims, withinBoot } from "../verdict.ts";
import { died, OUT_OF_MEMORY, SLOT, SUCCESSOR } from "../words.ts";

/** A random one of those that serve. Killing one that boots would cost nobody anything, and on a slow machine there would be no others. */
async function oneByOne(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, []);
  const random = new Random(4);
  // Each closed connection leaves a row in the kernel's table for a minute, and the table is read at each kill.
  const load = await stage.load({ perSecond: 200 });
  const slain: Slain[] = [];
  await stage.during(Math.max(4, 30 * arena.scale), 200, async () => {
    const serving = stage.server.serving();
    if (serving.length > 0) slain.push(...(await stage.slay([random.pick(serving)])));
  });
  const endedAt = machineMs();
  const isWhole = await stage.whole(WORKERS, 60_000);
  const wholeAfter = isWhole ? (machineMs() - endedAt) / 1_000 : Number.NaN;
  await load.more(100);
  const result = await load.stop();
  return [
    ...lostOnVictims(result, slain),
    noted("four workers again, after the last kill", wholeAfter, "s"),
    exactly("workers at the end", stage.server.serving().length, WORKERS),
  ];
}

async function allAtOnce(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, []);
  const load = await stage.load({ perSecond: 200 });
  const slain: Slain[] = [];
  const took: number[] = [];
  for (let turn = 0; turn < arena.count(10, 2); turn += 1) {
    await load.more(100, 60_000);
    const at = machineMs();
    slain.push(...(await stage.slay(stage.server.workers())));
    // One that serves is enough for the next time.
    await until(() => stage.server.serving().length > 0, 60_000);
    took.push((machineMs() - at) / 1_000);
    await stage.whole(WORKERS, 60_000);
  }
  const result = await load.stop();
  const refused = result.failures.filter(({ kind }) => kind === "refused").length;
  return [
    exactly("connections refused", refused, 0),
    ...lostOnVictims(result, slain),
    noted("the first worker again, the longest after", Math.max(...took), "s"),
  ];
}

/** SIGKILL of one every 3 s, and HUP every 10 s. */
async function amongReloads(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, ["--settle", "0"]);
  const random = new Random(2);
  const load = await stage.load({ perSecond: 300 });
  const slain: Slain[] = [];
  const took: number[] = [];
  let reloads = 0;
  const seconds = Math.max(12, 60 * arena.scale);
  const reloading = stage.during(seconds, 10_000, () => {
    reloads += 1;
    stage.server.signal("SIGHUP");
  });
  await stage.during(seconds, 3_000, async () => {
    const serving = stage.server.serving();
    if (serving.length === 0) return;
    const at = machineMs();
    slain.push(...(await stage.slay([random.pick(serving)])));
    // More than four while a reload is under way.
    const back = await until(() => stage.server.serving().length >= WORKERS, 20_000);
    took.push(back ? (machineMs() - at) / 1_000 : Number.NaN);
  });
  await reloading;
  await load.more(100);
  const result = await load.stop();
  return [
    ...lostOnVictims(result, slain),
    noted("reloads", reloads),
    withinBoot("four workers again after each kill, the longest", Math.max(...took), 2, stage),
  ];
}

const HUNGRY = version("one").replace(
  "startResponse) {\n",
  'startResponse) {\n  if (environ.PATH_INFO === "/hungry") for (const kept = []; ; ) kept.push(new Array(1e5).fill(kept.length));\n',
);

async function outOfMemory(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, [], {
    app: HUNGRY,
    env: { NODE_OPTIONS: "--max-old-space-size=64" },
  });
  const load = await stage.load({ perSecond: 100 });
  const before = stage.server.serving();
  const client = await RawClient.connect(stage.port);
  client.send("GET /hungry HTTP/1.1\r\nHost: x\r\n\r\n");
  await client.rest();
  const at = machineMs();
  const dead = before.filter((pid) => !stage.server.serving().includes(pid));
  const [victim = 0] = dead;
  const said = await stage.server.says(died(victim));
  const isBack = await until(() => stage.server.serving().length === WORKERS, 20_000);
  const took = isBack ? (machineMs() - at) / 1_000 : Number.NaN;
  await load.more(100);
  const result = await load.stop();
  const others = { ...result, failures: result.failures.filter(({ pid }) => pid !== victim && pid !== undefined) };
  return [
    exactly("workers that died", dead.length, 1),
    exactly(
      "its line in the log names what it was",
      OUT_OF_MEMORY.test(said.msg) ? "yes" : said.msg.slice(0, 160),
      "yes",
    ),
    withinBoot("replaced after", took, 2, stage),
    noted("failed on the victim's connections", result.failures.length - others.failures.length),
    ...lossless(others, "of the others"),
  ];
}

/** 50 ms after it is ready, as its own clock sees it: the first request would be too late, and there is none. */
const SHORT_LIVED = `${version("one")}\nsetTimeout(() => process.exit(7), 50);\n`;

/** Boots of each place in the log, and the delays in it. */
async function shortLived(arena: Arena): Promise<Check[]> {
  // A first start that dies would end the server: the application is replaced once it serves.
  const stage = await Stage.open(arena, [], { workers: 2 });
  const { server } = stage;
  stage.deploy(SHORT_LIVED);
  const seen = server.records.length;
  for (const pid of server.workers()) process.kill(pid, "SIGKILL");
  const seconds = Math.max(6, 30 * arena.scale);
  await pause(seconds * 1_000);
  const rows = server.records.slice(seen).flatMap(({ msg }) => {
    const successor = SUCCESSOR.exec(msg);
    return successor === null ? [] : [{ slot: SLOT.exec(msg)?.[1], delay: Number(successor[2] ?? 0) }];
  });
  return ["1", "2"].flatMap((slot) => {
    const delays = rows.filter((row) => row.slot === slot).map(({ delay }) => delay);
    // Up to a fifth of chance is added to each.
    const falls = delays.filter((delay, index) => index > 0 && delay * 1.25 < delays[index - 1]!);
    return [
      atMost(`boots of place ${slot} in ${seconds} s`, delays.length, 10),
      atLeast(`deaths of place ${slot}`, delays.length, 3),
      exactly(
        `delays of place ${slot} that are shorter than the one before, of ${delays.join(", ")} s`,
        falls.length,
        0,
      ),
    ];
  });
}

export const CRASH: readonly Trial[] = [
  { id: "A4", title: "kill -9 of a random worker every 200 ms for 30 s", run: oneByOne },
  { id: "A5", title: "kill -9 of all workers at once, 10 times", run: allAtOnce },
  { id: "A9", title: "a module that exits 50 ms after it is loaded, two workers, 30 s", run: shortLived },
  { id: "F2", title: "kill -9 every 3 s and HUP every 10 s, for 60 s", run: amongReloads },
  { id: "F6", title: "a worker that runs out of memory", run: outOfMemory },
];
