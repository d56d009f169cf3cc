import assert from "node:assert/strict";
import { test } from "node:test";
import { noLogs, World } from "../support/plan-world.ts";

test("TERM finishes what is open, closes the listeners when nobody accepts any more, and leaves with 0 after the last worker", () => {
  const world = World.serving({ workers: 2, gracefulTimeout: 30 });
  assert.deepEqual(world.signal("SIGTERM"), [
    "info: stopping on SIGTERM: what is open may take 30 s",
    "quit 1 graceful 30000",
    "quit 2 graceful 30000",
  ]);
  assert.deepEqual(world.draining(1), []);
  assert.deepEqual(world.draining(2), ["close-all-listeners"]);
  assert.deepEqual(noLogs(world.exit(1)), []);
  assert.deepEqual(noLogs(world.exit(2)), ["exit 0"]);
  assert.deepEqual([...world.signal("SIGTERM"), ...world.tell({ fact: "tick" })], []);
});

test("INT and QUIT drop what is open, and kill who stays two seconds", () => {
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    const world = World.serving({ workers: 1, gracefulTimeout: 30 });
    assert.deepEqual(world.signal(signal), [
      `info: stopping on ${signal}: what is open is dropped`,
      "quit 1 quick 0",
      "close-all-listeners",
    ]);
    assert.deepEqual(world.later(1999), []);
    assert.deepEqual(noLogs(world.later(1)), ["kill 1"]);
    assert.deepEqual(noLogs(world.exit(1, null, "SIGKILL")), ["exit 0"]);
  }
});

test("each further signal goes one step on: graceful, quick, killed; after that there is no further step", () => {
  const world = World.serving({ workers: 1, gracefulTimeout: 30 });
  world.signal("SIGTERM");
  assert.deepEqual(world.signal("SIGTERM"), [
    "info: stopping on SIGTERM: what is open is dropped",
    "quit 1 quick 0",
    "close-all-listeners",
  ]);
  assert.deepEqual(world.signal("SIGTERM"), ["info: stopping on SIGTERM: the workers are killed", "kill 1"]);
  assert.deepEqual([...world.signal("SIGTERM"), ...world.signal("SIGQUIT"), ...world.signal("SIGINT")], []);
  assert.deepEqual(noLogs(world.exit(1, null, "SIGKILL")), ["exit 0"]);
});

test("INT twice within 200 ms is one press of Ctrl-C, passed on by npx; after that it is a second one", () => {
  const world = World.serving({ workers: 1 });
  world.signal("SIGINT");
  world.now += 199;
  assert.deepEqual(world.signal("SIGINT"), []);
  world.now += 1;
  assert.deepEqual(noLogs(world.signal("SIGINT")), ["kill 1"]);
});

test("a quick stop in the midst of a graceful one gives no more time than there was", () => {
  const world = World.serving({ workers: 1, gracefulTimeout: 1 });
  world.signal("SIGTERM");
  world.later(500);
  assert.deepEqual(noLogs(world.signal("SIGQUIT")), ["quit 1 quick 0", "close-all-listeners"]);
  assert.deepEqual(noLogs(world.later(1500)), ["kill 1"]);
});

test("a stop kills who is still booting: it holds no client and may be deaf", () => {
  const world = new World({ workers: 3 });
  world.start();
  world.report(1, "hello");
  world.report(2, "hello");
  world.loaded(2);
  assert.deepEqual(noLogs(world.signal("SIGTERM")), ["kill 1", "quit 2 graceful 30000", "kill 3"]);
  assert.deepEqual(world.report(2, "ready"), []);
});

test("a TERM that comes before the first fork leaves at once", () => {
  const world = new World({ workers: 3 });
  assert.deepEqual(noLogs(world.signal("SIGTERM")), ["close-all-listeners", "exit 0"]);
  assert.deepEqual(world.start(), []);
});

