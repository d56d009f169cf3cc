import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { bootId, EVENTS_PATH, isFor } from "../../src/development/words.ts";

test("a path of ours is known by its end, under whatever prefix a proxy has", () => {
  for (const [target, own] of [
    [`/${EVENTS_PATH}`, true],
    [`/shop/${EVENTS_PATH}?x=1`, true],
    [`/?next=/${EVENTS_PATH}`, false],
    [`/x${EVENTS_PATH}`, false],
    [`/${EVENTS_PATH}/more`, false],
  ] as const) {
    assert.equal(isFor(target, EVENTS_PATH), own, target);
  }
});

test("a start is named by the server's process and its generation, not by the worker's", () => {
  assert.equal(bootId(3), `${process.ppid}.3`);
});
