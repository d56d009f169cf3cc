import assert from "node:assert/strict";
import { test } from "node:test";
import { SlowLoop } from "../../src/worker/slow-loop.ts";

const over = (count: number, ms = 0) => ({ count, ms });

test("a block that was looked at is reported when it is over, with its length", () => {
  const slow = new SlowLoop<string>();
  assert.ok(slow.mayReport(0));
  slow.took(300, 1, "here");
  assert.ok(slow.waits);
  assert.equal(slow.due({ now: 350, beatAt: 1, ageMs: 350, over: over(0) }), null);
  assert.deepEqual(slow.due({ now: 900, beatAt: 2, ageMs: 5, over: over(1, 850) }), {
    ...{ blockedMs: 850, skipped: 0, at: "here" },
  });
  assert.ok(!slow.waits);
});

test("a block that does not end is reported all the same, and its end is not another block", () => {
  const slow = new SlowLoop<string>();
  slow.took(300, 1, "here");
  assert.deepEqual(slow.due({ now: 2_300, beatAt: 1, ageMs: 2_250, over: over(0) }), {
    ...{ blockedMs: 2_250, skipped: 0, at: "here" },
  });
  assert.equal(slow.due({ now: 9_000, beatAt: 2, ageMs: 0, over: over(1, 8_000) }), null);
  assert.equal(slow.due({ now: 13_000, beatAt: 3, ageMs: 0, over: over(1, 8_000) }), null);
});

test("a block that nobody saw is reported without a place", () => {
  const slow = new SlowLoop<string>();
  assert.deepEqual(slow.due({ now: 500, beatAt: 2, ageMs: 0, over: over(1, 210) }), {
    ...{ blockedMs: 210, skipped: 0, at: null },
  });
});

test("within ten seconds of a report others are counted, and the next report has their number", () => {
  const slow = new SlowLoop<string>();
  slow.due({ now: 500, beatAt: 2, ageMs: 0, over: over(1, 210) });
  assert.ok(!slow.mayReport(10_499));
  assert.equal(slow.due({ now: 5_000, beatAt: 3, ageMs: 0, over: over(4, 210) }), null);
  assert.equal(slow.due({ now: 9_000, beatAt: 4, ageMs: 0, over: over(5, 210) }), null);
  assert.ok(slow.mayReport(10_500));
  slow.took(11_000, 5, "there");
  assert.deepEqual(slow.due({ now: 11_500, beatAt: 6, ageMs: 0, over: over(8, 250) }), {
    ...{ blockedMs: 250, skipped: 6, at: "there" },
  });
  assert.deepEqual(slow.due({ now: 30_000, beatAt: 7, ageMs: 0, over: over(10, 300) }), {
    ...{ blockedMs: 300, skipped: 1, at: null },
  });
});
