import assert from "node:assert/strict";
import { test } from "node:test";
import { Mishaps } from "../../src/master/mishaps.ts";
import { deferred } from "../support/deferred.ts";

test("the first of a kind is said at once, the others as a number, and other kinds for themselves", () => {
  const said: string[] = [];
  const mishaps = new Mishaps((message) => said.push(message));
  mishaps.note("no-request", "unknown command GET");
  for (let i = 0; i < 500; i += 1) mishaps.note("no-request", `unknown command ${i}`);
  mishaps.note("silent");
  mishaps.note("silent");
  mishaps.note("too-long");
  mishaps.flush();
  mishaps.flush();
  assert.deepEqual(said, [
    "control socket: something was said that is no request: unknown command GET",
    "control socket: a client said nothing for too long",
    "control socket: a line was longer than 64 KiB",
    "control socket: something was said that is no request, 500 times more within 10 s",
    "control socket: a client said nothing for too long, once more within 10 s",
  ]);
});

test("the number is said when the window is over, and after a quiet window the next one is a first one again", async (t) => {
  // The windows hold no process, and nothing else here would.
  const alive = setInterval(() => {}, 1_000);
  t.after(() => clearInterval(alive));
  const said: string[] = [];
  let wake = deferred<void>();
  const mishaps = new Mishaps((message) => {
    said.push(message);
    wake.resolve();
  }, 20);
  mishaps.note("silent");
  mishaps.note("silent");
  wake = deferred();
  await wake.promise;
  assert.deepEqual(said[1], "control socket: a client said nothing for too long, once more within 0.02 s");
  // Two windows at the most: the one that was opened by the sum, with nothing in it.
  while (said.length < 3 || said.at(-1)?.includes("more") === true) {
    await new Promise((next) => setTimeout(next, 30));
    mishaps.note("silent");
  }
  assert.equal(said.at(-1), "control socket: a client said nothing for too long");
  mishaps.flush();
});
