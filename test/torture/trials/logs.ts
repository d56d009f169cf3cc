// Logs that cannot be written, and logs that are renamed. A log costs lines at most, never a request or a worker.

import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Arena, type Trial, until } from "../arena.ts";
import { atLeast, atMost, type Check, exactly, noted } from "../check.ts";
import { residentBytes } from "../proc.ts";
import { Stage } from "../stage.ts";
import { lossless } from "../verdict.ts";
import { LOG_TROUBLE } from "../words.ts";
import { logDiskFull } from "./exhaustion.ts";

const MIB = 1_048_576;

/** What waits for a reader is bounded by 16 MiB in each worker; the rest is what a young heap takes. */
const GROWTH_MIB = 48;

async function stoppedReader(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, ["--access-log", "-", "--access-log-format", "%(r)s %({user-agent}i)s"]);
  const { server } = stage;
  const before = server.serving();
  const load = await stage.load({ perSecond: 300 });
  await load.more(500);
  const sizes = (): number => Math.max(...server.serving().map(residentBytes));
  const start = sizes();
  server.pauseReading();
  const seen = server.stdout.length;
  await pause(Math.max(5, 30 * arena.scale) * 1_000);
  const grown = (sizes() - start) / MIB;
  const read = server.stdout.length - seen;
  server.resumeReading();
  const resumed = await until(() => server.stdout.length > seen + read, 10_000);
  await load.more(100);
  server.stopReading();
  const told = await until(() => server.records.some(({ msg }) => LOG_TROUBLE.test(msg)), 10_000);
  await load.more(500);
  const result = await load.stop();
  const same = [...server.serving()].sort().join(" ") === [...before].sort().join(" ");
  return [
    ...lossless(result),
    noted("bytes read while the reader stood still", read),
    atMost("memory of a worker meanwhile, the largest change", grown, GROWTH_MIB, "MiB"),
    exactly("lines come again when it reads again", resumed ? "yes" : "no", "yes"),
    exactly("a reader that is gone is in the server's log", told ? "yes" : "no", "yes"),
    exactly("the workers", same ? "the same" : "others", "the same"),
    exactly("exit code", String((await server.stop()).code), "0"),
  ];
}

async function rotated(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, ["--access-log", "access.log", "--access-log-format", "%(m)s %(U)s %(s)s"]);
  const path = join(stage.folder, "access.log");
  const load = await stage.load({ perSecond: 300 });
  const files = [path];
  await stage.during(Math.max(6, 20 * arena.scale), 2_000, () => {
    const old = `${path}.${files.length}`;
    renameSync(path, old);
    files.push(old);
    stage.server.signal("SIGUSR1");
  });
  const result = await load.stop();
  const { code } = await stage.server.stop();
  const texts = files.map((file) => readFileSync(file, "utf8"));
  const lines = texts.flatMap((text) => text.split("\n").slice(0, -1));
  const torn = lines.filter((line) => !/^(GET|POST) \/\d+ 200$/.test(line)).length;
  const wanted = new Set(result.answers.map(({ request }) => request.replace(/\?.*/, "")));
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line.slice(0, -4), (counts.get(line.slice(0, -4)) ?? 0) + 1);
  return [
    ...lossless(result),
    atLeast("renames, each with USR1", files.length - 1, 2),
    exactly("lines that are no whole line", torn, 0),
    exactly("answers without a line", [...wanted].filter((name) => !counts.has(name)).length, 0),
    exactly("answers with more than one", [...counts.values()].filter((count) => count > 1).length, 0),
    exactly("files that have no line", texts.filter((text) => text === "").length, 0),
    exactly("exit code", String(code), "0"),
  ];
}

export const LOGS: readonly Trial[] = [
  { id: "F26", title: "no room for the access log", run: logDiskFull },
  { id: "F27", title: "standard output whose reader stops, and then leaves", run: stoppedReader },
  { id: "F28", title: "the access log renamed every 2 s, with USR1", run: rotated },
];
