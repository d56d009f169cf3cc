// From times to lines, and from lines to verdicts: percentiles, ratios, bars. Measures nothing and prints nothing.

import type { Machine } from "../baseline.ts";
import type { Met } from "./client.ts";

/** One server with one application, or one server's starts. Milliseconds. */
export interface ReloadLine {
  readonly server: string;
  readonly p50: number;
  readonly p95: number;
  /** Over all times, what its clients met: connections refused and cut, answers of old code, answers that were no success. */
  readonly refused: number;
  readonly cut: number;
  readonly old: number;
  readonly failed: number;
}

export interface ReloadPart {
  /** `one`, `hundred`, ..., `start one`. */
  readonly part: string;
  readonly title: string;
  readonly times: number;
  readonly lines: readonly ReloadLine[];
}

export interface IdleLine {
  readonly engine: string;
  /** Processor time of the master over that time, in per cent of one processor. */
  readonly percent: number;
}

/** What is stored. */
export interface ReloadRun {
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly parts: readonly ReloadPart[];
  readonly idle: readonly IdleLine[];
}

/** Whose bars these are. */
const SUBJECT = "tsgi dev";

export interface Verdict {
  readonly what: string;
  /** As printed: `<= 0.40`. */
  readonly bar: string;
  /** As printed; empty where nothing was measured. */
  readonly reached: string;
  readonly word: "pass" | "miss" | "not measured";
}

/** The nearest rank: the smallest one that so many per cent do not exceed. */
export function percentile(times: readonly number[], percent: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (found === undefined) throw new RangeError("a percentile of nothing");
  return found;
}

export function lineOf(server: string, met: readonly Met[]): ReloadLine {
  const times = met.map(({ ms }) => ms);
  const sum = (pick: (one: Met) => number): number => met.reduce((total, one) => total + pick(one), 0);
  return {
    ...{ server, p50: percentile(times, 50), p95: percentile(times, 95) },
    ...{ refused: sum((one) => one.refused), cut: sum((one) => one.cut) },
    ...{ old: sum((one) => one.old), failed: sum((one) => one.failed) },
  };
}

/** The subject's p50 over the peer's. */
export const ratioTo = (part: ReloadPart, peer: ReloadLine): number | undefined => {
  const own = part.lines.find(({ server }) => server === SUBJECT);
  return own === undefined ? undefined : own.p50 / peer.p50;
};

const PEER_RATIO = 0.4;
const START_RATIO = 1.5;
const ONE_FILE_MS = 150;
const IDLE_PERCENT = 1;
const BARRED: ReadonlySet<string> = new Set(["one", "hundred"]);

export function verdicts(run: Pick<ReloadRun, "parts" | "idle">): readonly Verdict[] {
  const found: Verdict[] = [];
  const say = (
    what: string,
    limit: number,
    reached: number | undefined,
    { digits, unit }: { digits: number; unit: string },
  ): void => {
    const word = reached === undefined ? "not measured" : reached <= limit ? "pass" : "miss";
    const text = reached === undefined ? "" : `${reached.toFixed(digits)}${unit}`;
    found.push({ what, bar: `<= ${limit.toFixed(unit === " ms" ? 0 : digits)}${unit}`, reached: text, word });
  };
  for (const part of run.parts) {
    const own = part.lines.find(({ server }) => server === SUBJECT);
    const isStart = part.part.startsWith("start ");
    if (part.part === "one") say(`${part.title}, p50`, ONE_FILE_MS, own?.p50, { digits: 1, unit: " ms" });
    if (!isStart && !BARRED.has(part.part)) continue;
    for (const peer of part.lines.filter(({ server }) => server !== SUBJECT)) {
      say(`${part.title}, against ${peer.server}`, isStart ? START_RATIO : PEER_RATIO, ratioTo(part, peer), {
        digits: 2,
        unit: "",
      });
    }
    if (isStart || own === undefined) continue;
    const lost = own.refused + own.cut + own.old + own.failed;
    say(`${part.title}, refused, cut, old and failed answers`, 0, lost, { digits: 0, unit: "" });
  }
  for (const { engine, percent } of run.idle)
    say(`processor time of the idle master, ${engine}`, IDLE_PERCENT, percent, { digits: 2, unit: " %" });
  return found;
}

/** @throws Error when the text is no such run. */
export function parseRun(text: string): ReloadRun {
  const value = JSON.parse(text) as Partial<ReloadRun> | null;
  if (typeof value !== "object" || value === null || !Array.isArray(value.parts) || value.machine === undefined)
    throw new Error("this is no stored run of the reload bench");
  return value as ReloadRun;
}

/** Four digits are more than the noise leaves. */
export const renderRun = (run: ReloadRun): string =>
  `${JSON.stringify(run, (_key, value) => (typeof value === "number" ? Number(value.toPrecision(4)) : value), 2)}\n`;
