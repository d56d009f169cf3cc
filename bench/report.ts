// From rounds to a table. A ratio is taken within its round, where both sides met the same noise; then the median.
// Knows rows and figures. Does not know how a figure was come by, nor what was stored before.

import { type Bar, ITSELF, MEASURES, type Row, SUBJECT } from "./rows.ts";

/** One peer in one round. */
export interface Measurement {
  /** What the row measures, in the unit of its measure. */
  readonly figure: number;
  /** What is printed beside it. */
  readonly beside: number;
}

export type Round = ReadonlyMap<string, Measurement>;

/** One peer over all rounds. */
export interface Line {
  readonly peer: string;
  readonly figure: number;
  readonly beside: number;
  /** The subject's figure over this peer's. 1 for the subject itself. */
  readonly ratio: number;
}

export interface Verdict {
  readonly against: string;
  readonly bar: Bar;
  /** Undefined where the peer or the subject has no figure. */
  readonly reached: number | undefined;
  readonly word: "reached" | "missed" | "not measured";
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle];
  if (high === undefined) throw new RangeError("the median of nothing");
  return sorted.length % 2 === 1 ? high : (sorted[middle - 1]! + high) / 2;
}

/** Medians of the peers that have a figure in every round; nothing without the subject. */
export function summarize(rounds: readonly Round[]): readonly Line[] {
  const whole = [...(rounds[0]?.keys() ?? [])].filter((peer) => rounds.every((round) => round.has(peer)));
  if (!whole.includes(SUBJECT)) return [];
  const over = (pick: (round: Round) => number): number => median(rounds.map(pick));
  return whole.map((peer) => ({
    peer,
    figure: over((round) => round.get(peer)!.figure),
    beside: over((round) => round.get(peer)!.beside),
    ratio: over((round) => round.get(SUBJECT)!.figure / round.get(peer)!.figure),
  }));
}

/** Each bar of a row beside what was reached. The bar itself is reached, nothing past it is, however it would be rounded. */
export function judge(row: Pick<Row, "bars">, lines: readonly Line[]): readonly Verdict[] {
  return row.bars.map((bar) => {
    const { against } = bar;
    const reached =
      against === ITSELF
        ? lines.find((line) => line.peer === SUBJECT)?.figure
        : lines.find((line) => line.peer === against)?.ratio;
    return { against, bar, reached, word: reached === undefined ? "not measured" : wordFor(reached, bar) };
  });
}

const wordFor = (reached: number, { most, least }: Limits): Verdict["word"] =>
  (most !== undefined && reached > most) || (least !== undefined && reached < least) ? "missed" : "reached";

type Limits = Pick<Bar, "most" | "least">;

/** `<= 0.5`, `>= 1.4`. */
export const barText = ({ most, least }: Limits, show: (limit: number) => string = String): string =>
  [...(most === undefined ? [] : [`<= ${show(most)}`]), ...(least === undefined ? [] : [`>= ${show(least)}`])].join(
    ", ",
  );

/** A ratio with two digits, or with as many as show on which side of its bar it lies. */
export function ratioText(ratio: number, bar?: Limits): string {
  for (let digits = 2; digits < 6; digits += 1) {
    const text = ratio.toFixed(digits);
    if (bar === undefined || wordFor(Number(text), bar) === wordFor(ratio, bar)) return text;
  }
  return String(ratio);
}

/** @param stored The ratios of an earlier run, by peer; without them there is no such column. */
export function renderRow(row: Row, lines: readonly Line[], stored?: ReadonlyMap<string, number>): string {
  const { figure, beside, digits, besideDigits } = MEASURES[row.measure];
  const verdicts = new Map(judge(row, lines).map((verdict) => [verdict.against, verdict]));
  const cells = lines.map((line) => {
    const isSubject = line.peer === SUBJECT;
    const verdict = verdicts.get(isSubject ? ITSELF : line.peer);
    return [
      line.peer,
      isSubject && verdict !== undefined ? ratioText(line.figure, verdict.bar) : line.figure.toFixed(digits),
      line.beside.toFixed(besideDigits),
      isSubject ? "" : ratioText(line.ratio, verdict?.bar),
      verdict === undefined ? "" : barText(verdict.bar),
      verdict?.word ?? "",
      ...(stored === undefined || isSubject ? [] : [changeText(line.ratio, stored.get(line.peer))]),
    ];
  });
  const head = ["", figure, beside, `${SUBJECT} / it`, "bar", "", ...(stored === undefined ? [] : ["stored"])];
  return columns([head, ...cells]);
}

/** What an earlier run had, and how far this one is from it. */
function changeText(ratio: number, before: number | undefined): string {
  if (before === undefined) return "-";
  const percent = Math.round((ratio / before - 1) * 100);
  return `${ratioText(before)} (${percent > 0 ? "+" : ""}${percent} %)`;
}

/** Left column to the left, the others to the right. */
function columns(cells: readonly (readonly string[])[]): string {
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "))
    .map((line) => line.trimEnd())
    .join("\n");
}
