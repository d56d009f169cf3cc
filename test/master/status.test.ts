import assert from "node:assert/strict";
import { test } from "node:test";
import { statusOf, workersOf } from "../../src/master/status.ts";
import { World } from "../support/plan-world.ts";

const statusIn = (world: World) => statusOf(world.state, world.now);
/** State, whether it is ready, and how many workers take requests. */
const brief = (world: World): string => {
  const { state, ready, workers } = statusIn(world);
  return `${state}, ${ready ? "ready" : "not ready"}, ${workers.ready} of ${workers.wanted}`;
};

test("the status of a server that serves is whole, in seconds and bytes", () => {
  const world = World.serving({ workers: { min: 2, max: 8 } }, ["http://a", "unix:/b"]);
  world.beat(1, { served: 10, errors: 1, inFlight: 2, connections: 3, websockets: 2, rss: 1000 });
  world.beat(2, { served: 5, errors: 0, inFlight: 1, connections: 4, websockets: 1, rss: 500 });
  assert.deepEqual(statusOf(world.state, world.now + 250), {
    ...{ version: "1.2.3", pid: 77, app: "app:application", state: "serving", ready: true },
    ...{ uptime: 60.75, generation: 1 },
    workers: { wanted: 2, min: 2, max: 8, ready: 2, booting: 0, leaving: 0 },
    load: { served: 15, errors: 1, inFlight: 3, connections: 7, websockets: 3, rss: 1500 },
    listeners: ["http://a", "unix:/b"],
    ...{ reload: null, lastReload: null, upgrade: null, stop: null },
  });
});

test("a server is ready from its announcement to its stop, as long as some worker takes requests", () => {
  const world = new World({ workers: 2, drainDelay: 5 });
  const seen: string[] = [];
  const look = (): void => void seen.push(brief(world));
  world.start();
  look();
  world.up(1);
  look();
  world.up(2);
  look();
  for (const id of [1, 2]) world.exit(id, 1);
  look();
  world.up(3);
  look();
  world.signal("SIGTERM");
  look();
  world.later(5_000);
  look();
  assert.deepEqual(seen, [
    "starting, not ready, 0 of 2",
    "starting, not ready, 1 of 2",
    "serving, ready, 2 of 2",
    "down, not ready, 0 of 2",
    "serving, ready, 1 of 2",
    "drain-delay, not ready, 1 of 2",
    "stopping, not ready, 0 of 2",
  ]);
  assert.deepEqual(statusIn(world).stop, { style: "graceful", by: "SIGTERM", age: 5 });
});

test("a worker that drains, or was told to leave, is none that a load balancer should count on", () => {
  const world = World.serving({ workers: 1 });
  world.draining(1);
  assert.equal(brief(world), "down, not ready, 0 of 1");
  const { booting, leaving } = statusIn(world).workers;
  assert.deepEqual([booting, leaving], [1, 1]);
});

test("a reload is told by its stages, and its outcome stays to be seen", () => {
  const world = World.serving({ workers: 2, reloadStyle: "all" });
  world.signal("SIGHUP");
  const stage = () => statusIn(world).reload;
  assert.deepEqual(stage(), {
    ...{ stage: "reading", generation: null, ready: 0, wanted: 2, age: 0, queued: false },
  });
  world.configured({ settle: 3 });
  world.up(3);
  world.later(1_500);
  assert.deepEqual(stage(), { stage: "booting", generation: 2, ready: 0, wanted: 2, age: 1.5, queued: false });
  assert.equal(brief(world), "reloading, ready, 2 of 2");
  world.signal("SIGHUP");
  world.up(4);
  assert.deepEqual(stage(), { stage: "quiet", generation: 2, ready: 0, wanted: 2, age: 1.5, queued: true });
  world.later(3_000);
  for (const id of [3, 4]) world.report(id, "ready");
  assert.deepEqual(stage(), { stage: "settling", generation: 2, ready: 2, wanted: 2, age: 4.5, queued: true });
  world.exit(3, 1);
  assert.equal(stage()?.stage, "reading", "the one that waited begins");
  const last = statusIn(world).lastReload;
  assert.equal(last?.ok, false);
  assert.match(last?.message ?? "", /^reload failed, generation 1 goes on: worker 1 exited with code 1/);
  world.later(2_000);
  assert.equal(statusIn(world).lastReload?.age, 2);
  world.configured();
  world.up(5, 6);
  for (const id of [5, 6]) world.report(id, "ready");
  assert.deepEqual([statusIn(world).lastReload?.ok, statusIn(world).generation], [true, 3]);
});

