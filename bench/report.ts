// From rounds to a table. A ratio is taken within its round, where both sides met the same noise; then the median.

import { BASE } from "./rows.ts";

/** One peer in one round. */
export interface Measurement {
  readonly cpuUsPerRequest: number;
  readonly requestsPerSecond: number;
}

export interface Line {
  readonly peer: string;
  readonly cpuUsPerRequest: number;
  readonly cpuRatio: number;
  readonly requestsPerSecond: number;
  readonly rateRatio: number;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle];
  if (high === undefined) throw new RangeError("the median of nothing");
  return sorted.length % 2 === 1 ? high : (sorted[middle - 1]! + high) / 2;
}

/** `rounds` holds one map for each round, by peer; every round has the same peers, and the base among them. */
export function summarize(rounds: readonly ReadonlyMap<string, Measurement>[]): readonly Line[] {
  const over = (pick: (round: ReadonlyMap<string, Measurement>) => number): number => median(rounds.map(pick));
  return [...(rounds[0]?.keys() ?? [])].map((peer) => ({
    peer,
    cpuUsPerRequest: over((round) => round.get(peer)!.cpuUsPerRequest),
    cpuRatio: over((round) => round.get(peer)!.cpuUsPerRequest / round.get(BASE)!.cpuUsPerRequest),
    requestsPerSecond: over((round) => round.get(peer)!.requestsPerSecond),
    rateRatio: over((round) => round.get(peer)!.requestsPerSecond / round.get(BASE)!.requestsPerSecond),
  }));
}

export function renderTable(lines: readonly Line[]): string {
  const cells = [
    ["", "CPU us/request", `x ${BASE}`, "requests/s", `x ${BASE}`],
    ...lines.map((line) => [
      line.peer,
      line.cpuUsPerRequest.toFixed(1),
      line.cpuRatio.toFixed(2),
      line.requestsPerSecond.toFixed(0),
      line.rateRatio.toFixed(2),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "))
    .join("\n");
}
