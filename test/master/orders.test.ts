import assert from "node:assert/strict";
import { test } from "node:test";
import { noLogs, World } from "../support/plan-world.ts";

test("a reload without waiting is answered at once, and one with waiting by its outcome", () => {
  const world = World.serving({ workers: 1 });
  assert.deepEqual(world.order({ order: "reload", wait: false }), [
    "answer 7 ok: the reload has begun; its outcome is in the log",
    "read-configuration",
  ]);
  world.tell({ fact: "not-configured", message: "x" });
  assert.deepEqual(world.order({ order: "reload", wait: true }, 8), ["read-configuration"]);
  assert.deepEqual(noLogs(world.tell({ fact: "not-configured", message: "no such key" })), [
    "answer 8 no: reload failed, nothing has changed: no such key",
  ]);
});

test("scale sets the number exactly, says when it may not, and the same number changes nothing", () => {
  const world = World.serving({ workers: 2 });
  assert.deepEqual(noLogs(world.order({ order: "scale", count: 4 })), [
    ...["answer 7 ok: 4 workers are wanted", "fork 3 (slot 3)", "fork 4 (slot 4)"],
  ]);
  assert.deepEqual(world.order({ order: "scale", count: 4 }), ["answer 7 ok: 4 workers are wanted"]);
  const range = World.serving({ workers: { min: 1, max: 2 } });
  assert.deepEqual(range.order({ order: "scale", count: 3 }), [
    "answer 7 no: 3 is outside --workers 1..2; a number within fits",
  ]);
});

test("restart gives one worker a successor; a pid that is none of them, or still boots, is refused", () => {
  const world = World.serving({ workers: 2 });
  for (const id of [1, 2]) world.tell({ fact: "forked", id, pid: 100 + id });
  assert.deepEqual(world.order({ order: "restart", pid: 102 }), [
    "answer 7 ok: worker 2 (pid 102) gets a successor and then leaves",
    "info: worker 2 (pid 102) gets a successor: tsgi ctl restart",
    "fork 3 (slot 2)",
  ]);
  world.tell({ fact: "forked", id: 3, pid: 103 });
  assert.deepEqual(world.order({ order: "restart", pid: 103 }), [
    "answer 7 no: the worker with the pid 103 is still booting",
  ]);
  assert.deepEqual(world.order({ order: "restart", pid: 9 }), [
    "answer 7 no: no worker has the pid 9; there are 101, 102, 103",
  ]);
  const empty = new World({ workers: 1 });
  assert.deepEqual(empty.order({ order: "restart", pid: 9 }).slice(0, 1), [
    "answer 7 no: no worker has the pid 9; there are none",
  ]);
});

test("stop is answered before the server goes, and a second one goes a step further", () => {
  const world = World.serving({ workers: 1, gracefulTimeout: 30 });
  assert.deepEqual(world.order({ order: "stop", style: "graceful" }), [
    "answer 7 ok: the server stops gracefully, within 30 s",
    "info: stopping on tsgi ctl stop: what is open may take 30 s",
    "quit 1 graceful 30000",
  ]);
  assert.deepEqual(noLogs(world.order({ order: "stop", style: "quick" })), [
    "answer 7 ok: the server stops at once",
    "quit 1 quick 0",
    "close-all-listeners",
  ]);
});

test("reopen reaches the master's log and the workers'", () => {
  const world = World.serving({ workers: 1 });
  assert.deepEqual(world.order({ order: "reopen" }), [
    "answer 7 ok: the log files are opened again",
    "reopen-logs",
    "reopen 1",
  ]);
});

test("a server that stops takes no orders but to stop", () => {
  const world = World.serving({ workers: 1 });
  world.signal("SIGTERM");
  for (const order of [{ order: "scale", count: 2 }, { order: "reopen" }, { order: "restart", pid: 1 }] as const) {
    assert.deepEqual(world.order(order), ["answer 7 no: the server is stopping"]);
  }
});

test("scale and restart say what they found: one worker is one worker, and none is none", () => {
  const world = World.serving({ workers: 2 });
  assert.equal(world.order({ order: "scale", count: 1 })[0], "answer 7 ok: 1 worker is wanted");
  world.signal("SIGTTOU");
  world.exit(1, 1);
  world.exit(2);
  assert.equal(world.order({ order: "restart", pid: 9 })[0], "answer 7 no: no worker has the pid 9; there are none");
});
