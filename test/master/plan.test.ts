import assert from "node:assert/strict";
import { test } from "node:test";
import { plan } from "../../src/master/plan.ts";
import { noLogs, World } from "../support/plan-world.ts";

test("plan changes no state that it was given, and answers the same question the same way", () => {
  const world = World.serving({ workers: 2 });
  const before = structuredClone(world.state);
  plan(world.state, { fact: "signal", signal: "SIGTERM" }, 99_000);
  const once = plan(world.state, { fact: "exit", id: 1, code: 1, signal: null, trouble: null }, 99_000);
  const twice = plan(world.state, { fact: "exit", id: 1, code: 1, signal: null, trouble: null }, 99_000);
  assert.deepEqual(world.state, before);
  assert.deepEqual(once, twice);
});

test("the first start boots all workers at once, gives each the listeners when it is loaded, and announces once, when all are ready", () => {
  const world = new World({ workers: 2 }, ["http://127.0.0.1:8000", "unix:/run/app.sock"]);
  assert.deepEqual(world.start(), ["fork 1 (slot 1)", "fork 2 (slot 2)"]);
  world.tell({ fact: "forked", id: 1, pid: 101 });
  assert.equal(world.state.workers[0]?.pid, 101);
  assert.deepEqual(world.report(1, "hello"), ["boot 1 (generation 1)"]);
  assert.deepEqual(world.loaded(1), ["listen 1"]);
  assert.deepEqual(world.report(1, "ready"), []);
  world.now = 300;
  assert.deepEqual(world.up(2), [
    "boot 2 (generation 1)",
    "listen 2",
    "info: tsgi 1.2.3 (pid 77) serving app:application with 2 workers",
    "info: listening on http://127.0.0.1:8000",
    "info: listening on unix:/run/app.sock",
    "info: ready in 800 ms",
  ]);
  world.exit(2, 1);
  assert.deepEqual(noLogs(world.up(3)), ["boot 3 (generation 1)", "listen 3"]);
});

test("a boot that fails before any worker was ever ready ends the server with its code, and is told once however many fail", () => {
  const world = new World({ workers: 3 });
  world.start();
  for (const id of [1, 2, 3]) world.report(id, "hello");
  assert.deepEqual(world.fails(2, "app.js line 3"), [
    "complain: app.js line 3",
    "kill 1",
    "kill 2",
    "kill 3",
    "close-all-listeners",
  ]);
  assert.deepEqual(world.fails(1, "app.js line 3"), []);
  assert.deepEqual(noLogs([...world.exit(2, 42), ...world.exit(1, null, "SIGKILL")]), []);
  assert.deepEqual(noLogs(world.exit(3, null, "SIGKILL")), ["exit 42"]);
  assert.deepEqual(world.tell({ fact: "tick" }), []);
});
