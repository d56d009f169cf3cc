import assert from "node:assert/strict";
import { test } from "node:test";
import { DrainingSignals } from "../../src/gateway/draining.ts";

test("requests share a controller in bunches, so that what one leaves behind is not kept for ever", () => {
  const signals = new DrainingSignals();
  const taken = Array.from({ length: 3_000 }, () => signals.take());
  assert.equal(new Set(taken).size, 3);
  assert.equal(taken[0], taken[1_023]);
  assert.notEqual(taken[1_023], taken[1_024]);
});

test("an aborted bunch says nothing of the next one", () => {
  const signals = new DrainingSignals();
  const first = signals.take();
  first.abort(new Error("the worker leaves"));
  let next = signals.take();
  while (next === first) next = signals.take();
  assert.equal(next.signal.aborted, false);
});

test("many requests that listen to one bunch are no leak that Node would warn of", async (t) => {
  const warnings: string[] = [];
  const hear = ({ name }: Error) => void warnings.push(name);
  process.on("warning", hear);
  t.after(() => process.off("warning", hear));
  const { signal } = new DrainingSignals().take();
  for (let i = 0; i < 20; i += 1) signal.addEventListener("abort", () => {});
  await new Promise(setImmediate);
  assert.deepEqual(warnings, []);
});
