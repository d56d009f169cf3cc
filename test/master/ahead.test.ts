// A worker's process before it is known what it is for: taken once, and only where it is as a new one would be.

import assert from "node:assert/strict";
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { startAhead, takeAhead, type Wish } from "../../src/master/ahead.ts";
import { workerEntry, workerExecArgv } from "../../src/master/program.ts";

const wish = (changes: Partial<Wish> = {}): Wish => {
  const entry = workerEntry();
  const execArgv = workerExecArgv(process.execArgv, entry);
  return { entry, execArgv, cwd: process.cwd(), env: { COLOUR: "red" }, ...changes };
};

function begin(t: TestContext, app?: string): Worker {
  startAhead(app);
  const worker = Object.values(cluster.workers ?? {}).at(-1)!;
  t.after(() => void worker.process.kill("SIGKILL"));
  return worker;
}

test("what it says before anybody listens is said again to who takes it, once", async (t) => {
  const worker = begin(t, "no-such-application");
  // hello; then prepared, since the application is named.
  await once(worker, "message");
  await once(worker, "message");
  const ahead = takeAhead(wish());
  assert.equal(ahead?.worker, worker);
  assert.equal(takeAhead(wish()), undefined);
  const heard: unknown[] = [];
  worker.on("message", (message) => heard.push(message));
  ahead.replay();
  ahead.replay();
  assert.deepEqual(heard, [{ tsgi: "hello" }, { tsgi: "prepared" }]);
  worker.process.kill("SIGKILL");
  await once(worker, "exit");
  ahead.fatal.close();
});

for (const [what, wanted] of [
  ["a place is made to measure", () => null],
  ["another program is to run", () => wish({ entry: "/other.js" })],
  ["Node has other options", () => wish({ execArgv: ["--inspect-publish-uid=http"] })],
  ["it is another folder", () => wish({ cwd: "/" })],
  ["a variable is read when a process begins", () => wish({ env: { TZ: "Asia/Tokyo" } })],
] as const) {
  test(`it is ended where ${what}`, async (t) => {
    const gone = once(begin(t), "exit");
    assert.equal(takeAhead(wanted()), undefined);
    assert.deepEqual(await gone, [null, "SIGKILL"]);
  });
}

test("it is ended where the environment of this process is another one now", async (t) => {
  const gone = once(begin(t), "exit");
  process.env["LOADED_BY_A_FILE"] = "yes";
  t.after(() => delete process.env["LOADED_BY_A_FILE"]);
  assert.equal(takeAhead(wish()), undefined);
  assert.deepEqual(await gone, [null, "SIGKILL"]);
});

test("one that has died is not taken", async (t) => {
  const worker = begin(t);
  worker.process.kill("SIGKILL");
  await once(worker, "exit");
  assert.equal(takeAhead(wish()), undefined);
});
