// Signals in great number. None of them may cost a request, and the state afterwards is the one that was asked for last.

import { setTimeout as pause } from "node:timers/promises";
import { Random } from "../../support/random.ts";
import { statusOf } from "../../support/server.ts";
import { type Arena, type Trial, until } from "../arena.ts";
import { type Check, exactly, noted } from "../check.ts";
import { Stage, version, WORKERS } from "../stage.ts";
import { lossless } from "../verdict.ts";
import { SCALED } from "../words.ts";

/** Signals of one number that wait together are one: the next is sent when the one before was taken. */
async function sendTaken(stage: Stage, signal: NodeJS.Signals): Promise<void> {
  stage.server.signal(signal);
  await until(() => !statusOf(stage.server.pid, "ShdPnd").some((pending) => /[^0]/.test(pending)), 2_000);
}

async function scaling(arena: Arena): Promise<Check[]> {
  const count = arena.count(50, 10);
  const stage = await Stage.open(arena, []);
  const load = await stage.load({ perSecond: 200 });
  const random = new Random(35);
  let offset = 0;
  let [up, down] = [0, 0];
  while (up < count || down < count) {
    // Never below one worker, where a TTOU would be for nothing.
    const more = down >= count || (up < count && (offset <= 1 - WORKERS || random.chance(0.5)));
    if (more) up += 1;
    else down += 1;
    offset += more ? 1 : -1;
    await sendTaken(stage, more ? "SIGTTIN" : "SIGTTOU");
    await pause(5_000 / (2 * count));
  }
  const right = await stage.whole(WORKERS, 60_000);
  await load.more(200);
  const result = await load.stop();
  return [
    noted("TTIN and TTOU", `${up} and ${down}`),
    exactly("workers afterwards", right ? WORKERS : stage.server.serving().length, WORKERS),
    ...lossless(result),
  ];
}

async function everything(arena: Arena): Promise<Check[]> {
  const count = arena.count(1_000, 100);
  const stage = await Stage.open(arena, ["--settle", "0", "--access-log", "access.log"]);
  const { server } = stage;
  const load = await stage.load({ perSecond: 200 });
  const random = new Random(1_000);
  stage.deploy(version("two"));
  for (let sent = 0; sent < count; sent += 1) {
    server.signal(random.pick(["SIGHUP", "SIGTTIN", "SIGTTOU", "SIGUSR1"] as const));
    if (sent % 10 === 9) await pause(10);
  }
  // Those of the storm are coming to their end; this one is after them.
  stage.deploy(version("three"));
  await stage.reload();
  const isNew = await until(() => load.versions.has("three"), 60_000);
  const wantedNow = (): number => {
    const said = server.records.filter(({ msg }) => SCALED.test(msg)).at(-1)?.msg;
    return said === undefined ? WORKERS : Number(/(\d+) wanted now/.exec(said)?.[1]);
  };
  const right = await until(
    () => server.serving().length === wantedNow() && server.workers().length === wantedNow(),
    90_000,
  );
  await load.more(200);
  const seen = load.finished;
  await load.more(200);
  const result = await load.stop();
  return [
    noted("signals sent", count),
    exactly("the newest code serves", isNew ? "yes" : "no", "yes"),
    exactly(
      "workers afterwards, as many as the log says are wanted",
      right ? "yes" : `${server.serving().length} for ${wantedNow()}`,
      "yes",
    ),
    exactly(
      "versions at the end",
      [...new Set(result.answers.slice(seen).map((one) => one.version))].join(" "),
      "three",
    ),
    ...lossless(result),
    exactly("exit code after TERM", String((await server.stop()).code), "0"),
  ];
}

export const STORMS: readonly Trial[] = [
  { id: "F35", title: "50 TTIN and 50 TTOU in 5 s under load", run: scaling },
  { id: "F35b", title: "1,000 mixed HUP, TTIN, TTOU and USR1 in a second", run: everything },
];
