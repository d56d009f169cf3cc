// The plan of an open loop, and its percentiles.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace, percentile } from "../../bench/pace.ts";

test("requests are evenly spaced, due at their time and not before, and none comes after the plan", () => {
  const pace = new Pace({ startMs: 1_000, rate: 200, seconds: 2 });
  assert.equal(pace.planned, 400);
  assert.deepEqual([pace.dueMs(0), pace.dueMs(1), pace.dueMs(399)], [1_000, 1_005, 2_995]);
  assert.deepEqual([pace.isDue(1, 1_004.9), pace.isDue(1, 1_005), pace.isDue(400, 9_999)], [false, true, false]);
});

test("a percentile is the smallest value that the share does not exceed", () => {
  const hundred = Float64Array.from({ length: 100 }, (_, i) => i + 1);
  assert.deepEqual([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile(hundred, 1)], [50, 99, 100]);
  assert.equal(percentile([7], 0.01), 7);
  assert.throws(() => percentile([], 0.5), RangeError);
});
