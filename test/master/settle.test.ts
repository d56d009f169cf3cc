import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "../../src/master/settle.ts";
import { noLogs, World } from "../support/plan-world.ts";

test("a state in which nothing is amiss is left as it is", () => {
  const { state } = World.serving({ workers: 2 });
  assert.deepEqual(settle(state), { state, actions: [] });
});

test("a worker that asks for a successor serves until that one is ready; never two places at once", () => {
  const world = World.serving({ workers: 3 });
  assert.deepEqual(world.recycle(2), ["info: worker 2 gets a successor: it is tired", "fork 4 (slot 2)"]);
  assert.deepEqual(noLogs(world.recycle(3)), []);
  world.report(4, "hello");
  assert.deepEqual(world.loaded(4), ["listen 4"]);
  assert.deepEqual(world.report(4, "ready"), ["quit 2 graceful 30000", "fork 5 (slot 3)"]);
  assert.match(world.exit(2).join(), /^debug: worker 2 exited with code 0, as it was asked to \(it is tired\)/);
  assert.deepEqual(world.up(5), ["boot 5 (generation 1)", "listen 5", "quit 3 graceful 30000"]);
  assert.deepEqual(world.serving, ["1 ready", "2 ready", "3 ready"]);
});

test("a successor that dies costs its place a delay, while the one that asked goes on", () => {
  const world = World.serving({ workers: 1 });
  world.recycle(1);
  world.report(2, "hello");
  assert.deepEqual(world.fails(2), ["kill 2"]);
  assert.deepEqual(noLogs(world.exit(2)), ["fork 3 (slot 1)"]);
  world.report(3, "hello");
  world.fails(3);
  assert.deepEqual(noLogs(world.exit(3)), []);
  const wait = world.wakeAt! - world.now;
  assert.ok(wait >= 250 && wait <= 300, String(wait));
  assert.deepEqual(world.later(wait), ["fork 4 (slot 1)"]);
  assert.equal(world.serving[0], "1 ready");
});

test("a worker that asked for a successor and dies leaves its place to it", () => {
  const world = World.serving({ workers: 1 });
  world.recycle(1);
  assert.deepEqual(noLogs(world.exit(1, 1)), []);
  assert.deepEqual(world.up(2), ["boot 2 (generation 1)", "listen 2"]);
});

test("a reload replaces who asked for a successor; if it fails, the wish is remembered", () => {
  const world = World.serving({ workers: 2 });
  world.reload();
  assert.deepEqual(noLogs(world.recycle(1)), []);
  world.report(3, "hello");
  assert.deepEqual(noLogs(world.fails(3)), ["kill 3", "fork 4 (slot 1)"]);
});

test("process 1 of a container says what it does not do, once", () => {
  const world = new World({ workers: 1 });
  world.state = { ...world.state, pid: 1 };
  world.start();
  const said = world.up(1).filter((word) => /^info: this is process 1/.test(word));
  assert.equal(said.length, 1);
});
