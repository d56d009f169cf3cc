// How the bench finds the processor time of a process tree.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStat, treeOf } from "../../bench/server.ts";

test("own and waited-for ticks are read past a name with blanks and brackets", () => {
  const line = "42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 11 0 5 6 7";
  assert.deepEqual(parseStat(line), { parent: 7, ticks: 127 });
});

test("a tree is the process with its children's children, and nobody else", () => {
  const all = new Map([
    [1, { parent: 0, ticks: 1 }],
    [2, { parent: 1, ticks: 2 }],
    [3, { parent: 2, ticks: 3 }],
    [4, { parent: 1, ticks: 4 }],
  ]);
  assert.deepEqual([...treeOf(2, all).keys()], [2, 3]);
  assert.deepEqual([...treeOf(9, all).keys()], []);
});
