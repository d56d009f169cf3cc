import assert from "node:assert/strict";
import { test } from "node:test";
import { LONGEST_POLL_MS, POLL_MS, Polling, pauseAfter } from "../../src/watch/polling.ts";

test("a look is no more than a hundredth of the time, as long as nobody waits longer than some seconds for it", () => {
  assert.equal(pauseAfter(0), POLL_MS);
  assert.equal(pauseAfter(3), POLL_MS);
  for (const took of [4, 20, 50]) assert.ok(took / (took + pauseAfter(took)) <= 0.010_001, `${took}`);
  assert.equal(pauseAfter(2_000), LONGEST_POLL_MS);
});

test("looks come one after the other until it is closed, and it keeps no process alive", async (t) => {
  const awake = setInterval(() => {}, 1_000);
  t.after(() => clearInterval(awake));
  let looks = 0;
  let isLooking = false;
  await new Promise<void>((done) => {
    const polling: Polling = new Polling(async () => {
      assert.equal(isLooking, false);
      isLooking = true;
      looks += 1;
      if (looks === 2) {
        polling.close();
        done();
      }
      await new Promise((next) => setImmediate(next));
      isLooking = false;
      return 0;
    });
  });
  const other = await new Promise<string>((done) => {
    const polling = new Polling(async () => {
      polling.close();
      done("looked");
      return 0;
    });
  });
  assert.deepEqual([looks, other], [2, "looked"]);
});
