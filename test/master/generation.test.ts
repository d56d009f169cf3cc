import assert from "node:assert/strict";
import { test } from "node:test";
import { listener, noLogs, World } from "../support/plan-world.ts";

/** A server of two that was told to reload, and reads a good configuration. */
const reloading = (changes: Parameters<typeof World.serving>[0] = {}): World => {
  const world = World.serving({ workers: 2, gracefulTimeout: 30, bootTimeout: 10, ...changes });
  world.reload();
  return world;
};

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
  assert.deepEqual(world.state.lastReload, {
    ...{ at: world.now, ok: true, message: "generation 2 serves with 2 workers, ready in 0.25 s" },
  });
});

test("--reload-style all boots the whole generation at once", () => {
  const world = World.serving({ workers: 3, reloadStyle: "all" });
  assert.deepEqual(noLogs(world.reload()), [
    "read-configuration",
    "fork 4 (slot 1)",
    "fork 5 (slot 2)",
    "fork 6 (slot 3)",
  ]);
  world.up(4);
  world.up(5);
  assert.deepEqual(noLogs(world.up(6)), ["boot 6 (generation 2)", "listen 4", "listen 5", "listen 6"]);
});

test("the old workers serve until the new ones have lasted for --settle without clients and for as long with clients", () => {
  const world = World.serving({ workers: 2, settle: 3 });
  world.reload();
  assert.deepEqual([...world.up(3), ...world.up(4)].slice(-1), [
    "debug: generation 2 is loaded, and must last 3 s (--settle)",
  ]);
  assert.equal(world.wakeAt, world.now + 3000);
  assert.deepEqual(world.later(2999), []);
  assert.deepEqual(world.later(1), ["listen 3", "listen 4"]);
  assert.deepEqual(world.report(3, "ready"), []);
  assert.deepEqual(world.report(4, "ready"), [
    "debug: generation 2 serves beside the old one, and must last 3 s (--settle)",
  ]);
  assert.equal(world.wakeAt, world.now + 3000);
  assert.deepEqual(world.later(2999), []);
  assert.deepEqual(noLogs(world.later(1)), ["adopt", "quit 1 graceful 30000", "quit 2 graceful 30000"]);
});

test("a new worker that dies within --settle, without clients or with them, withdraws its generation", () => {
  const world = World.serving({ workers: 2, settle: 3 });
  world.reload();
  world.up(3, 4);
  world.later(2900);
  assert.deepEqual(world.exit(4, 1), [
    "quit 3 quick 0",
    "error: reload failed, generation 1 goes on: worker 2 exited with code 1: the application ended its process; it had been there for 2.9 s",
  ]);
  world.exit(3);
  world.reload();
  world.up(5, 6);
  world.later(3000);
  for (const id of [5, 6]) world.report(id, "ready");
  world.later(2900);
  assert.deepEqual(world.exit(6, 1), [
    "quit 5 graceful 30000",
    "error: reload failed, generation 1 goes on: worker 2 exited with code 1: the application ended its process; it had been there for 2.9 s",
  ]);
  assert.deepEqual([world.state.next, world.serving], [null, ["1 ready", "2 ready"]]);
  assert.deepEqual(noLogs(world.later(10_000)), []);
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
  const notes = world.configured({}, ["accept", "umask"]);
  assert.equal(notes.filter((word) => /^warn: (accept|umask) needs a restart/.test(word)).length, 2);
});

test("HUP while the configuration is read reads it once more, however often it came; what was bound for nothing is closed", () => {
  const world = World.serving({ workers: 1 }, ["unix:/a"]);
  world.signal("SIGHUP");
  assert.deepEqual([...world.signal("SIGHUP"), ...world.signal("SIGHUP")], []);
  assert.deepEqual(world.tell({ fact: "not-configured", message: "half written" }), ["read-configuration"]);
  assert.deepEqual(world.signal("SIGHUP"), []);
  const [kept] = world.state.listeners;
  assert.deepEqual(world.configured({}, [], [kept!, listener("unix:/b", 1)]), ["read-configuration"]);
  assert.deepEqual(noLogs(world.configured({}, [], [kept!])), ["fork 2 (slot 1)", "close-listeners 1"]);
});

test("HUP during a reload waits for its outcome, and is then answered by one more reload, however often it came", () => {
  const world = reloading();
  world.report(3, "hello");
  assert.deepEqual(world.signal("SIGHUP"), ["info: generation 2 is on its way already: another reload follows it"]);
  assert.deepEqual(world.signal("SIGHUP"), []);
  world.loaded(3);
  world.up(4);
  assert.deepEqual(noLogs(world.report(3, "ready")), [
    ...["adopt", "quit 1 graceful 30000", "quit 2 graceful 30000", "read-configuration"],
  ]);
  assert.deepEqual(noLogs(world.configured()), ["fork 5 (slot 1)"]);
  assert.deepEqual([world.state.next?.number, world.state.queued], [3, null]);

  world.report(5, "hello");
  world.signal("SIGHUP");
  assert.deepEqual(noLogs(world.fails(5)), ["kill 5", "read-configuration"]);
});

