// Where the plan calls hooks, and with what. docs/hooks.md has the order; test/process/hooks.test.ts holds it with real processes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "../support/plan-world.ts";

const called = (world: World): unknown[] => world.hooks.splice(0).map(({ name, event }) => [name, event]);

test("a start says how many workers are wanted, and when all of them accept", () => {
  const world = new World({ workers: 2 }, ["unix:/a"]);
  world.start();
  assert.deepEqual(called(world), [["nworkersChanged", { count: 2, previous: undefined }]]);
  world.up(1);
  assert.deepEqual(called(world), []);
  world.up(2);
  assert.deepEqual(called(world), [["onServing", { urls: ["unix:/a"], workers: 2, tookMs: 500 }]]);
});

test("every exit is told of, with what it was put down to", () => {
  const world = World.serving({ workers: 1 });
  const [worker] = world.state.workers;
  called(world);
  world.exit(worker!.id, null, "SIGKILL");
  const death = { slot: 1, generation: 1, pid: worker!.pid, code: null, signal: "SIGKILL", cause: "killed" };
  const [[name, event]] = called(world) as [[string, { readonly reason: string }]];
  const { reason, ...rest } = event;
  assert.deepEqual([name, rest], ["childExit", death]);
  assert.match(reason, /^was killed by SIGKILL, by an operator or another program/);
  world.signal("SIGTERM");
  for (const { id } of world.state.workers) world.exit(id);
  assert.deepEqual(
    called(world).map((call) => (call as unknown[])[0]),
    ["childExit"],
  );
});

test("a worker that could not be started has no pid, and its end is told of too", () => {
  const world = World.serving({ workers: 1 });
  const [worker] = world.state.workers;
  world.exit(worker!.id);
  const successor = world.state.workers.at(-1)!;
  called(world);
  world.tell({ fact: "exit", id: successor.id, code: null, signal: null, trouble: "EAGAIN" });
  const event = { slot: 1, generation: 1, pid: null, code: null, signal: null, cause: "not-started" };
  assert.deepEqual(called(world), [["childExit", { ...event, reason: "could not be started (EAGAIN)" }]]);
});

test("another number is told of once, whoever asks for it, and a reload that changes nothing is not", () => {
  const world = World.serving({ workers: 1 });
  called(world);
  world.signal("SIGTTIN");
  assert.deepEqual(called(world), [["nworkersChanged", { count: 2, previous: 1 }]]);
  world.up(...world.state.workers.map(({ id }) => id));
  world.order({ order: "scale", count: 3 });
  assert.deepEqual(called(world), [["nworkersChanged", { count: 3, previous: 2 }]]);
  world.signal("SIGTTOU");
  assert.deepEqual(called(world), [["nworkersChanged", { count: 2, previous: 3 }]]);
});

/** A reload up to the new generation that serves. */
function reload(world: World, changes: Parameters<World["configured"]>[0] = {}): void {
  world.signal("SIGHUP");
  world.configured(changes);
  for (;;) {
    const next = world.state.workers.filter(
      (one) => one.generation === world.state.next?.number && one.phase === "starting",
    );
    if (next.length === 0) break;
    for (const { id } of next) {
      world.report(id, "hello");
      world.loaded(id);
    }
  }
  for (const { id, phase } of world.state.workers) if (phase === "opening") world.report(id, "ready");
}

test("a reload says that it begins with which settings, and the new number when its generation has taken over", () => {
  const world = World.serving({ workers: 1 });
  called(world);
  reload(world, { workers: { min: 2, max: 2 } });
  assert.equal(world.state.generation, 2);
  const { settings } = world.state;
  assert.deepEqual(called(world), [
    ["onReload", { generation: 2, settings }],
    ["nworkersChanged", { count: 2, previous: 1 }],
  ]);
  reload(world);
  assert.deepEqual(
    called(world).map((call) => (call as unknown[])[0]),
    ["onReload"],
  );
});

test("a configuration that does not load begins no reload", () => {
  const world = World.serving();
  called(world);
  world.signal("SIGHUP");
  world.tell({ fact: "not-configured", message: "tsgi.config.ts:1: no" });
  assert.deepEqual(called(world), []);
});

test("a new master is told of before it is started", () => {
  const world = World.serving();
  called(world);
  assert.ok(world.signal("SIGUSR2").includes("fork-heir"));
  assert.deepEqual(called(world), [["preExec", { pid: 77, settings: world.state.settings }]]);
});
