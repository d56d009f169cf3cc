import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "../../src/master/settle.ts";
import { World } from "../support/plan-world.ts";

const noLogs = (words: readonly string[]): string[] => words.filter((word) => !/^(debug|info|warn|error):/.test(word));

/** A server of two that was told to reload, and reads a good configuration. */
const reloading = (): World => {
  const world = World.serving({ workers: 2, gracefulTimeout: 30, bootTimeout: 10 });
  world.signal("SIGHUP");
  world.configured();
  return world;
};

test("a state in which nothing is amiss is left as it is", () => {
  const { state } = World.serving({ workers: 2 });
  assert.deepEqual(settle(state), { state, actions: [] });
});

test("HUP boots a new generation one worker at a time; none accepts before all are loaded, no old one goes before all accept", () => {
  const world = World.serving({ workers: 2, gracefulTimeout: 30 });
  assert.deepEqual(world.signal("SIGHUP"), ["read-configuration"]);
  assert.deepEqual(world.configured({ gracefulTimeout: 9 }), [
    "info: reloading: generation 2 boots beside generation 1",
    "fork 3 (slot 1)",
  ]);
  assert.deepEqual(world.report(3, "hello"), ["boot 3 (generation 2)"]);
  assert.deepEqual(world.loaded(3), ["fork 4 (slot 2)"]);
  assert.deepEqual(world.report(4, "hello"), ["boot 4 (generation 2)"]);
  assert.deepEqual(world.loaded(4), ["listen 3", "listen 4"]);
  assert.deepEqual(world.report(4, "ready"), []);
  world.later(250);
  assert.deepEqual(world.report(3, "ready"), [
    "adopt",
    "quit 1 graceful 30000",
    "quit 2 graceful 30000",
    "info: generation 2 serves with 2 workers, ready in 0.25 s",
  ]);
  assert.deepEqual(
    [world.state.generation, world.state.settings.gracefulTimeout, world.serving],
    [2, 9, ["1 ready", "2 ready"]],
  );
  assert.deepEqual(noLogs([...world.draining(1), ...world.exit(1), ...world.exit(2)]), []);
});

test("a configuration that cannot be read changes nothing, and says why", () => {
  const world = World.serving({ workers: 1 });
  world.signal("SIGHUP");
  assert.deepEqual(world.tell({ fact: "not-configured", message: "no such key" }), [
    "error: reload failed, nothing has changed: no such key",
  ]);
  assert.deepEqual(world.serving, ["1 ready"]);
  assert.deepEqual(world.signal("SIGHUP"), ["read-configuration"]);
});

test("settings that need a restart are named", () => {
  const world = World.serving({ workers: 1 });
  world.signal("SIGHUP");
  assert.equal(
    world.configured({}, ["bind", "umask"]).filter((word) => /^warn: (bind|umask) needs a restart/.test(word)).length,
    2,
  );
});

test("HUP while the configuration is read reads it once more, however often it came", () => {
  const world = World.serving({ workers: 1 });
  world.signal("SIGHUP");
  assert.deepEqual([...world.signal("SIGHUP"), ...world.signal("SIGHUP")], []);
  assert.deepEqual(world.tell({ fact: "not-configured", message: "half written" }), ["read-configuration"]);
  assert.deepEqual(world.signal("SIGHUP"), []);
  assert.deepEqual(world.configured(), ["read-configuration"]);
  assert.deepEqual(noLogs(world.configured()), ["fork 2 (slot 1)"]);
});

test("HUP during a reload starts over with a yet newer generation", () => {
  const world = reloading();
  world.report(3, "hello");
  world.loaded(3);
  world.signal("SIGHUP");
  assert.deepEqual(noLogs(world.configured()), ["quit 3 quick 0", "kill 4", "fork 5 (slot 1)"]);
  assert.deepEqual([world.state.next?.number, world.state.generation], [3, 1]);
});

test("a new generation of which one does not boot is withdrawn as a whole; those that may have a client finish with it", () => {
  const world = reloading();
  world.report(3, "hello");
  assert.deepEqual(world.fails(3, "app.js line 2"), [
    "error: reload failed, generation 1 goes on: app.js line 2",
    "kill 3",
  ]);
  assert.deepEqual(noLogs(world.exit(3, 42)), []);
  assert.deepEqual(world.serving, ["1 ready", "2 ready"]);

  const late = reloading();
  late.report(3, "hello");
  late.loaded(3);
  late.report(4, "hello");
  late.loaded(4);
  late.report(3, "ready");
  assert.deepEqual(late.exit(4, 7), [
    "error: reload failed, generation 1 goes on: worker 2 exited with code 7 after 0 s",
    "quit 3 graceful 30000",
  ]);
});