test("a worker that leaves already is not told twice by a graceful stop, but by a quick one", () => {
  const world = World.serving({ workers: 2 });
  world.signal("SIGTTOU");
  assert.deepEqual(noLogs(world.signal("SIGTERM")), ["quit 1 graceful 30000"]);
  assert.deepEqual(noLogs(world.signal("SIGINT")), ["quit 1 quick 0", "quit 2 quick 0", "close-all-listeners"]);
});

test("a worker that dies while the server stops is not replaced, and does not keep the listeners open", () => {
  const world = World.serving({ workers: 2 });
  world.signal("SIGTERM");
  world.draining(1);
  assert.deepEqual(noLogs(world.exit(2, null, "SIGKILL")), ["close-all-listeners"]);
  assert.deepEqual(noLogs(world.exit(1)), ["exit 0"]);
});

test("--drain-delay serves on unready, replaces who dies, reloads nothing, and then stops gracefully", () => {
  const world = World.serving({ workers: 2, drainDelay: 5, gracefulTimeout: 30 });
  world.signal("SIGTTIN");
  assert.deepEqual(world.signal("SIGTERM"), [
    "info: stopping on SIGTERM: the server is not ready any more and serves on for 5 s (--drain-delay); then what is open may take 30 s",
    "unready 1",
    "unready 2",
  ]);
  assert.equal(world.wakeAt, world.now + 5000);
  assert.deepEqual(noLogs(world.exit(2, null, "SIGKILL")), ["fork 4 (slot 2)"]);
  assert.deepEqual(world.up(4), ["boot 4 (generation 1)", "listen 4", "unready 4"]);
  assert.deepEqual([...world.signal("SIGHUP"), ...world.signal("SIGTTIN"), ...world.later(4999)], []);
  assert.deepEqual(noLogs(world.later(1)), ["quit 1 graceful 30000", "kill 3", "quit 4 graceful 30000"]);
  world.exit(1);
  world.exit(3);
  assert.deepEqual(noLogs(world.exit(4)), ["close-all-listeners", "exit 0"]);
});

test("a second signal ends --drain-delay; QUIT does not wait for it", () => {
  const world = World.serving({ workers: 1, drainDelay: 5 });
  world.signal("SIGTERM");
  assert.deepEqual(noLogs(world.signal("SIGTERM")), ["quit 1 quick 0", "close-all-listeners"]);
  const quick = World.serving({ workers: 1, drainDelay: 5 });
  assert.deepEqual(noLogs(quick.signal("SIGQUIT")), ["quit 1 quick 0", "close-all-listeners"]);
});

test("a generation that boots is dropped when --drain-delay begins", () => {
  const world = World.serving({ workers: 1, drainDelay: 5 });
  world.reload();
  assert.deepEqual(noLogs(world.signal("SIGTERM")), ["kill 2", "unready 1"]);
  assert.equal(world.state.next, null);
});

test("a stop during a reload is as fast as at rest: those that boot are killed, the answer to an open question is ignored", () => {
  const world = World.serving({ workers: 2 });
  world.reload();
  world.report(3, "hello");
  assert.deepEqual(noLogs(world.signal("SIGTERM")), ["quit 1 graceful 30000", "quit 2 graceful 30000", "kill 3"]);
  assert.deepEqual(world.configured(), []);
  assert.deepEqual(world.signal("SIGHUP"), []);
  world.exit(3, null, "SIGKILL");
  world.exit(1);
  assert.deepEqual(noLogs(world.exit(2)), ["close-all-listeners", "exit 0"]);
});

test("who waits for a reload is told that the server stops instead", () => {
  const world = World.serving({ workers: 1 });
  world.order({ order: "reload", wait: true }, 5);
  world.configured();
  world.order({ order: "reload", wait: true }, 6);
  const said = world.signal("SIGTERM").filter((word) => word.startsWith("answer"));
  assert.deepEqual(said, ["answer 5 no: the server stops (SIGTERM)", "answer 6 no: the server stops (SIGTERM)"]);
});

