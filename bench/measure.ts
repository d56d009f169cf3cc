// How each kind of figure is come by. All servers of a row are up and take turns, round after round, so that what happens to
// the machine happens to all of them. A peer that fails is taken out of its row and named; the others go on.

import { readFileSync } from "node:fs";
import { runEcho } from "./echo.ts";
import { holdIdle, memoryAtRest, openFilesLimit } from "./idle.ts";
import { runOpenLoop } from "./open-loop.ts";
import { findProgram, installHint } from "./programs.ts";
import type { Measurement, Round } from "./report.ts";
import {
  BASE,
  IDLE_CONNECTIONS,
  type Peer,
  RATE_CONNECTIONS,
  type Row,
  SATURATION_SHARE,
  SPREAD_CONNECTIONS,
  SPREAD_WORKERS,
  WEBSOCKETS,
} from "./rows.ts";
import { type RunningServer, start } from "./server.ts";
import { spreadOf } from "./spread.ts";
import { type Load, runWrk } from "./wrk.ts";

export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  /** A folder for what servers write. */
  readonly scratch: string;
}

export interface Measured {
  readonly rounds: readonly Round[];
  /** Peers whose program is not on this machine, with what brings it. */
  readonly missing: readonly Absence[];
  /** What went wrong. */
  readonly failed: readonly Absence[];
}

export interface Absence {
  readonly peer: string;
  readonly why: string;
}

/** So that the compiler has seen the hot path before anything is counted. */
const WARM_SECONDS = 2;

/** A worker of tsgi takes connections up to three quarters of its descriptors. */
const FILES_NEEDED = Math.ceil(IDLE_CONNECTIONS / 0.75) + 100;

/** The peers still in the race, and why others are not. */
class Field {
  readonly peers: Peer[];
  readonly missing: Absence[] = [];
  readonly failed: Absence[] = [];

  constructor(peers: readonly Peer[]) {
    this.peers = peers.filter((peer) => {
      if (findProgram(peer.program) !== undefined) return true;
      this.missing.push({ peer: peer.name, why: `${peer.program} is missing: ${installHint(peer.program)}` });
      return false;
    });
  }

  has(name: string): boolean {
    return this.peers.some((peer) => peer.name === name);
  }

  /** Do something with one peer; if that fails, the peer is out. */
  async attempt<T>(peer: Peer, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.failed.push({ peer: peer.name, why: (error as Error).message });
      this.peers.splice(this.peers.indexOf(peer), 1);
      return undefined;
    }
  }
}

export async function measure(row: Row, effort: Effort): Promise<Measured> {
  const field = new Field(row.peers);
  const rounds = await (row.measure === "memory"
    ? measureMemory(row, field, effort)
    : measureLoaded(row, field, effort));
  return { rounds, missing: field.missing, failed: field.failed };
}

