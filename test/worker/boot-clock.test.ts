import assert from "node:assert/strict";
import { test } from "node:test";
import { BootClock } from "../../src/worker/boot-clock.ts";

for (const [bootTimeout, untilMs, partingMs] of [
  [60, 58_000, 1_000],
  [5, 4_000, 500],
  [1, 800, 100],
] as const) {
  test(`a worker with ${bootTimeout} s to boot speaks up after ${untilMs} ms, and has ${partingMs} ms to part`, () => {
    let now = 0;
    const clock = new BootClock(bootTimeout, () => now);
    assert.deepEqual(
      [clock.leftMs, clock.partingMs, clock.limit],
      [untilMs, partingMs, `${bootTimeout} s (--boot-timeout)`],
    );
    now = untilMs - 1;
    assert.equal(clock.leftMs, 1);
    now = untilMs + 999;
    assert.equal(clock.leftMs, 0);
  });
}

test("without a limit there is always time", () => {
  const clock = new BootClock(0, () => 1e12);
  assert.deepEqual([clock.leftMs, clock.partingMs], [Number.POSITIVE_INFINITY, 1_000]);
});

test("the clock is that of the process, which began before the worker could look at it", () => {
  assert.ok(new BootClock(1e6).leftMs < 1e9 - 2_000);
});
