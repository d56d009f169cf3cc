// Sizes and times as a person says them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ageText, durationText, parseSize, sizeText } from "../../examples/paste/units.ts";

test("a size is said in the unit that keeps it under 1,024, with one decimal where it is not whole", () => {
  const cases: readonly [bytes: number, text: string][] = [
    [0, "0 B"],
    [1_023, "1023 B"],
    [1_024, "1 kB"],
    [1_536, "1.5 kB"],
    [1_048_575, "1 MB"],
    [104_857_600, "100 MB"],
    [5 * 1_024 ** 5, "5120 TB"],
  ];
  for (const [bytes, text] of cases) assert.equal(sizeText(bytes), text);
});

test("a size in a setting is digits and K, M or G, and anything else is none", () => {
  const cases: readonly [given: string, bytes: number | undefined][] = [
    ["500", 500],
    ["20K", 20_480],
    ["100m", 104_857_600],
    ["2G", 2_147_483_648],
    ["0", 0],
    ["", undefined],
    ["1.5M", undefined],
    ["-1", undefined],
    ["100MB", undefined],
    [" 1", undefined],
    ["1\n", undefined],
  ];
  for (const [given, bytes] of cases) assert.equal(parseSize(given), bytes, JSON.stringify(given));
});

test("a time is said in its largest whole unit, and less than a minute in words", () => {
  assert.deepEqual([59_999, 60_000, 3_599_999, 3_600_000, 86_400_000, 3 * 86_400_000].map(durationText), [
    "a moment",
    "1 minute",
    "59 minutes",
    "1 hour",
    "1 day",
    "3 days",
  ]);
  assert.deepEqual([-5, 59_999, 120_000].map(ageText), ["just now", "just now", "2 minutes ago"]);
});
