// One suite, each engine under it: what an application and its client are promised does not depend on who runs the application.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Case, Probe } from "./case.ts";
import { CASES } from "./cases.ts";
import { ENGINES, type Seen } from "./engines.ts";
import { probe } from "./probe.ts";

function compare(wanted: Case, seen: Seen, { closes, notes }: Probe): void {
  const { status = 200, reason = "OK", headers = ["Content-Type: text/plain"], body = "", end = "whole" } = wanted;
  assert.deepEqual(
    { ...seen, logs: seen.logs.length, closes, notes },
    {
      ...{ status, reason, headers, length: wanted.length, body, end },
      ...{ logs: wanted.logs?.length ?? 0, lines: wanted.lines ?? [] },
      ...{ closes: wanted.closes ?? 0, notes: wanted.notes ?? [] },
    },
    JSON.stringify(seen.logs),
  );
  for (const [i, [message, answer]] of (wanted.logs ?? []).entries()) {
    const [said, got] = seen.logs[i]!;
    if (typeof message === "string") assert.equal(said, message);
    else assert.match(said, message);
    assert.equal(got, answer, said);
  }
}

for (const [engine, run] of Object.entries(ENGINES)) {
  test(`${engine} keeps the contract`, async (t) => {
    for (const wanted of CASES) {
      await t.test(wanted.title, async () => {
        const watched = probe();
        const seen = await run(wanted.app(watched), wanted.request ?? {});
        compare(wanted, seen, watched);
      });
    }
  });
}

test("there are at least 120 cases, each of its own title", () => {
  assert.ok(CASES.length >= 120, `${CASES.length} cases`);
  assert.equal(new Set(CASES.map((one) => one.title)).size, CASES.length);
});
