// The words and verdicts of the table.

import assert from "node:assert/strict";
import { test } from "node:test";
import { atLeast, atMost, exactly, noted, renderTable, tally } from "./check.ts";

test("a bar is reached at its figure, missed beyond it, and what was not measured is missed", () => {
  assert.deepEqual(
    [atMost("a", 5, 5), atMost("a", 5.1, 5), atMost("a", Number.NaN, 5)].map(({ ok }) => ok),
    [true, false, false],
  );
  assert.deepEqual(
    [atLeast("a", 5, 5), atLeast("a", 4.9, 5), atLeast("a", Number.NaN, 5)].map(({ ok }) => ok),
    [true, false, false],
  );
  assert.deepEqual([exactly("a", "408", "408").ok, exactly("a", "408 x 9, 0 x 1", "408").ok], [true, false]);
});

test("a figure carries its unit, and no more digits than it is worth", () => {
  const said = atMost("worst", 1234.5678, 250, "ms");
  assert.deepEqual([said.bar, said.reached], ["at most 250 ms", "1,234.6 ms"]);
  assert.equal(atMost("ratio", 6.754, 13, "x").reached, "6.75x");
});

test("a tally names one value alone, and of several the most frequent first", () => {
  assert.equal(tally([408, 408]), "408");
  assert.equal(tally([0, 408, 408]), "408 x 2, 0 x 1");
  assert.equal(tally([]), "");
});

test("the table names a fault once and marks what was missed", () => {
  const rows = [
    { id: "F14", ...exactly("left open", 0, 0) },
    { id: "F14", ...atMost("worst", 300, 250, "ms") },
    { id: "F24", ...noted("requests", 10) },
  ];
  const lines = renderTable(rows).split("\n");
  assert.match(lines[2]!, /^F14 +left open +0 +0 +ok$/);
  assert.match(lines[3]!, /^ +worst +at most 250 ms +300 ms +FAILED$/);
  assert.match(lines[4]!, /^F24 +requests +- +10 +ok$/);
});
