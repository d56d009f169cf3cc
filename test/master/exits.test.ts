import assert from "node:assert/strict";
import { test } from "node:test";
import { noLogs, World } from "../support/plan-world.ts";

test("a first worker that ends before it is ready ends the server, whether it left, was killed or could not be forked", () => {
  const ends = (code: number | null, signal: string | null, trouble: string | null): string => {
    const world = new World({ workers: 1 });
    world.start();
    world.tell({ fact: "forked", id: 1, pid: 5 });
    world.now = 1500;
    return noLogs(world.tell({ fact: "exit", id: 1, code, signal, trouble })).join("; ");
  };
  assert.equal(
    ends(3, null, null),
    "complain: worker 1 (pid 5) exited with code 3: the application ended its process; it had been there for 1.5 s and was not ready yet; close-all-listeners; exit 47",
  );
  assert.match(
    ends(null, "SIGKILL", null),
    /worker 1 \(pid 5\) was killed by SIGKILL, .*; it had been there for 1\.5 s and was not ready yet/,
  );
  assert.match(ends(null, null, "spawn EAGAIN"), /could not be started \(spawn EAGAIN\)/);
});

test("a dead worker is replaced in its place, at once and then with a growing delay", () => {
  const world = World.serving({ workers: 2 });
  const delays: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    const { id } = world.state.workers.find(({ slot }) => slot === 2)!;
    const said = world.exit(id, null, "SIGSEGV").join();
    const wait = /starts in ([\d.]+) s/.exec(said)?.[1] ?? "0";
    delays.push(Number(wait));
    if (!said.includes("fork")) {
      assert.equal(world.serving.length, 1);
      world.later(world.wakeAt! - world.now);
    }
    world.up(world.state.lastId);
    assert.deepEqual(world.serving, ["1 ready", "2 ready"]);
  }
  for (const [i, least] of [0, 0, 0.25, 0.5, 1, 2].entries()) {
    assert.ok(delays[i]! >= least && delays[i]! <= least * 1.2, delays.join());
  }
});

test("a successor that does not boot never ends a server that has served, and its failure is in the line of its exit", () => {
  const world = World.serving({ workers: 1, bootTimeout: 5 });
  assert.match(world.exit(1, 1).join(), /fork 2 \(slot 1\)/);
  world.report(2, "hello");
  assert.deepEqual(world.fails(2, "app.js line 9"), ["kill 2"]);
  assert.deepEqual(world.fails(2, "again"), []);
  assert.deepEqual(world.exit(2, null, "SIGKILL"), [
    "error: worker 1 was killed: app.js line 9; it had been there for 0 s; a successor starts at once",
    "fork 3 (slot 1)",
  ]);
  world.report(3, "hello");
  assert.deepEqual(world.later(7000), ["ask-whereabouts 3", "kill 3"]);
  assert.match(
    world.exit(3, null, "SIGKILL").join(),
    /the application was not loaded within 5 s .*a successor starts in 0\.\d+ s/,
  );
});

test("--max-boot-failures gives up with its own exit code, and only when nobody is left to serve", () => {
  const world = World.serving({ workers: 2, maxBootFailures: 3 });
  const dies = (slot: number): string[] => {
    const { id } = world.state.workers.find((worker) => worker.slot === slot)!;
    return noLogs(world.exit(id, 1));
  };
  dies(2);
  dies(2);
  assert.deepEqual(dies(2), [], "worker 1 serves");
  world.state = { ...world.state, workers: world.state.workers.map((one) => ({ ...one, readyAt: world.now })) };
  assert.deepEqual(dies(1), [
    "complain: 3 workers in a row died young (--max-boot-failures), and none is left to serve; the last one: worker 1 exited with code 1: the application ended its process",
    "close-all-listeners",
    "exit 50",
  ]);
});

test("a place remembers how it was left", () => {
  const world = World.serving({ workers: 1 });
  world.exit(1, 3);
  world.up(2);
  world.exit(2, 4);
  assert.deepEqual(world.state.lastExits, [
    { slot: 1, at: world.now, how: "exited with code 4: the application ended its process" },
  ]);
});

test("a clean exit that nobody asked for is a warning, everything worse an error, and one that was asked for a whisper", () => {
  const levels = [
    World.serving({ workers: 1 }).exit(1, 0),
    World.serving({ workers: 1 }).exit(1, 1),
    World.serving({ workers: 1 }).exit(1, null, "SIGSEGV"),
  ].map(([line]) => /^\w+/.exec(line!)?.[0]);
  assert.deepEqual(levels, ["warn", "error", "error"]);
  const leaving = World.serving({ workers: 2 });
  leaving.signal("SIGTTOU");
  assert.match(
    leaving.exit(2)[0]!,
    /^debug: worker 2 exited with code 0, as it was asked to \(fewer workers are wanted\); it had been there for 60 s$/,
  );
  const crashing = World.serving({ workers: 2 });
  crashing.signal("SIGTTOU");
  assert.match(
    crashing.exit(2, null, "SIGKILL")[0]!,
    /^warn: worker 2 was killed by SIGKILL while it was leaving \(fewer workers are wanted\), by an operator or/,
  );
  crashing.report(1, {
    ...{ tsgi: "crashed", origin: "uncaughtException", message: "Error: x", stack: "" },
    place: null,
    requests: [],
  });
  crashing.signal("SIGTERM");
  assert.match(crashing.exit(1, 1)[0]!, /^warn: worker 1 crashed: uncaught exception: Error: x/);
});

test("a worker that does not load either, after another one's failure had it told to go, is a whisper", () => {
  const world = new World({ workers: 2 });
  world.start();
  for (const id of [1, 2]) world.report(id, "hello");
  assert.match(world.fails(1, "app.js line 1")[0]!, /^complain: app\.js line 1/);
  assert.deepEqual(world.fails(2, "app.js line 1"), []);
  assert.match(world.exit(2, 42)[0]!, /^debug: worker 2 exited with code 42: app\.js line 1; it had been there for/);
});

test("a first worker that crashes before it is ready shows its stack to whoever started the server", () => {
  const world = new World({ workers: 1 });
  world.start();
  world.report(1, {
    ...{
      tsgi: "crashed",
      origin: "uncaughtException",
      message: "Error: x",
      stack: "Error: x\n    at /site/app.js:1:2",
    },
    ...{ place: "/site/app.js:1:2", requests: [] },
  });
  assert.equal(
    noLogs(world.exit(1, 1))[0],
    "complain: worker 1 crashed: uncaught exception: Error: x (/site/app.js:1:2); no request was in flight; it had been there for 0 s and was not ready yet\n\nError: x\n    at /site/app.js:1:2",
  );
});
