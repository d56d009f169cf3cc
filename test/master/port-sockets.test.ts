import assert from "node:assert/strict";
import { test } from "node:test";
import { type Holder, rearrange } from "../../src/master/port-sockets.ts";

const holder = (worker: number, slot: number, ...sockets: number[]): Holder => ({
  worker,
  slot,
  sockets: new Set(sockets),
});
const nothing = { give: [], release: [] };

test("while each socket has the worker of its place, nothing changes", () => {
  assert.deepEqual(rearrange([1, 2], [holder(7, 1, 1), holder(8, 2, 2)]), nothing);
  // Two generations side by side.
  assert.deepEqual(rearrange([1, 2], [holder(7, 1, 1), holder(8, 2, 2), holder(9, 1, 1)]), nothing);
  assert.deepEqual(rearrange([], []), nothing);
});

test("sockets of nobody go to those who have fewest, the eldest first", () => {
  assert.deepEqual(rearrange([1, 2, 3, 4, 5], [holder(8, 2, 2), holder(7, 1, 1)]), {
    give: [
      { worker: 7, socket: 3 },
      { worker: 8, socket: 4 },
      { worker: 7, socket: 5 },
    ],
    release: [],
  });
});

test("without anybody nothing can be done", () => {
  assert.deepEqual(rearrange([1, 2], []), nothing);
});

test("a socket whose own worker is back is taken from the others, and only that", () => {
  assert.deepEqual(rearrange([1, 2, 3], [holder(7, 1, 1, 2, 3), holder(9, 2, 2)]), {
    give: [],
    release: [{ worker: 7, socket: 2 }],
  });
});

test("a worker that could not have a socket of its own is never left without one", () => {
  assert.deepEqual(rearrange([1], [holder(7, 1, 1), holder(8, 2, 1)]), nothing);
});
