// Memory over very many requests of mixed sizes. One worker, so that nothing averages out; measured after a forced collection.

import { performance } from "node:perf_hooks";
import { Load } from "../support/load.ts";
import type { Arena, Trial, Victim } from "./arena.ts";
import { atMost, type Check, exactly, noted } from "./check.ts";
import { mixed } from "./mixture.ts";

const MIB = 1_048_576;

const AN_HOUR_MS = 3_600_000;

/** The load of so many requests, all answers checked; why the first of those failed that did. */
async function load(victim: Victim, requests: number, seed: number): Promise<readonly string[]> {
  const options = { keepAlive: 16, closing: 0, perSecond: Number.POSITIVE_INFINITY, pipeline: 4 };
  const clients = new Load({ ...options, where: victim.port, mixture: mixed(65_536), seed });
  // A server that fails them all would fail them at once, and all are kept.
  await clients.until(() => clients.finished >= requests || clients.failures.length >= 1_000, AN_HOUR_MS);
  const { failures } = await clients.stop();
  return failures.map(({ kind, why, request }) => `${kind}: ${request} ${why}`);
}

/** Runs `first` requests, then the rest; the figures are those of the stretch between. */
export async function flat(
  arena: Arena,
  requests: number,
  first: number,
  bar: (rss: number) => number,
): Promise<Check[]> {
  const victim = await arena.serve(["--limit-connection-requests", "0"]);
  const startedAt = performance.now();
  const warm = await load(victim, first, 1);
  const before = await victim.rebase();
  const rest = await load(victim, requests - first, 2);
  const after = await victim.footprint();
  const seconds = (performance.now() - startedAt) / 1_000;
  const wrong = [...warm, ...rest];
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
