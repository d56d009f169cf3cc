import assert from "node:assert/strict";
import { test } from "node:test";
import { isForegroundStat } from "../../src/master/foreground.ts";

test("a process is in the foreground when its group is the one that the terminal listens to, whatever its name holds", () => {
  for (const [stat, expected] of [
    ["7 (node) S 1 7 7 34816 7 4194560", true],
    ["7 (a) b) (c) S 1 7 7 34816 7 4194560", true],
    ["7 (node) S 1 7 5 34816 5 4194560", false],
    // Without a terminal.
    ["7 (node) S 1 7 7 0 -1 4194560", false],
    ["", false],
  ] as const) {
    assert.equal(isForegroundStat(stat), expected, stat);
  }
});