test("a new master that does not serve yet stops with the old one, which waits for it; each further signal reaches both", () => {
  const world = World.serving({ workers: 1 });
  world.signal("SIGUSR2");
  assert.deepEqual(noLogs(world.signal("SIGTERM")), ["signal-heir SIGTERM", "quit 1 graceful 30000"]);
  // Too late.
  assert.deepEqual(world.tell({ fact: "heir-ready" }), []);
  assert.deepEqual(noLogs(world.signal("SIGTERM")), ["signal-heir SIGQUIT", "quit 1 quick 0", "close-all-listeners"]);
  assert.deepEqual(noLogs(world.exit(1)), []);
  assert.deepEqual(noLogs(world.signal("SIGTERM")), ["signal-heir SIGKILL"]);
  assert.deepEqual(world.tell({ fact: "heir-gone", how: "was killed by SIGKILL" }), [
    "info: the new master was killed by SIGKILL",
    "reclaim",
    "exit 0",
  ]);
});

test("a new master that leaves when the old one is told to, as with Ctrl-C, is waited for, but not for ever", () => {
  for (const first of ["heir-leaving", "signal"] as const) {
    const world = World.serving({ workers: 1, gracefulTimeout: 5 });
    world.signal("SIGUSR2");
    world.tell({ fact: "heir-forked", pid: 500 });
    world.tell({ fact: "heir-ready" });
    if (first === "heir-leaving") world.tell({ fact: "heir-leaving" });
    assert.deepEqual(noLogs(world.signal("SIGTERM")), ["quit 1 graceful 5000"]);
    if (first === "signal") {
      assert.deepEqual(world.tell({ fact: "heir-leaving" }), ["info: the new master (pid 500) leaves as well"]);
    }
    assert.deepEqual(noLogs(world.exit(1)), ["close-all-listeners"]);
    assert.equal(world.wakeAt, world.now + 7000);
    assert.deepEqual(world.later(7000), [
      "warn: the new master (pid 500) did not leave in time and is killed",
      "signal-heir SIGKILL",
    ]);
    assert.deepEqual(noLogs(world.tell({ fact: "heir-gone", how: "was killed by SIGKILL" })), ["reclaim", "exit 0"]);
  }
});

test("a server that gives up takes a new master with it unless that one serves", () => {
  const world = new World({ workers: 1 });
  world.start();
  world.signal("SIGUSR2");
  world.report(1, "hello");
  assert.deepEqual(world.fails(1, "no"), ["complain: no", "signal-heir SIGKILL", "kill 1", "close-all-listeners"]);
});

test("one that serves keeps the pid file", () => {
  const world = World.serving({ workers: 1 });
  world.signal("SIGUSR2");
  world.tell({ fact: "heir-ready" });
  assert.deepEqual(noLogs(world.signal("SIGTERM")), ["quit 1 graceful 30000"]);
  const close = world.tellRaw({ fact: "report", id: 1, report: { tsgi: "draining", inFlight: 0 } });
  assert.deepEqual(close, [{ do: "close-all-listeners" }]);
  const exit = world.tellRaw({ fact: "exit", id: 1, code: 0, signal: null, trouble: null });
  assert.deepEqual(exit.at(-1), { do: "exit", code: 0, keepPidfile: true });
});

test("a failure code that nobody knows ends the server with 1", () => {
  const world = new World({ workers: 1 });
  world.start();
  world.report(1, { tsgi: "boot-failed", code: "nonsense" as "internal", message: "?" });
  assert.deepEqual(noLogs(world.exit(1)), ["exit 1"]);
});

test("a stop ends the reading of a configuration, and its outcome is nobody's", () => {
  const world = World.serving();
  world.signal("SIGHUP");
  assert.ok(world.signal("SIGTERM").includes("stop-reading"));
  assert.deepEqual(world.tell({ fact: "not-configured", message: "not needed any more" }), []);
  assert.ok(!World.serving().signal("SIGTERM").includes("stop-reading"));
});
