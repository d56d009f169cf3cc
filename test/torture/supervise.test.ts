// Two scenarios of the supervision at a small scale, one with a load and one without, so that they cannot rot between the long runs.
// What they promise of the server is held by the process tests.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import type { Row } from "./check.ts";
import { torture } from "./run.ts";

test("scenarios of the supervision reach their pass figures, with --node", {
  skip: process.platform !== "linux",
}, async () => {
  const words = ["--only", "F28,F33", "--scale", "0.01", "--node", process.env["TSGI_TEST_NODE"] ?? process.execPath];
  const { code, stdout, stderr } = await torture(["supervise", ...words, "--json"]);
  const { rows } = JSON.parse(stdout) as { readonly rows: readonly Row[] };
  assert.deepEqual(
    rows.filter(({ ok }) => !ok),
    [],
    stderr,
  );
  assert.deepEqual([...new Set(rows.map(({ id }) => id))], ["F28", "F33"]);
  assert.equal(code, 0);
});

test("a scenario that cannot be carried out is a missed figure with its reason, and the others go on", {
  skip: process.platform !== "linux",
}, async () => {
  // A program that is no Node at all, and ends without a word.
  const { code, stdout } = await torture(["supervise", "--only", "F32,F33", "--scale", "0.01", "--node", "/bin/true"]);
  assert.match(stdout, /^F32 +the trial came to its end +yes +\S.* FAILED$/m);
  assert.match(stdout, /^F33 +the trial came to its end +yes +\S.* FAILED$/m);
  assert.equal(code, 1);
});
