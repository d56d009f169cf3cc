import assert from "node:assert/strict";
import { test } from "node:test";
import { workerCount } from "../../src/config/worker-count.ts";

const around = { absolute: (path: string) => path, availableWorkers: () => 6, isTerminal: false };

test("a number of workers is a number, auto, or a range of both", () => {
  for (const [given, min, max] of [
    ["4", 4, 4],
    [1, 1, 1],
    ["auto", 6, 6],
    ["2..8", 2, 8],
    ["3..3", 3, 3],
    ["2..auto", 2, 6],
    ["auto..9", 6, 9],
    ["8..auto", 8, 8],
  ] as const) {
    assert.deepEqual(workerCount.read(given, around), { ok: true, value: { min, max } }, String(given));
  }
});

test("what is none is refused, and a range that goes down with the one that was meant", () => {
  for (const given of [
    "0",
    0,
    "AUTO!",
    "two",
    "",
    "1.5",
    1.5,
    "1..",
    "..4",
    "0..4",
    "1..2..3",
    "1..two",
    null,
    {},
    -1,
  ]) {
    assert.deepEqual(workerCount.read(given, around), { ok: false, part: given }, String(given));
  }
  assert.deepEqual(workerCount.read("8..2", around), {
    ok: false,
    part: "8..2",
    why: "8..2 ends before it begins; a range goes up, such as 2..8",
  });
  assert.equal(workerCount.fits, "a whole number of at least 1, auto, or a range such as 2..8");
});

test("it is shown as it was said", () => {
  assert.equal(workerCount.show({ min: 4, max: 4 }), "4");
  assert.equal(workerCount.show({ min: 2, max: 8 }), "2..8");
});
