import assert from "node:assert/strict";
import { test } from "node:test";
import { isReadAnswer, isReadCommand } from "../../src/ipc/reading.ts";

test("words with our tags are ours, and a configuration file's own messages are not", () => {
  for (const message of [{ tsgi: "reading" }, { tsgi: "no-configuration", code: "usage", message: "" }]) {
    assert.equal(isReadAnswer(message), true);
  }
  assert.equal(isReadCommand({ tsgi: "read-configuration" }), true);
  for (const message of [null, undefined, "reading", { type: "reading" }, { tsgi: "hello" }, ["reading"]]) {
    assert.deepEqual([isReadAnswer(message), isReadCommand(message)], [false, false]);
  }
});
