// The main thread's side alone. With its thread, in a real server: test/process/stuck.test.ts and inspect.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { monotonicMs, type OpenRequest } from "../../src/worker/board.ts";
import { REQUESTS } from "../../src/worker/inspect.ts";
import { Watchdog } from "../../src/worker/watchdog.ts";

test("without a side line there is no thread, and everything else goes on", () => {
  const settings = { timeout: 30, slowLoop: 0, gracefulTimeout: 30, hooks: null };
  const worker = { slot: 1, generation: 1, pid: 7 };
  const watchdog = new Watchdog({ settings, worker, onTrouble: () => assert.fail("there is no trouble") });
  watchdog.stage("the application's module is still being imported");
  const asked = (globalThis as unknown as Record<symbol, () => string>)[Symbol.for(REQUESTS)]!;
  assert.equal(asked(), "[]");
  const open: OpenRequest[] = [
    { id: "a", method: "GET", target: "/a", startedAt: monotonicMs() - 5_000 },
    // The clock of a request may be ahead of us by a rounding.
    { id: "b", method: "POST", target: "/b", startedAt: monotonicMs() + 50 },
  ];
  watchdog.watch({ openRequests: (most) => open.slice(0, most) });
  watchdog.sweep();
  const [first, second] = JSON.parse(asked());
  assert.deepEqual(second, { id: "b", method: "POST", target: "/b", ageMs: 0 });
  assert.ok(first.ageMs >= 5_000 && first.ageMs < 60_000);
  assert.equal(watchdog.requests(1).length, 1);
});
