// The remembered second: right across a change of it, in both directions.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { clfTime, isoTime } from "../../src/observe/access-time.ts";

test("the remembered text changes with the second, and an earlier time gets its own again", () => {
  const at = Date.UTC(2026, 11, 31, 23, 59, 59, 999);
  assert.equal(isoTime(at), "2026-12-31T23:59:59.999Z");
  assert.equal(isoTime(at + 1), "2027-01-01T00:00:00.000Z");
  assert.equal(isoTime(at - 1), "2026-12-31T23:59:59.998Z");
  const before = clfTime(at);
  assert.match(before, /:59 /);
  assert.equal(clfTime(at - 999), before);
  assert.match(clfTime(at + 1), /:00 /);
  assert.equal(clfTime(at), before);
});

test("a fraction of a millisecond never becomes a fourth digit", () => {
  assert.equal(isoTime(Date.UTC(2026, 0, 1) + 999.9), "2026-01-01T00:00:00.999Z");
});

// The zone is read once by a process, so each has its own.
for (const [zone, offset, text] of [
  ["UTC", "+0000", "[21/Nov/2026:10:00:00 +0000]"],
  ["America/St_Johns", "-0330", "[21/Nov/2026:06:30:00 -0330]"],
  ["Asia/Kolkata", "+0530", "[21/Nov/2026:15:30:00 +0530]"],
] as const) {
  test(`the local time of ${zone} carries the offset ${offset}`, () => {
    const module = new URL("../../src/observe/access-time.ts", import.meta.url).href;
    const code = `import { clfTime, zoneOffset } from ${JSON.stringify(module)};
      const at = Date.UTC(2026, 10, 21, 10); console.log(clfTime(at) + zoneOffset(new Date(at)));`;
    const child = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", code], {
      env: { ...process.env, TZ: zone },
      encoding: "utf8",
    });
    assert.equal(child.stdout.trim(), text + offset, child.stderr);
  });
}
