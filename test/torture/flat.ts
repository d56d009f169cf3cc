// Memory over very many requests of mixed sizes. One worker, so that nothing averages out; measured after a forced collection.

import { performance } from "node:perf_hooks";
import type { Arena, Trial, Victim } from "./arena.ts";
import { atMost, type Check, exactly, noted } from "./check.ts";
import { client } from "./checked-load.ts";

const MIB = 1_048_576;

/** The load of so many requests, all answers checked. */
async function mixed(victim: Victim, requests: number, seed: number): Promise<{ readonly wrong: readonly string[] }> {
  const wrong: string[] = [];
  let asked = 0;
  const note = (what: string): void => {
    if (wrong.length < 1_000) wrong.push(what);
  };
  const clients = Array.from({ length: 16 }, (_none, i) => {
    const more = (): boolean => {
      // A batch is 1.6 requests in the mean: enough for a count that is not a promise.
      asked += 1;
      return asked * MEAN_BATCH <= requests;
    };
    const watcher = { wrong: note, lost: ({ why }: { why: string }) => note(`lost: ${why}`) };
    return client({ port: victim.port, seed: seed + i, large: 65_536, pipeline: 4, gapMs: 0, watcher, more });
  });
  await Promise.all(clients);
  return { wrong };
}

/** 70 % of batches are one request, 30 % are 1 to 4. */
const MEAN_BATCH = 0.7 + 0.3 * 2.5;

/** Runs `first` requests, then the rest; the figures are those of the stretch between. */
export async function flat(
  arena: Arena,
  requests: number,
  first: number,
  bar: (rss: number) => number,
): Promise<Check[]> {
  const victim = await arena.serve(["--limit-connection-requests", "0"]);
  const startedAt = performance.now();
  const warm = await mixed(victim, first, 1);
  const before = await victim.rebase();
  const rest = await mixed(victim, requests - first, 1_000);
  const after = await victim.footprint();
  const seconds = (performance.now() - startedAt) / 1_000;
  const wrong = [...warm.wrong, ...rest.wrong];
  const { calls } = await victim.counts();
  return [
    noted("requests", calls),
    noted("requests a second", calls / seconds),
    exactly("failed", wrong.length === 0 ? "none" : `${wrong.length}: ${wrong[0]}`, "none"),
    noted(`memory after ${first.toLocaleString("en-US")}`, before.rss / MIB, "MiB"),
    atMost("memory at the end", after.rss / MIB, bar(before.rss) / MIB, "MiB"),
    atMost(
      "memory, change",
      (100 * (after.rss - before.rss)) / before.rss,
      (100 * (bar(before.rss) - before.rss)) / before.rss,
      "%",
    ),
    noted("heap, change", (after.heap - before.heap) / MIB, "MiB"),
    ...(await victim.afterwards()),
  ];
}

const million = (arena: Arena): Promise<Check[]> => {
  const requests = arena.count(1_000_000, 20_000);
  return flat(arena, requests, requests / 4, (rss) => rss + Math.max(16 * MIB, rss / 10));
};

export const FLAT: readonly Trial[] = [{ id: "F24", title: "a million requests of mixed sizes", run: million }];
