import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Pulse } from "../../src/worker/pulse.ts";

function pulseOf(t: TestContext): Pulse {
  const pulse = new Pulse();
  t.after(() => pulse.close());
  return pulse;
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const later = (ms: number): Promise<void> => new Promise((due) => setTimeout(due, ms));

test("a loop that did nothing but work was busy all the time", async (t) => {
  // Before its first turn a loop has no figures (Node 22 and newer).
  await later(1);
  const pulse = pulseOf(t);
  pulse.take();
  block(50);
  assert.equal(pulse.take().utilization, 1);
});

test("a loop that waited was not", async (t) => {
  const pulse = pulseOf(t);
  pulse.take();
  await later(300);
  const { utilization } = pulse.take();
  assert.ok(utilization >= 0 && utilization < 1, String(utilization));
});

test("the worst lateness of the sweeps is told once", (t) => {
  const pulse = pulseOf(t);
  for (const late of [3, 170.26, 20]) pulse.sweep(late, 0, 0);
  assert.equal(pulse.take().delayMs, 170.3);
  assert.equal(pulse.take().delayMs, 0);
});

test("with requests, a block that no sweep falls into is seen too", async (t) => {
  const pulse = pulseOf(t);
  pulse.sweep(0, 1, 0);
  block(250);
  await later(50);
  const { delayMs } = pulse.take();
  assert.ok(delayMs >= 100, String(delayMs));
});

test("without requests nothing wakes the process to measure", async (t) => {
  const pulse = pulseOf(t);
  pulse.sweep(0, 5, 0);
  pulse.sweep(0, 5, 0);
  pulse.take();
  block(150);
  await later(50);
  assert.equal(pulse.take().delayMs, 0);
});
