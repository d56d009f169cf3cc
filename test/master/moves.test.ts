import assert from "node:assert/strict";
import { test } from "node:test";
import {
  dismiss,
  dropNext,
  forEach,
  inSeconds,
  kill,
  log,
  nameOf,
  plural,
  step,
  then,
} from "../../src/master/moves.ts";
import { inWords, World } from "../support/plan-world.ts";

test("moves build on what the move before left, and their actions keep the order", () => {
  const { state } = World.serving({ workers: 2 });
  const both = then(forEach(state, state.workers, kill), (after) => step(after, log("info", "done")));
  assert.deepEqual(both.actions.map(inWords), ["kill 1", "kill 2", "info: done"]);
  assert.ok(both.state.workers.every(({ leaving }) => leaving));
});

test("a worker that is dismissed twice gets no more time than the shorter of both", () => {
  const world = World.serving({ workers: 1, gracefulTimeout: 1 });
  const once = dismiss(world.state, world.state.workers[0]!, "graceful").state;
  const later = { ...once, now: once.now + 1500 };
  assert.equal(dismiss(later, later.workers[0]!, "quick").state.workers[0]?.goneBy, world.now + 2000);
});

test("there may be no next generation to drop", () => {
  const { state } = World.serving({ workers: 1 });
  assert.deepEqual(dropNext(state), { state, actions: [] });
});

test("a worker is named by its place, and by its pid once that is known", () => {
  const worker = World.serving({ workers: 1 }).state.workers[0]!;
  assert.equal(nameOf(worker), "worker 1");
  assert.equal(nameOf({ ...worker, pid: 9 }), "worker 1 (pid 9)");
});

test("durations and counts read as a person writes them", () => {
  assert.deepEqual([0, 4, 250, 1000, 12_345].map(inSeconds), ["0 s", "0 s", "0.25 s", "1 s", "12.35 s"]);
  assert.deepEqual([plural(1, "worker"), plural(2, "worker")], ["1 worker", "2 workers"]);
});