test("a generation that does not come further makes way for a newer one", () => {
  const world = reloading({ bootTimeout: 60 });
  world.report(3, "hello");
  world.later(5000);
  assert.deepEqual(noLogs(world.signal("SIGHUP")), []);
  world.later(1);
  assert.deepEqual(world.signal("SIGHUP"), [
    "warn: generation 2 has not come further for 5 s: a newer one takes its place",
    "read-configuration",
  ]);
  assert.deepEqual(noLogs(world.configured()), ["kill 3", "fork 4 (slot 1)"]);
  assert.deepEqual([world.state.next?.number, world.state.generation], [3, 1]);
});

test("a new generation of which one does not boot is withdrawn as a whole; those that may have a client finish with it", () => {
  const world = reloading();
  world.report(3, "hello");
  assert.deepEqual(world.fails(3, "app.js line 2"), [
    "kill 3",
    "error: reload failed, generation 1 goes on: app.js line 2",
  ]);
  assert.deepEqual(noLogs(world.exit(3, 42)), []);
  assert.deepEqual(world.serving, ["1 ready", "2 ready"]);

  const all = reloading({ reloadStyle: "all" });
  all.report(3, "hello");
  all.loaded(3);
  assert.deepEqual(noLogs(all.exit(4, 7)), ["quit 3 quick 0"], "one that is loaded holds no client");

  const opening = reloading();
  for (const id of [3, 4]) {
    opening.report(id, "hello");
    opening.loaded(id);
  }
  opening.report(3, "ready");
  assert.deepEqual(opening.exit(4, 7), [
    "quit 3 graceful 30000",
    "error: reload failed, generation 1 goes on: worker 2 exited with code 7: the application ended its process; it had been there for 0 s",
  ]);
});

test("a new generation that hangs is asked where it stands and withdrawn, and one whose loop blocks is withdrawn with it", () => {
  const hangs = reloading();
  hangs.report(3, "hello");
  assert.deepEqual(hangs.later(10_000), ["ask-whereabouts 3"]);
  assert.deepEqual(hangs.later(2000), [
    "kill 3",
    "error: reload failed, generation 1 goes on: the application was not loaded within 10 s (--boot-timeout)",
  ]);
  const deaf = World.serving({ workers: 2, settle: 60 });
  deaf.reload({ timeout: 2 });
  for (const id of [3, 4]) deaf.up(id);
  deaf.report(3, "ready");
  assert.deepEqual(deaf.later(4500, [4]), []);
  assert.deepEqual(deaf.later(1, [4]), ["kill 3"]);
  assert.match(deaf.exit(3, null, "SIGKILL").join(), /generation 1 goes on: it gave no sign of life for 2 s/);
});

test("before any worker was ever ready, a new generation that does not boot ends the server too", () => {
  const world = new World({ workers: 1 });
  world.start();
  world.reload();
  world.report(2, "hello");
  assert.deepEqual(world.fails(2), ["complain: app.js does not load", "kill 1", "kill 2", "close-all-listeners"]);
});

test("a new generation that overtakes the first one is announced as the start", () => {
  const world = new World({ workers: 1 });
  world.start();
  world.reload();
  assert.match(world.up(2).join(), /adopt,kill 1,info: generation 2 serves.*info: tsgi 1\.2\.3.*ready in/);
});

test("a worker of the old generation that dies during a reload is replaced under the old settings", () => {
  const world = reloading();
  assert.deepEqual(noLogs(world.exit(2, 1)), ["fork 4 (slot 2)"]);
  assert.deepEqual(world.report(4, "hello"), ["boot 4 (generation 1)"]);
  assert.deepEqual(world.loaded(4), ["listen 4"]);
});

test("TTIN and TTOU reach the generation that boots, and outlive the reload; new bounds take them back", () => {
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
  world.reload();
  for (const id of [8, 9, 10]) world.up(id);
  for (const id of [8, 9]) world.report(id, "ready");
  assert.deepEqual([world.state.generation, world.serving.length], [3, 3]);

  world.reload({ workers: 1 });
  world.up(11);
  assert.deepEqual([world.state.generation, world.serving.length, world.state.count], [4, 1, 1]);
});

