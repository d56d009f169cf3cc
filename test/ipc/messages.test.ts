import assert from "node:assert/strict";
import { test } from "node:test";
import { isCommand, isReport } from "../../src/ipc/messages.ts";

test("a message with a tag that is a string is ours, and nothing else an application may send", () => {
  const foreign = [null, undefined, 0, "tsgi", [], {}, { tsgi: 1 }, { tsgi: null }, { type: "ready" }];
  for (const isOurs of [isReport, isCommand]) {
    assert.deepEqual(
      foreign.map(isOurs),
      foreign.map(() => false),
    );
    assert.ok(isOurs({ tsgi: "ready" }));
  }
});
