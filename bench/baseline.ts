// A run as it is stored: what was measured, on what, with which versions. Text in, text out; opens no file.

import type { Line } from "./report.ts";
import { SUBJECT } from "./rows.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
}

export interface StoredRow {
  readonly row: string;
  readonly lines: readonly Line[];
  /** Peers that were not on the machine, or failed. */
  readonly absent: readonly string[];
}

export interface Baseline {
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: readonly StoredRow[];
}

/** @throws Error when the text is no baseline. */
export function parseBaseline(text: string): Baseline {
  const value = JSON.parse(text) as Partial<Baseline> | null;
  if (typeof value !== "object" || value === null || !Array.isArray(value.rows) || value.machine === undefined)
    throw new Error("this is no stored run of the bench");
  return value as Baseline;
}

/** Four digits are more than the noise leaves, and keep a stored run readable. */
export const renderBaseline = (baseline: Baseline): string =>
  `${JSON.stringify(baseline, (_key, value) => (typeof value === "number" ? Number(value.toPrecision(4)) : value), 2)}\n`;

/** The ratios of one row by peer; undefined where the row was not stored. */
export function storedRatios(baseline: Baseline | undefined, row: string): ReadonlyMap<string, number> | undefined {
  const stored = baseline?.rows.find((one) => one.row === row);
  return stored && new Map(stored.lines.filter(({ peer }) => peer !== SUBJECT).map(({ peer, ratio }) => [peer, ratio]));
}

/**
 * The stored run with the rows of a fresh one in their place, in the order of `names`.
 *
 * @throws Error when rows of both would stand side by side although they were not measured alike.
 */
export function merge(stored: Baseline | undefined, fresh: Baseline, names: readonly string[]): Baseline {
  const renewed = new Set(fresh.rows.map((one) => one.row));
  const kept = stored?.rows.filter((one) => !renewed.has(one.row) && names.includes(one.row)) ?? [];
  if (kept.length > 0 && conditions(stored!) !== conditions(fresh)) {
    const list = kept.map((one) => one.row).join(", ");
    throw new Error(
      `the stored rows ${list} were measured with another machine, versions, rounds or seconds: measure all rows`,
    );
  }
  const rows = [...kept, ...fresh.rows];
  return { ...fresh, rows: names.flatMap((name) => rows.filter((one) => one.row === name)) };
}

const conditions = ({ machine, versions, rounds, seconds }: Baseline): string =>
  renderBaseline({ machine, versions: Object.fromEntries(Object.entries(versions).sort()), rounds, seconds, rows: [] });