async function measureLoaded(row: Row, field: Field, effort: Effort): Promise<readonly Round[]> {
  const servers = new Map<string, RunningServer>();
  const rounds: Round[] = [];
  try {
    for (const peer of [...field.peers]) {
      await field.attempt(peer, async () => {
        const server = await start(peer, row, effort.scratch);
        servers.set(peer.name, server);
        await load(server, row, peer, Math.min(WARM_SECONDS, effort.seconds));
      });
    }
    for (let round = 0; round < effort.rounds; round += 1) {
      const measured = new Map<string, Measurement>();
      const rate = row.measure === "latency" ? await saturation(row, field, servers, effort) : 0;
      for (const peer of turns(field.peers, round)) {
        const server = servers.get(peer.name)!;
        const found = await field.attempt(peer, () => {
          if (row.measure === "latency") return latencyOf(server, row, rate * SATURATION_SHARE, effort.seconds);
          if (row.measure === "spread") return unevennessOf(server);
          return row.measure === "rate"
            ? rateOf(server, row, peer, effort.seconds)
            : cpuOf(server, row, peer, effort.seconds);
        });
        if (found !== undefined) measured.set(peer.name, found);
      }
      rounds.push(measured);
    }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
  return rounds;
}

/** Whoever goes first meets another state of the machine than the next, so each round begins with another. */
export function turns<T>(all: readonly T[], round: number): readonly T[] {
  const first = all.length === 0 ? 0 : round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

/** @throws Error with the complaints of the load: a measurement that has one is worth nothing. */
async function load(server: RunningServer, row: Row, peer: Peer, seconds: number): Promise<Load> {
  const done =
    row.message === undefined
      ? await runWrk(server.url, seconds, peer.load ?? row.load)
      : await runEcho(server.url, { seconds, connections: WEBSOCKETS, size: row.message });
  if (done.complaints.length > 0) throw new Error(done.complaints.join(", "));
  return done;
}

async function cpuOf(server: RunningServer, row: Row, peer: Peer, seconds: number): Promise<Measurement> {
  const before = server.cpuUs();
  const done = await load(server, row, peer, seconds);
  const cpuUs = server.cpuUs() - before;
  return { figure: cpuUs / done.requests, beside: done.requests / done.seconds };
}

/** Each request has a connection of its own. */
async function rateOf(server: RunningServer, row: Row, peer: Peer, seconds: number): Promise<Measurement> {
  const { figure, beside } = await cpuOf(server, row, peer, seconds);
  return { figure: beside, beside: figure };
}

async function unevennessOf(server: RunningServer): Promise<Measurement> {
  const { counts, tookMs } = await spreadOf(server.url, SPREAD_CONNECTIONS);
  return { figure: (Math.max(...counts) * SPREAD_WORKERS) / SPREAD_CONNECTIONS, beside: tookMs };
}

/** How many requests a second the base answers when it is asked for more, in this very round. */
async function saturation(
  row: Row,
  field: Field,
  servers: ReadonlyMap<string, RunningServer>,
  effort: Effort,
): Promise<number> {
  const base = field.peers.find((peer) => peer.name === BASE);
  const done =
    base && (await field.attempt(base, () => load(servers.get(BASE)!, row, base, Math.min(2, effort.seconds))));
  if (done === undefined) throw new Error(`without ${BASE} there is no rate to ask at`);
  return done.requests / done.seconds;
}

async function latencyOf(server: RunningServer, row: Row, rate: number, seconds: number): Promise<Measurement> {
  const found = await runOpenLoop(server.url, {
    rate,
    seconds,
    warmSeconds: 1,
    graceSeconds: 5,
    connections: RATE_CONNECTIONS,
    body: row.body,
  });
  if (found.complaints.length > 0) throw new Error(found.complaints.join(", "));
  return { figure: found.p99Ms, beside: found.p50Ms };
}

async function measureMemory(row: Row, field: Field, effort: Effort): Promise<readonly Round[]> {
  const limit = openFilesLimit(readFileSync("/proc/self/limits", "latin1"));
  if (limit < FILES_NEEDED) throw new Error(`ulimit -n is ${limit}; this row needs ${FILES_NEEDED} at least`);
  const rounds: Round[] = [];
  for (let round = 0; round < effort.rounds; round += 1) {
    const measured = new Map<string, Measurement>();
    for (const peer of turns(field.peers, round)) {
      const found = await field.attempt(peer, () => memoryOf(row, peer, effort));
      if (found !== undefined) measured.set(peer.name, found);
    }
    rounds.push(measured);
  }
  return rounds;
}

/**
 * A fresh server each time, and the same load before both readings: it leaves the heap of both as large as a busy one is, and
 * makes the collector go over what opening the connections left behind.
 */
async function memoryOf(row: Row, peer: Peer, effort: Effort): Promise<Measurement> {
  const server = await start(peer, row, effort.scratch);
  try {
    await load(server, row, peer, WARM_SECONDS);
    const before = await memoryAtRest(server);
    const idle = await holdIdle(server.url, IDLE_CONNECTIONS);
    try {
      await load(server, row, peer, WARM_SECONDS);
      const after = await memoryAtRest(server);
      const lost = idle.lost();
      if (lost > 0) throw new Error(`${lost} of ${IDLE_CONNECTIONS} idle connections were closed by the server`);
      return { figure: (after - before) / IDLE_CONNECTIONS / 1024, beside: before / 1024 / 1024 };
    } finally {
      idle.close();
    }
  } finally {
    await server.stop();
  }
}
