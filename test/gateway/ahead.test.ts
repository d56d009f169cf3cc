import assert from "node:assert/strict";
import { test } from "node:test";
import { Ahead } from "../../src/gateway/ahead.ts";

const HINT = { type: "information", status: 103, fields: [] } as const;
/** What became of a promise so far. */
async function fate(promise: Promise<void>): Promise<unknown> {
  return Promise.race([
    promise.then(
      () => "kept",
      (why: unknown) => why,
    ),
    new Promise(setImmediate).then(() => "pending"),
  ]);
}

test("what is put out comes back in order, and only a write counts as one", () => {
  const ahead = new Ahead();
  ahead.hint(HINT);
  assert.deepEqual([ahead.waiting, ahead.wrote], [true, false]);
  ahead.write("a");
  ahead.follow("b");
  assert.equal(ahead.wrote, true);
  assert.deepEqual([ahead.take(), ahead.take(), ahead.take(), ahead.waiting], [HINT, "a", "b", false]);
});

test("a write is kept when its own chunk was handed over, not before", async () => {
  const ahead = new Ahead();
  const first = ahead.write("1");
  const second = ahead.write("2");
  ahead.take();
  assert.equal(await fate(first), "pending");
  ahead.delivered();
  assert.deepEqual([await fate(first), await fate(second)], ["kept", "pending"]);
  ahead.take();
  ahead.delivered();
  assert.equal(await fate(second), "kept");
});

test("a loss rejects the chunk that was taken and all behind it, with the first reason", async () => {
  const ahead = new Ahead();
  const why = new Error("why");
  const writes = [ahead.write("1"), ahead.write("2")];
  ahead.take();
  ahead.lose(why);
  ahead.lose(new Error("later"));
  ahead.close();
  assert.deepEqual(await Promise.all(writes.map(fate)), [why, why]);
  assert.equal(ahead.waiting, false);
});

test("what is left when it closes without a loss is kept: it was never to be sent", async () => {
  const ahead = new Ahead();
  const write = ahead.write("1");
  ahead.close();
  assert.equal(await fate(write), "kept");
});
