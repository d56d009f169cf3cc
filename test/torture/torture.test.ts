// The program itself, on a few faults at a small scale, so that it cannot rot between the long runs.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "./check.ts";
import { torture } from "./run.ts";

test("faults of each kind reach their pass figures at a small scale", {
  skip: process.platform !== "linux",
}, async () => {
  const { code, stdout, stderr } = await torture(["abuse", "--scale", "0.01", "--only", "F16c,F19,F21,F22", "--json"]);
  const { rows } = JSON.parse(stdout) as { readonly rows: readonly Row[] };
  assert.deepEqual(
    rows.filter(({ ok }) => !ok),
    [],
    stderr,
  );
  assert.deepEqual([...new Set(rows.map(({ id }) => id))], ["F16c", "F19", "F21", "F22"]);
  assert.equal(code, 0);
});

test("a fault that could not be carried out is not passed: it is in the table, and the exit code is 1", {
  skip: process.platform !== "linux",
}, async () => {
  const { code, stdout } = await torture(["abuse", "--scale", "0.01", "--only", "F13"], 200);
  assert.match(stdout, /^F13 +the trial came to its end +yes +.*higher limit of open files.* +FAILED$/m);
  assert.equal(code, 1);
});

test("a wrong option is refused with what would fit", async () => {
  for (const [args, why] of [
    [["abuse", "--only", "F99"], /there is no fault "F99"; there are F13, /],
    [["abuse", "--scale", "2"], /--scale is "2"; 0\.01 to 1 fits/],
    [["supervise", "--only", "F13"], /there is no fault "F13"; there are A1, /],
    [["soak", "--only", "F13"], /--only is for abuse and supervise/],
    [["supervise", "--node", "/nowhere/node"], /--node is "\/nowhere\/node"; the path of a program fits/],
    [["storm"], /"storm" is none of abuse, supervise, soak and flat/],
  ] as const) {
    const { code, stderr } = await torture(args);
    assert.match(stderr, why);
    assert.equal(code, 2);
  }
});
