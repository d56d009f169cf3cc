// The stored run of the bench.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Baseline, merge, parseBaseline, renderBaseline, storedRatios } from "../../bench/baseline.ts";
import { BASELINE } from "../../bench/options.ts";
import { ROWS } from "../../bench/rows.ts";

const RUN: Baseline = {
  machine: { cpu: "a CPU", cores: 2, memoryGb: 24, kernel: "Linux 6" },
  versions: { node: "20.19.0", tsgi: "1.0.0" },
  rounds: 5,
  seconds: 4,
  rows: [
    {
      row: "a",
      lines: [
        { peer: "node:http", figure: 20.123456, beside: 50_000, ratio: 0.5 },
        { peer: "tsgi", figure: 10, beside: 90_000, ratio: 1 },
      ],
      absent: ["bun"],
    },
    { row: "b", lines: [], absent: [] },
  ],
};

test("what is stored is read again, with four digits", () => {
  const again = parseBaseline(renderBaseline(RUN));
  assert.equal(again.rows[0]!.lines[0]!.figure, 20.12);
  assert.deepEqual(again.machine, RUN.machine);
  assert.throws(() => parseBaseline("{}"), /no stored run/);
  assert.throws(() => parseBaseline("null"), /no stored run/);
  assert.throws(() => parseBaseline("nonsense"), SyntaxError);
});

test("ratios are those to the peers of a stored row, and undefined without the row", () => {
  assert.deepEqual(storedRatios(RUN, "a"), new Map([["node:http", 0.5]]));
  assert.equal(storedRatios(RUN, "z"), undefined);
  assert.equal(storedRatios(undefined, "a"), undefined);
});

test("a fresh row takes the place of the stored one, in the order of the table, and rows that are no more go", () => {
  const fresh: Baseline = { ...RUN, rows: [{ row: "b", lines: [], absent: ["x"] }] };
  const merged = merge(RUN, fresh, ["b", "a"]);
  assert.deepEqual(
    merged.rows.map(({ row, absent }) => [row, ...absent]),
    [
      ["b", "x"],
      ["a", "bun"],
    ],
  );
  assert.deepEqual(
    merge(RUN, fresh, ["b"]).rows.map(({ row }) => row),
    ["b"],
  );
  assert.deepEqual(merge(undefined, fresh, ["a", "b"]), fresh);
});

test("rows that were not measured alike never stand side by side", () => {
  const rows = [{ row: "b", lines: [], absent: [] }];
  for (const other of [
    { rounds: 1 },
    { versions: { node: "22.0.0", tsgi: "1.0.0" } },
    { machine: { ...RUN.machine, cores: 8 } },
  ])
    assert.throws(
      () => merge(RUN, { ...RUN, ...other, rows }, ["a", "b"]),
      /the stored rows a were measured with another/,
    );
  const turned = { versions: { tsgi: "1.0.0", node: "20.19.0" } };
  assert.equal(merge(RUN, { ...RUN, ...turned, rows }, ["a", "b"]).rows.length, 2);
  assert.equal(merge(RUN, { ...RUN, rounds: 1 }, ["a", "b"]).rounds, 1);
});

test("the run that is stored in the project has every row, and figures in it", () => {
  const stored = parseBaseline(readFileSync(BASELINE, "utf8"));
  assert.deepEqual(
    stored.rows.map(({ row }) => row),
    ROWS.map(({ name }) => name),
  );
  for (const { row, lines } of stored.rows) assert.ok(lines.length > 1, row);
});
