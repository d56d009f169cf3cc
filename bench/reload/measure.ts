// The three measurements: save to answer, start to answer, an idle watcher. Servers take turns, so that noise meets all of them.
// Knows how long to wait between two. Does not know what the figures should be.

import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Application, save, writeApplication } from "./applications.ts";
import { type Met, untilVersion } from "./client.ts";
import { type IdleLine, lineOf, type ReloadPart } from "./figures.ts";
import { cpuMs, freePort, PEERS, PLAIN, type Program, type Running, run, SUBJECT } from "./servers.ts";

/** Nobody saves twice within it; what a server prepares for the next save is done then. */
const QUIET_MS = 800;
const SETTLE_MS = 1_500;
const IDLE_MS = 10_000;

export async function measureSaves(
  application: Application,
  { saves, scratch, programs = [SUBJECT, ...PEERS] }: { saves: number; scratch: string; programs?: readonly Program[] },
): Promise<ReloadPart> {
  const servers: { program: Program; folder: string; running: Running; met: Met[] }[] = [];
  try {
    for (const program of programs) {
      const folder = folderFor(application, scratch);
      const running = run(program, { folder, port: await freePort() });
      servers.push({ program, folder, running, met: [] });
      await untilVersion(running.port, 0, running.said);
    }
    await sleep(SETTLE_MS);
    // One more than is counted: the first save of a server is not like those that follow.
    for (let version = 1; version <= saves + 1; version += 1) {
      for (const { program, folder, running, met } of turned(servers, version)) {
        const { path, text } = save(application, program.entry, version);
        writeFileSync(join(folder, path), text);
        const one = await untilVersion(running.port, version, running.said);
        if (version > 1) met.push(one);
        await sleep(QUIET_MS);
      }
    }
  } finally {
    await Promise.all(servers.map(({ running }) => running.stop()));
  }
  const lines = servers.map(({ program, met }) => lineOf(program.name, met));
  return { part: application.name, title: `save to answer, ${application.title}`, times: saves, lines };
}

export async function measureStarts(
  application: Application,
  { starts, scratch }: { starts: number; scratch: string },
): Promise<ReloadPart> {
  const programs = [SUBJECT, PLAIN].map((program) => ({
    program,
    folder: folderFor(application, scratch),
    met: [] as Met[],
  }));
  for (let round = 0; round <= starts; round += 1) {
    for (const { program, folder, met } of turned(programs, round)) {
      const running = run(program, { folder, port: await freePort() });
      try {
        const one = await untilVersion(running.port, 0, running.said);
        // The first one fills caches.
        if (round > 0) met.push(one);
        await sleep(QUIET_MS);
      } finally {
        await running.stop();
      }
    }
  }
  const lines = programs.map(({ program, met }) => lineOf(program.name, met));
  return { part: `start ${application.name}`, title: `start to answer, ${application.title}`, times: starts, lines };
}

export async function measureIdle(application: Application, scratch: string): Promise<readonly IdleLine[]> {
  const lines: IdleLine[] = [];
  for (const engine of ["auto", "poll"]) {
    const folder = folderFor(application, scratch);
    const running = run(SUBJECT, { folder, port: await freePort(), extra: ["--reload-engine", engine] });
    try {
      await untilVersion(running.port, 0, running.said);
      await sleep(2 * SETTLE_MS);
      const before = cpuMs(running.pid);
      const startedAt = performance.now();
      await sleep(IDLE_MS);
      const percent = (100 * (cpuMs(running.pid) - before)) / (performance.now() - startedAt);
      lines.push({ engine: `--reload-engine ${engine}, ${application.title}`, percent });
    } finally {
      await running.stop();
    }
  }
  return lines;
}

/** Another one begins each time. */
const turned = <T>(all: readonly T[], by: number): readonly T[] => [
  ...all.slice(by % all.length),
  ...all.slice(0, by % all.length),
];

function folderFor(application: Application, scratch: string): string {
  const folder = mkdtempSync(join(scratch, `${application.name}-`));
  writeApplication(application, folder);
  return folder;
}
