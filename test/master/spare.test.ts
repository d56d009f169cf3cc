import assert from "node:assert/strict";
import { test } from "node:test";
import { statusOf, workersOf } from "../../src/master/status.ts";
import { type Changes, noLogs, World } from "../support/plan-world.ts";

const developing = (changes: Changes = {}): World => World.serving({ reload: "on", ...changes }, ["/run/a"]);

test("a spare is started when the workers have had the machine for a moment, is prepared, and is no worker", () => {
  const world = new World({ reload: "on", workers: 1 });
  world.start();
  assert.ok(!world.up(1).join().includes("fork"));
  assert.equal(world.wakeAt, 100);
  assert.deepEqual(world.later(100), ["fork 2 (slot 0)"]);
  assert.deepEqual(world.report(2, "hello"), ["prepare 2"]);
  assert.deepEqual(world.report(2, { tsgi: "prepared" }), ["debug: the spare worker waits for its place"]);
  assert.deepEqual(world.later(200_000, [1]), [], "nobody waits for it, and there is one");
  const { workers } = statusOf(world.state, world.now);
  assert.deepEqual([workers.wanted, workers.ready, workers.booting, workers.leaving], [1, 1, 0, 0]);
  assert.deepEqual(
    workersOf(world.state, world.now).workers.map(({ slot, phase }) => `${slot} ${phase}`),
    ["0 spare", "1 ready"],
  );
  assert.deepEqual(noLogs(world.signal("SIGUSR1")), ["reopen-logs", "reopen 1"]);
});

test("it takes the place of a worker that dies, however far it has come", () => {
  const world = developing();
  assert.deepEqual(noLogs(world.exit(1, 1)), [], "its process is not up yet");
  assert.deepEqual(world.serving, ["1 starting"]);
  assert.deepEqual(world.report(2, "hello"), ["boot 2 (generation 1)"]);
  assert.deepEqual(world.report(2, { tsgi: "prepared" }), ["debug: worker 1 is prepared"]);
  world.loaded(2);
  world.report(2, "ready");
  world.later(100);
  world.report(3, "hello");
  world.later(60_000);
  assert.deepEqual(noLogs(world.exit(2, 1)), ["boot 3 (generation 1)"]);
  assert.deepEqual(
    world.later(60_000, [3]).filter((word) => word.startsWith("kill")),
    [],
    "--boot-timeout counts from then",
  );
});

test("one that dies is started again, later and later, and a server that stops kills it", () => {
  const world = developing();
  world.hooks.length = 0;
  assert.deepEqual(world.exit(2, 1), [
    "warn: the spare worker exited with code 1: the application ended its process; another one starts at once",
    "fork 3 (slot 0)",
  ]);
  assert.match(world.exit(3, 1).join(), /another one starts in 0\.\d+ s$/);
  assert.deepEqual(world.later(1000), ["fork 4 (slot 0)"]);
  assert.deepEqual(world.hooks, [], "no hook hears of it");
  assert.equal(world.state.youngDeaths, 0);
  world.report(4, "hello");
  assert.ok(world.signal("SIGTERM").includes("kill 4"));
  assert.deepEqual(world.exit(4, null, "SIGKILL"), []);
});

test("a spare that dies by itself during a stop is not missed", () => {
  const world = developing({ drainDelay: 5 });
  assert.ok(!world.signal("SIGTERM").join().includes("unready 2"));
  assert.deepEqual(world.exit(2, 1), []);
});

test("there is none for a hook preFork, which wants to know the place, and none while the workers are sent home", () => {
  const made = developing({ hooks: { file: "/srv/tsgi.config.ts", names: ["preFork"] } });
  assert.equal(made.state.workers.length, 1);
  assert.equal(developing({ hooks: { file: "/srv/tsgi.config.ts", names: ["onExit"] } }).state.workers.length, 2);
  const resting = developing();
  resting.state = { ...resting.state, resting: true };
  resting.tell({ fact: "tick" });
  resting.exit(2, 1);
  assert.deepEqual(resting.later(2000), []);
});

test("`tsgi ctl restart` does not know it", () => {
  const world = developing();
  world.tell({ fact: "forked", id: 1, pid: 41 });
  world.tell({ fact: "forked", id: 2, pid: 42 });
  assert.deepEqual(world.order({ order: "restart", pid: 42 }), ["answer 7 no: no worker has the pid 42; there are 41"]);
});

test("one that grows too large is killed, and is given to nobody meanwhile", () => {
  const world = developing({ maxRssHard: 100 });
  const seen = new Map([[2, { rss: 200, stopped: false }]]);
  world.state = { ...world.state, workers: world.state.workers.map((one) => ({ ...one, figures: null })) };
  assert.deepEqual(world.tell({ fact: "tick", seen }), ["kill 2"]);
  assert.deepEqual(noLogs(world.exit(1, 1)), ["fork 3 (slot 1)"]);
});
