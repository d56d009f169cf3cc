// Reloads that succeed: under load, with code that changes, again and again. Nothing is lost, and what served before is gone.

import { setTimeout as pause } from "node:timers/promises";
import { machineMs } from "../../support/load/record.ts";
import { childrenOf } from "../../support/server.ts";
import { type Arena, type Trial, until } from "../arena.ts";
import { atMost, type Check, exactly, noted, tally } from "../check.ts";
import { descriptors, residentBytes } from "../proc.ts";
import { type Reload, Stage, version, WORKERS } from "../stage.ts";
import { lossless, onlyNewAnswers, percentile, prompt } from "../verdict.ts";

const MIB = 1_048_576;
const nameOf = (turn: number): string => `v${turn}`;

const failed = (reloads: readonly Reload[]): string => tally(reloads.map(({ ok, said }) => (ok ? "done" : said.msg)));

/** The workers of before a reload are gone; how long after its end that was, in seconds. */
async function untilGone(stage: Stage, old: readonly number[], since: number, limitMs: number): Promise<number> {
  const gone = await until(() => !stage.server.workers().some((pid) => old.includes(pid)), limitMs);
  return gone ? (machineMs() - since) / 1_000 : Number.NaN;
}

/** `--settle 0`, because twenty reloads of two seconds each would never be a second apart. */
async function everySecond(arena: Arena): Promise<Check[]> {
  const count = arena.count(20, 3);
  const stage = await Stage.open(arena, ["--settle", "0"], { app: version(nameOf(0)) });
  const load = await stage.load();
  const reloads: Reload[] = [];
  for (let turn = 1; turn <= count; turn += 1) {
    stage.deploy(version(nameOf(turn)));
    const reload = await stage.reload();
    reloads.push(reload);
    await pause(Math.max(0, 1_000 - (reload.to - reload.from)));
  }
  const seen = load.finished;
  await load.more(200);
  const result = await load.stop();
  const gaps = reloads.slice(1).map(({ from }, index) => (from - reloads[index]!.from) / 1_000);
  const names = [0, ...reloads.map((_none, index) => index + 1)].map(nameOf);
  return [
    exactly(`${count} reloads, --settle 0`, failed(reloads), "done"),
    noted("HUP after HUP, the mean", gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length, "s"),
    noted("HUP after HUP, the longest", Math.max(...gaps), "s"),
    ...lossless(result),
    ...onlyNewAnswers(result.answers, names, reloads),
    exactly(
      "the versions that answered",
      [...new Set(result.answers.map((one) => one.version))].join(" "),
      names.join(" "),
    ),
    exactly(
      "versions among the last 100 answers",
      tally(
        result.answers
          .slice(seen)
          .slice(-100)
          .map((one) => one.version),
      ),
      nameOf(count),
    ),
    exactly("workers at the end", stage.server.serving().length, WORKERS),
  ];
}

/** One of both kinds of connection alone. */
const steady =
  (kept: boolean) =>
  async (arena: Arena): Promise<Check[]> => {
    const seconds = Math.max(6, 60 * arena.scale);
    const graceful = 30;
    const stage = await Stage.open(arena, ["--settle", "0", "--graceful-timeout", String(graceful)]);
    const clients = { keepAlive: kept ? 32 : 0, closing: kept ? 0 : 32, perSecond: 500 };
    const quietly = await stage.load(clients);
    await pause(5_000);
    const quiet = await quietly.stop();
    const load = await stage.load(clients);
    const reloads: Reload[] = [];
    const gone: number[] = [];
    await stage.during(seconds, 5_000, async () => {
      const old = stage.server.serving();
      const reload = await stage.reload();
      reloads.push(reload);
      gone.push(await untilGone(stage, old, reload.to, (graceful + 1) * 1_000));
    });
    const result = await load.stop();
    const quietP99 = percentile(prompt(quiet.answers), 0.99);
    return [
      noted("reloads", reloads.length),
      exactly("reloads, --settle 0", failed(reloads), "done"),
      ...lossless(result),
      atMost("kept connections closed for each reload", result.reopened / reloads.length, 32),
      atMost("p99 of prompt requests", percentile(prompt(result.answers), 0.99), 10 * quietP99, "ms"),
      noted("the same before", quietP99, "ms"),
      atMost("old workers gone after", Math.max(...gone), graceful + 1, "s"),
    ];
  };

interface Size {
  readonly rss: number;
  readonly descriptors: number;
  readonly children: number;
}

/** One worker, whose boot is most of a reload: four of them would only take four times as long. */
async function thousand(arena: Arena): Promise<Check[]> {
  const count = arena.count(1_000, 20);
  const stage = await Stage.open(arena, ["--settle", "0", "--log-level", "info"], { workers: 1 });
  const { server } = stage;
  const reloads: Reload[] = [];
  const sizes: Size[] = [];
  const startedAt = machineMs();
  for (let turn = 1; turn <= count; turn += 1) {
    reloads.push(await stage.reload());
    // The one before may still be leaving.
    await until(() => childrenOf(server.pid).length === 1, 5_000);
    sizes.push({
      rss: residentBytes(server.pid),
      descriptors: descriptors(server.pid),
      children: childrenOf(server.pid).length,
    });
  }
  const took = (machineMs() - startedAt) / 1_000;
  // Until then the heap finds its size, and the compiler what is hot.
  const settled = sizes[Math.floor(count / 4)]!;
  const last = sizes.at(-1)!;
  const [least, most] = [Math.min, Math.max].map((of) =>
    of(...sizes.slice(Math.floor(count / 4)).map(({ rss }) => rss)),
  );
  return [
    exactly(`${count} reloads of one worker, --settle 0`, failed(reloads), "done"),
    noted("a reload takes", took / count, "s"),
    noted("memory of the master after the first quarter", settled.rss / MIB, "MiB"),
    atMost("memory of the master, change since then", (last.rss - settled.rss) / MIB, 16, "MiB"),
    noted("memory of the master, between its least and its most since then", (most! - least!) / MIB, "MiB"),
    exactly("descriptors of the master, change since the first reload", last.descriptors - sizes[0]!.descriptors, 0),
    exactly("children of the master at the end", last.children, 1),
  ];
}

export const RELOAD: readonly Trial[] = [
  { id: "A1", title: "HUP every second, with the answer changing each time", run: everySecond },
  { id: "A10", title: "1,000 reloads", run: thousand, minutes: 30 },
  { id: "F1a", title: "HUP every 5 s for 60 s, connections kept", run: steady(true) },
  { id: "F1b", title: "HUP every 5 s for 60 s, connections closed", run: steady(false) },
];