test("listeners that a reload adds are sent to the new workers, those that it leaves out are closed when the old ones accept no more", () => {
  const world = World.serving({ workers: 1 }, ["unix:/a", "unix:/b"]);
  const [, kept] = world.state.listeners;
  world.reload({}, [kept!, listener("unix:/c", 2)]);
  world.up(2);
  assert.deepEqual(world.state.workers.find(({ id }) => id === 2)?.listeners, [1, 2]);
  assert.deepEqual([world.state.generation, world.state.closing], [2, [0]]);
  assert.deepEqual(world.draining(1), ["close-listeners 0"]);
  assert.deepEqual(noLogs(world.exit(1)), []);
});

test("listeners that were bound for a generation that is withdrawn are closed when nobody accepts on them", () => {
  const world = World.serving({ workers: 1, settle: 9 }, ["unix:/a"]);
  world.reload({}, [...world.state.listeners, listener("unix:/b", 1)]);
  world.up(2);
  assert.deepEqual(noLogs(world.exit(2, 1)), ["close-listeners 1"]);
  assert.deepEqual(
    world.state.listeners.map(({ url }) => url),
    ["unix:/a"],
  );

  world.signal("SIGHUP");
  world.signal("SIGTERM");
  assert.deepEqual(world.configured({}, [], [listener("unix:/c", 2)]), []);
  assert.deepEqual(world.state.closing, [2]);
});

test("a listener that one reload gave up and the next one wants is kept, though nobody accepts on it while the configuration is read", () => {
  const world = World.serving({ workers: 1 }, ["unix:/a", "unix:/b"]);
  const [a, b] = world.state.listeners;
  world.reload({}, [b!]);
  world.up(2);
  assert.deepEqual(world.state.closing, [0]);
  world.signal("SIGHUP");
  assert.deepEqual(noLogs([...world.draining(1), ...world.exit(1)]), []);
  assert.deepEqual(noLogs(world.configured({}, [], [a!])), ["fork 3 (slot 1)"]);
  assert.deepEqual(world.state.closing, []);
  world.up(3);
  assert.deepEqual(world.draining(2), ["close-listeners 1"]);
});

test("a listener that nobody wants after all is closed when the configuration was read, or could not be", () => {
  const world = World.serving({ workers: 1 }, ["unix:/a", "unix:/b"]);
  world.reload({}, world.state.listeners.slice(1));
  world.up(2);
  world.signal("SIGHUP");
  assert.deepEqual(world.draining(1), []);
  assert.deepEqual(noLogs(world.tell({ fact: "not-configured", message: "broken" })), ["close-listeners 0"]);
});

test("--canary: the first worker serves alone among the old ones for its time, then the others boot", () => {
  const world = World.serving({ workers: 2, canary: 4 });
  world.reload();
  assert.deepEqual(noLogs(world.up(3)), ["boot 3 (generation 2)", "listen 3"]);
  assert.equal(world.wakeAt, world.now + 4000);
  assert.deepEqual(world.later(3999, [1, 2, 3], { delayMs: 5 }), []);
  assert.deepEqual(world.later(1), [
    "info: the first worker of generation 2 did well: 0 of 0 answers were errors (0.0 %), the old ones 0 of 0 answers were errors (0.0 %); its event loop was up to 5 ms late in the middle, theirs 5 ms",
    "fork 4 (slot 2)",
  ]);
  assert.deepEqual(noLogs(world.up(4)), [
    ...["boot 4 (generation 2)", "listen 4", "adopt", "quit 1 graceful 30000", "quit 2 graceful 30000"],
  ]);
});

test("--canary: answers that fail more often than the old ones withdraw the generation at once", () => {
  const world = World.serving({ workers: 2, canary: 60 });
  world.beat(1, { served: 1000, errors: 10 });
  world.reload();
  world.up(3);
  world.beat(1, { served: 1100, errors: 11 });
  assert.deepEqual(world.beat(3, { served: 50, errors: 2 }), []);
  assert.match(
    world.beat(3, { served: 50, errors: 4 }).join(),
    /^quit 3 graceful \d+,error: reload failed, generation 1 goes on: its first worker did worse than the old ones: 4 of 50 answers were errors \(8\.0 %\), the old ones 1 of 100 /,
  );
});

test("who waits for a reload hears its outcome, with the reason when it failed", () => {
  const world = World.serving({ workers: 1 });
  assert.deepEqual(world.order({ order: "reload", wait: true }, 1), ["read-configuration"]);
  world.configured();
  assert.deepEqual(noLogs(world.order({ order: "reload", wait: true }, 2)), []);
  world.report(2, "hello");
  assert.deepEqual(noLogs(world.fails(2, "app.js:3:5")), [
    "kill 2",
    "answer 1 no: reload failed, generation 1 goes on: app.js:3:5",
    "read-configuration",
  ]);
  world.configured();
  assert.match(world.up(3).join(), /answer 2 ok: generation 3 serves with 1 worker, ready in 0 s/);
  world.signal("SIGTERM");
  assert.deepEqual(world.order({ order: "reload", wait: true }, 3), ["answer 3 no: the server is stopping"]);
});
