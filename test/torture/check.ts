// What a trial found, beside what it had to find, and the table of it. Does not know how anything is measured.

export interface Check {
  /** What was measured. */
  readonly what: string;
  /** The pass figure, as words. */
  readonly bar: string;
  /** What was reached, as words. */
  readonly reached: string;
  readonly ok: boolean;
}

export type Unit = "" | "ms" | "s" | "KiB" | "MiB" | "%" | "x";

export interface Row extends Check {
  /** The trial: `F14`. */
  readonly id: string;
}

const figure = (value: number, unit: Unit): string => {
  const digits = Number.isInteger(value) ? 0 : Math.abs(value) < 10 ? 2 : 1;
  const text = value.toLocaleString("en-US", { maximumFractionDigits: digits });
  return unit === "" || unit === "%" || unit === "x" ? `${text}${unit}` : `${text} ${unit}`;
};

/** NaN is never within a bar: what was not measured is not reached. */
export const atMost = (what: string, reached: number, bar: number, unit: Unit = ""): Check => ({
  what,
  bar: `at most ${figure(bar, unit)}`,
  reached: figure(reached, unit),
  ok: reached <= bar,
});

export const atLeast = (what: string, reached: number, bar: number, unit: Unit = ""): Check => ({
  what,
  bar: `at least ${figure(bar, unit)}`,
  reached: figure(reached, unit),
  ok: reached >= bar,
});

export const exactly = (what: string, reached: number | string, bar: number | string): Check => ({
  what,
  bar: typeof bar === "number" ? figure(bar, "") : bar,
  reached: typeof reached === "number" ? figure(reached, "") : reached,
  ok: reached === bar,
});

/** A figure that explains others and has no bar of its own. */
export const noted = (what: string, reached: number | string, unit: Unit = ""): Check => ({
  what,
  bar: "-",
  reached: typeof reached === "number" ? figure(reached, unit) : reached,
  ok: true,
});

/** How often each value came, most often first: `200 x 998, 408 x 2`. */
export function tally(values: Iterable<string | number>): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const said = sorted.slice(0, 5).map(([value, count]) => (sorted.length === 1 ? value : `${value} x ${count}`));
  return said.join(", ") + (sorted.length > 5 ? ", ..." : "");
}

const COLUMNS = ["fault", "measured", "pass figure", "reached", ""] as const;

export function renderTable(rows: readonly Row[]): string {
  const lines = rows.map((row, i) => [
    row.id === rows[i - 1]?.id ? "" : row.id,
    row.what,
    row.bar,
    row.reached,
    row.ok ? "ok" : "FAILED",
  ]);
  const widths = COLUMNS.map((name, column) => Math.max(name.length, ...lines.map((line) => line[column]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  return [line(COLUMNS), line(widths.map((width) => "-".repeat(width))), ...lines.map(line)].join("\n");
}
