// Workers that are replaced while they are well: after so many requests, after so long, at such a size. There are never fewer than asked for.

import type { Arena, Trial } from "../arena.ts";
import { atLeast, type Check, exactly, noted } from "../check.ts";
import { Stage, version, WORKERS } from "../stage.ts";
import { lossless } from "../verdict.ts";

/** Recycles for a while; `app` needs a load that asks for what it does. */
async function recycled(
  arena: Arena,
  args: readonly string[],
  seconds: number,
  perSecond: number,
  app?: string,
): Promise<Check[]> {
  const stage = await Stage.open(arena, args, app === undefined ? {} : { app });
  const first = stage.server.serving();
  const load = await stage.load({ perSecond });
  await stage.during(seconds, 1_000, () => {});
  const result = await load.stop();
  await stage.whole(WORKERS, 10_000);
  return [
    ...lossless(result),
    atLeast("ready workers, the fewest at once", stage.smallestPool(), WORKERS),
    noted("workers that answered", result.pids.size),
    atLeast("workers that were replaced", result.pids.size - first.length, 1),
    exactly("workers at the end", stage.server.serving().length, WORKERS),
  ];
}

const secondsOf = (arena: Arena): number => Math.max(8, 60 * arena.scale);

const byRequests = (arena: Arena): Promise<Check[]> =>
  recycled(arena, ["--max-requests", "200", "--max-requests-jitter", "50"], secondsOf(arena), 400);

const byRequestsFast = (arena: Arena): Promise<Check[]> =>
  recycled(arena, ["--max-requests", "200", "--max-requests-jitter", "50"], secondsOf(arena), 500);

const byAge = (arena: Arena): Promise<Check[]> =>
  recycled(arena, ["--max-worker-lifetime", "5", "--max-worker-lifetime-jitter", "5"], secondsOf(arena), 400);

/** Each answer keeps 256 KiB; a worker is looked at from its tenth second on. */
const LEAK = `${version("one").replace("startResponse) {\n", "startResponse) {\n  kept.push(Buffer.alloc(262_144, 1));\n")}\nconst kept = [];\n`;

const bySize = (arena: Arena): Promise<Check[]> =>
  recycled(arena, ["--max-rss", "100M"], Math.max(20, secondsOf(arena)), 200, LEAK);

export const RECYCLE: readonly Trial[] = [
  { id: "A3", title: "--max-requests 200 --max-requests-jitter 50 for 60 s", run: byRequests },
  { id: "A3b", title: "--max-worker-lifetime 5 --max-worker-lifetime-jitter 5 for 60 s", run: byAge },
  { id: "A3c", title: "--max-rss 100M with an application that leaks, for 60 s", run: bySize },
  { id: "F7", title: "the recycling of A3 at 500 requests a second", run: byRequestsFast },
];
