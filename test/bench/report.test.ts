// Medians, ratios and bars of the bench.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  barText,
  judge,
  type Line,
  type Measurement,
  median,
  ratioText,
  renderRow,
  summarize,
} from "../../bench/report.ts";
import { ITSELF, type Row } from "../../bench/rows.ts";

const of = (figure: number, beside: number): Measurement => ({ figure, beside });

const ROW: Row = {
  name: "x",
  title: "a row",
  measure: "cpu",
  path: "/",
  body: "",
  load: [],
  peers: [],
  bars: [{ against: "node:http", most: 0.5 }],
};

const line = (peer: string, figure: number, ratio: number): Line => ({ peer, figure, beside: 100, ratio });

test("the median of an even count lies between the middle two", () => {
  assert.deepEqual([median([3, 1, 2]), median([10, 1, 2, 3])], [2, 2.5]);
  assert.throws(() => median([]), RangeError);
});

test("a ratio is taken within its round, so noise that hits both sides of a round cancels out", () => {
  const round = (http: Measurement, ours: Measurement) =>
    new Map([
      ["node:http", http],
      ["tsgi", ours],
    ]);
  const rounds = [round(of(30, 100), of(15, 200)), round(of(600, 5), of(300, 10)), round(of(40, 80), of(30, 90))];
  assert.deepEqual(summarize(rounds), [
    { peer: "node:http", figure: 40, beside: 80, ratio: 0.5 },
    { peer: "tsgi", figure: 30, beside: 90, ratio: 1 },
  ]);
});

test("a peer without a figure in every round has no line, and without the subject there are none", () => {
  const half = [
    new Map([
      ["tsgi", of(1, 1)],
      ["x", of(2, 1)],
    ]),
    new Map([["tsgi", of(1, 1)]]),
  ];
  assert.deepEqual(
    summarize(half).map(({ peer }) => peer),
    ["tsgi"],
  );
  assert.deepEqual(summarize([new Map([["x", of(1, 1)]])]), []);
  assert.deepEqual(summarize([]), []);
});

test("a bar is reached at its own value, missed just above it, and not measured without the peer", () => {
  const word = (ratio: number) => judge(ROW, [line("tsgi", 1, 1), line("node:http", 2, ratio)])[0]!.word;
  assert.deepEqual([word(0.5), word(0.5001), word(0.1)], ["reached", "missed", "reached"]);
  assert.deepEqual(judge(ROW, [line("tsgi", 1, 1)]), [
    { against: "node:http", bar: ROW.bars[0], reached: undefined, word: "not measured" },
  ]);
});

test("a bar may be what is needed at least", () => {
  const row = { bars: [{ against: "node:cluster", least: 1.4 }] };
  const word = (ratio: number) => judge(row, [line("tsgi", 1, 1), line("node:cluster", 2, ratio)])[0]!.word;
  assert.deepEqual([word(1.4), word(1.3999), word(3)], ["reached", "missed", "reached"]);
  assert.deepEqual([barText(row.bars[0]!), barText({ most: 2 }, (limit) => limit.toFixed(2))], [">= 1.4", "<= 2.00"]);
  assert.equal(ratioText(1.3999, { least: 1.4 }), "1.3999");
});

test("a figure that is a ratio already has a bar of its own, printed beside it", () => {
  const row: Row = { ...ROW, measure: "spread", bars: [{ against: ITSELF, most: 1.5 }] };
  const lines = [line("node:cluster", 1.2, 1.3), line("tsgi", 1.504, 1)];
  assert.deepEqual(judge(row, lines), [{ against: ITSELF, bar: row.bars[0], reached: 1.504, word: "missed" }]);
  assert.equal(judge(row, [])[0]!.word, "not measured");
  const printed = renderRow(row, lines).split("\n");
  assert.match(printed[1]!, /^node:cluster +1\.20 +100 +1\.30$/);
  assert.match(printed[2]!, /^tsgi +1\.504 +100 +<= 1\.5 +missed$/);
});

test("a ratio is never rounded over its bar", () => {
  assert.deepEqual(
    [
      ratioText(0.504, { most: 0.5 }),
      ratioText(0.496, { most: 0.5 }),
      ratioText(0.499, { most: 0.49 }),
      ratioText(0.50004, { most: 0.5 }),
      ratioText(1.2345),
    ],
    ["0.504", "0.50", "0.50", "0.50004", "1.23"],
  );
});

test("a row is printed with its bars, and with stored ratios where there are some", () => {
  const lines = [line("node:http", 20, 0.55), line("tsgi", 11, 1), line("fastify", 22, 0.5)];
  const plain = renderRow(ROW, lines).split("\n");
  assert.equal(plain.length, 4);
  assert.match(plain[0]!, /^ +CPU us\/request +requests\/s +tsgi \/ it +bar$/);
  assert.match(plain[1]!, /^node:http +20\.0 +100 +0\.55 +<= 0\.5 +missed$/);
  assert.match(plain[2]!, /^tsgi +11\.0 +100$/);
  assert.match(plain[3]!, /^fastify +22\.0 +100 +0\.50$/);
  const compared = renderRow(ROW, lines, new Map([["node:http", 0.5]])).split("\n");
  assert.match(compared[1]!, /missed +0\.50 \(\+10 %\)$/);
  assert.match(compared[3]!, / -$/);
});
