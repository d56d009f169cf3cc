import assert from "node:assert/strict";
import { test } from "node:test";
import { Allowance } from "../../src/worker/allowance.ts";

/** Which of `count` requests were the last one, with `waits` saying whether the next one was there already. */
function lastOnes(limits: [requests: number, pipelined: number], waits: (i: number) => boolean, count = 10): number[] {
  const last: number[] = [];
  const said: string[] = [];
  const wornOut = (limit: string) => void said.push(limit);
  const allowance = new Allowance({ limitConnectionRequests: limits[0], limitPipelined: limits[1], wornOut });
  for (let i = 1; i <= count; i += 1) {
    allowance.count();
    if (allowance.isSpent()) last.push(i);
    allowance.answered(waits(i));
  }
  // Each last one is told, and with the limit that it met.
  const limit = limits[0] > 0 ? "--limit-connection-requests" : "--limit-pipelined";
  assert.deepEqual(
    said,
    last.map(() => limit),
  );
  return last;
}

test("a connection is worn out by its number of requests", () => {
  assert.deepEqual(
    lastOnes([8, 0], () => false),
    [8, 9, 10],
  );
});

test("a connection is worn out by a run of requests without a pause, and a pause ends the run", () => {
  assert.equal(lastOnes([0, 4], () => true)[0], 4);
  assert.deepEqual(
    lastOnes([0, 4], (i) => i % 3 !== 0),
    [],
  );
});

test("0 is no limit", () => {
  assert.deepEqual(
    lastOnes([0, 0], () => true, 5_000),
    [],
  );
});
