// The program itself, on a few faults at a small scale, so that it cannot rot between the long runs.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Row } from "./check.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

async function torture(args: readonly string[], descriptors?: number) {
  const node = [process.execPath, "--import", "tsx", MAIN, ...args];
  const limit = descriptors === undefined ? "" : `ulimit -n ${descriptors}; `;
  const child = spawn("sh", ["-c", `${limit}exec "$@"`, "sh", ...node], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

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
    [["storm"], /"storm" is none of abuse, soak and flat/],
  ] as const) {
    const { code, stderr } = await torture(args);
    assert.match(stderr, why);
    assert.equal(code, 2);
  }
});
