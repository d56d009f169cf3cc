// Medians and ratios of the bench.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Measurement, median, renderTable, summarize } from "../../bench/report.ts";

const of = (cpuUsPerRequest: number, requestsPerSecond: number): Measurement => ({
  cpuUsPerRequest,
  requestsPerSecond,
});

test("the median of an even count lies between the middle two", () => {
  assert.deepEqual([median([3, 1, 2]), median([10, 1, 2, 3])], [2, 2.5]);
  assert.throws(() => median([]), RangeError);
});

test("a ratio is taken within its round, so noise that hits both sides of a round cancels out", () => {
  const rounds = [
    new Map([
      ["node:http", of(30, 100)],
      ["x", of(15, 200)],
    ]),
    new Map([
      ["node:http", of(60, 50)],
      ["x", of(30, 100)],
    ]),
    new Map([
      ["node:http", of(40, 80)],
      ["x", of(20, 160)],
    ]),
  ];
  assert.deepEqual(summarize(rounds), [
    { peer: "node:http", cpuUsPerRequest: 40, cpuRatio: 1, requestsPerSecond: 80, rateRatio: 1 },
    { peer: "x", cpuUsPerRequest: 20, cpuRatio: 0.5, requestsPerSecond: 160, rateRatio: 2 },
  ]);
  const table = renderTable(summarize(rounds)).split("\n");
  assert.equal(table.length, 3);
  assert.match(table[2]!, /^x +20\.0 +0\.50 +160 +2\.00$/);
});
