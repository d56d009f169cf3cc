import assert from "node:assert/strict";
import { test } from "node:test";
import { NEED_DATA, PAUSED } from "../../src/protocol/events.ts";

test("the two waits are told apart by what ends them, and nobody can change the shared objects", () => {
  assert.deepEqual(NEED_DATA, { type: "need-data" });
  assert.deepEqual(PAUSED, { type: "paused" });
  for (const wait of [NEED_DATA, PAUSED]) {
    assert.throws(() => {
      (wait as { type: string }).type = "end";
    }, TypeError);
  }
});
