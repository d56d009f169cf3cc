import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../src/cli/fail.ts";
import { TsgiError } from "../../src/errors.ts";

test("a failure of the table is its message and its exit code, without a stack", () => {
  assert.deepEqual(explain(new TsgiError("env-file", "no such file")), { text: "tsgi: no such file\n", exitCode: 22 });
});

test("anything else is a fault of tsgi: it asks for a report, shows the stack, and exits with 1", () => {
  const { text, exitCode } = explain(new RangeError("odd"));
  assert.equal(exitCode, 1);
  assert.match(
    text,
    /^tsgi: This is a fault of tsgi itself\. Please report it [\s\S]*\nRangeError: odd\n {4}at [\s\S]*fail\.test\.ts/,
  );
  assert.match(explain("text").text, /thrown: text\n$/);
});