test("an upgrade is told by both masters, and one whose workers were sent home is not ready", () => {
  const old = World.serving({ workers: 1 });
  old.signal("SIGUSR2");
  assert.deepEqual(statusIn(old).upgrade, { role: "old", pid: null, ready: false });
  old.tell({ fact: "heir-forked", pid: 88 });
  old.tell({ fact: "heir-ready" });
  assert.deepEqual(statusIn(old).upgrade, { role: "old", pid: 88, ready: true });
  assert.equal(brief(old), "upgrading, ready, 1 of 1");
  old.signal("SIGWINCH");
  assert.equal(brief(old), "resting, not ready, 0 of 0");

  const heir = new World({ workers: 1 }, [], 66);
  heir.start();
  assert.deepEqual(statusIn(heir).upgrade, { role: "new", pid: 66, ready: false });
  heir.up(1);
  assert.deepEqual(statusIn(heir).upgrade, { role: "new", pid: 66, ready: true });
  heir.tell({ fact: "parent-gone" });
  assert.equal(statusIn(heir).upgrade, null);
});

test("a worker has a row with what is known of it, from its start on", () => {
  const world = new World({ workers: 1 });
  world.start();
  const rows = () => workersOf(world.state, world.now).workers;
  const unknown = {
    ...{ served: null, errors: null, inFlight: null, connections: null, websockets: null, rss: null },
    ...{ utilization: null, loopDelayMs: null, silent: null, leaves: null, lastExit: null },
  };
  assert.deepEqual(rows(), [{ slot: 1, pid: null, generation: 1, phase: "starting", age: 0, ...unknown }]);
  world.tell({ fact: "forked", id: 1, pid: 101 });
  world.report(1, "hello");
  assert.deepEqual([rows()[0]?.pid, rows()[0]?.phase], [101, "loading"]);
  world.loaded(1);
  world.report(1, "ready");
  world.beat(1, {
    served: 9,
    errors: 2,
    inFlight: 1,
    connections: 4,
    websockets: 1,
    rss: 77,
    utilization: 0.25,
    delayMs: 12,
  });
  world.now += 400;
  assert.deepEqual(rows(), [
    {
      ...{ slot: 1, pid: 101, generation: 1, phase: "ready", age: 0.4, served: 9, errors: 2, inFlight: 1 },
      ...{
        connections: 4,
        websockets: 1,
        rss: 77,
        utilization: 0.25,
        loopDelayMs: 12,
        silent: 0.4,
        leaves: null,
        lastExit: null,
      },
    },
  ]);
});

test("a worker's row says why it leaves or gets a successor, and how its place was left last", () => {
  const world = World.serving({ workers: 2 });
  const rows = () =>
    workersOf(world.state, world.now).workers.map(({ slot, generation, phase, leaves }) =>
      [slot, generation, phase, leaves].join(" "),
    );
  world.recycle(1);
  assert.deepEqual(rows(), ["1 1 ready it is tired", "1 1 starting ", "2 1 ready "]);
  world.up(3);
  assert.deepEqual(rows(), ["1 1 leaving it is tired", "1 1 ready ", "2 1 ready "]);
  world.draining(1);
  assert.deepEqual(rows()[0], "1 1 draining it is tired");
  world.exit(1);
  world.later(3_000);
  const [first, second] = workersOf(world.state, world.now).workers;
  assert.deepEqual(first?.lastExit, { how: "exited with code 0, as it was asked to (it is tired)", age: 3 });
  assert.equal(second?.lastExit, null);
});

test("a place that waits for its next worker is told apart, with its delay; while a server stops there is none", () => {
  const world = World.serving({ workers: 1 });
  const empty = () => workersOf(world.state, world.now).empty;
  assert.deepEqual(empty(), []);
  world.exit(1, 1);
  for (const id of [2, 3]) world.exit(id, 1);
  const [place] = empty();
  assert.equal(place?.slot, 1);
  assert.equal(place?.failures, 2);
  assert.ok(place.startsIn >= 0.25 && place.startsIn <= 0.3, String(place.startsIn));
  assert.match(place.lastExit?.how ?? "", /^exited with code 1/);
  world.now += 10_000;
  assert.equal(empty()[0]?.startsIn, 0, "overdue is now");
  world.signal("SIGTERM");
  assert.deepEqual(empty(), []);
});