test("a new generation that hangs is withdrawn: while it loads, while it opens, and when its loop blocks", () => {
  const hangs = reloading();
  hangs.report(3, "hello");
  assert.deepEqual(hangs.later(10_000), [
    "error: reload failed, generation 1 goes on: the application was not loaded within 10 s (--boot-timeout)",
    "kill 3",
  ]);
  const deaf = reloading();
  deaf.up(3, 4);
  deaf.state = { ...deaf.state, next: { ...deaf.state.next!, settings: { ...deaf.state.settings, timeout: 2 } } };
  assert.deepEqual(deaf.later(2001, [4]), ["kill 3"]);
  assert.match(deaf.exit(3, null, "SIGKILL").join(), /generation 1 goes on: it gave no sign of life for 2 s/);
});

test("before any worker was ever ready, a new generation that does not boot ends the server too", () => {
  const world = new World({ workers: 1 });
  world.start();
  world.signal("SIGHUP");
  world.configured();
  world.report(2, "hello");
  assert.deepEqual(world.fails(2), ["complain: app.js does not load", "kill 1", "kill 2", "close-listeners"]);
});

test("a new generation that overtakes the first one is announced as the start", () => {
  const world = new World({ workers: 1 });
  world.start();
  world.signal("SIGHUP");
  world.configured();
  assert.match(world.up(2).join(), /adopt,kill 1,info: generation 2 serves.*info: tsgi 1\.2\.3.*ready in/);
});

test("a worker of the old generation that dies during a reload is replaced under the old settings", () => {
  const world = reloading();
  assert.deepEqual(noLogs(world.exit(2, 1)), ["fork 4 (slot 2)"]);
  assert.deepEqual(world.report(4, "hello"), ["boot 4 (generation 1)"]);
  assert.deepEqual(world.loaded(4), ["listen 4"]);
});

test("TTIN and TTOU reach the generation that boots, and outlive the reload", () => {
  const world = reloading();
  assert.deepEqual(noLogs(world.signal("SIGTTIN")), ["fork 4 (slot 3)"]);
  world.up(4);
  world.report(3, "hello");
  assert.deepEqual(world.loaded(3), ["fork 5 (slot 2)"]);
  world.up(5);
  assert.deepEqual(noLogs(world.signal("SIGTTOU")), ["quit 4 graceful 30000", "kill 6", "listen 3", "listen 5"]);
  world.report(3, "ready");
  world.report(5, "ready");
  assert.deepEqual([world.state.generation, world.serving], [2, ["1 ready", "2 ready"]]);

  world.signal("SIGTTIN");
  world.up(7);
  world.signal("SIGHUP");
  world.configured({ workers: 3 });
  for (const id of [8, 9, 10, 11]) world.up(id);
  for (const id of [8, 9, 10]) world.report(id, "ready");
  assert.deepEqual([world.state.generation, world.serving.length], [3, 4]);
});

test("a stop during a reload is as fast as at rest: those that boot are killed, the answer to an open question is ignored", () => {
  const world = reloading();
  world.report(3, "hello");
  world.signal("SIGHUP");
  world.signal("SIGHUP");
  assert.deepEqual(noLogs(world.signal("SIGTERM")), ["quit 1 graceful 30000", "quit 2 graceful 30000", "kill 3"]);
  assert.deepEqual(world.configured(), []);
  assert.deepEqual(world.signal("SIGHUP"), []);
  world.exit(3, null, "SIGKILL");
  world.exit(1);
  assert.deepEqual(noLogs(world.exit(2)), ["close-listeners", "exit 0"]);
});

test("a worker that asks for a successor serves until that one is ready; never two places at once", () => {
  const world = World.serving({ workers: 3 });
  assert.deepEqual(world.recycle(2), ["info: worker 2 asks for a successor: it is tired", "fork 4 (slot 2)"]);
  assert.deepEqual(world.recycle(2), []);
  assert.deepEqual(noLogs(world.recycle(3)), []);
  world.report(4, "hello");
  assert.deepEqual(world.loaded(4), ["listen 4"]);
  assert.deepEqual(world.report(4, "ready"), ["quit 2 graceful 30000", "fork 5 (slot 3)"]);
  assert.deepEqual(noLogs(world.exit(2)), []);
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
  assert.deepEqual(world.wakeAt, world.now + 250);
  assert.deepEqual(world.later(250), ["fork 4 (slot 1)"]);
  assert.equal(world.serving[0], "1 ready");
});

test("a worker that asked for a successor and dies leaves its place to it", () => {
  const world = World.serving({ workers: 1 });
  world.recycle(1);
  assert.deepEqual(noLogs(world.exit(1, 1)), []);
  assert.deepEqual(world.up(2), ["boot 2 (generation 1)", "listen 2"]);
});

test("a reload replaces who asked for a successor; if it fails, the wish is remembered", () => {
  const world = reloading();
  assert.deepEqual(noLogs(world.recycle(1)), []);
  world.report(3, "hello");
  assert.deepEqual(noLogs(world.fails(3)), ["kill 3", "fork 4 (slot 1)"]);
});
