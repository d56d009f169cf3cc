import assert from "node:assert/strict";
import { test } from "node:test";
import { isCheckCommand, isCheckReport } from "../../src/ipc/check.ts";

test("words of tsgi check are told from each other and from those of the application", () => {
  assert.equal(isCheckCommand({ tsgi: "check" }), true);
  assert.equal(isCheckReport({ tsgi: "checked" }), true);
  assert.equal(isCheckReport({ tsgi: "boot-failed" }), true);
  for (const message of [undefined, null, "check", 1, {}, { tsgi: "beat" }, { type: "check" }, ["check"]]) {
    assert.equal(isCheckCommand(message), false);
    assert.equal(isCheckReport(message), false);
  }
});
