import assert from "node:assert/strict";
import { test } from "node:test";
import { noLogs, World } from "../support/plan-world.ts";

/** A server whose new master serves. */
function upgraded(): World {
  const world = World.serving({ workers: 2 });
  world.signal("SIGUSR2");
  world.tell({ fact: "heir-forked", pid: 500 });
  world.tell({ fact: "heir-ready" });
  return world;
}

test("USR2 starts a new master, and the log says how to complete or take back the upgrade", () => {
  const world = World.serving({ workers: 1, bootTimeout: 60 });
  assert.deepEqual(world.signal("SIGUSR2"), ["info: upgrading: a new master starts on the same sockets", "fork-heir"]);
  assert.equal(world.wakeAt, world.now + 70_000);
  assert.deepEqual(world.tell({ fact: "heir-forked", pid: 500 }), []);
  assert.match(
    world.tell({ fact: "heir-ready" }).join(),
    /^info: the new master \(pid 500\) serves beside this one: TERM to this master completes/,
  );
  assert.equal(world.wakeAt, null);
  assert.deepEqual(world.tell({ fact: "heir-ready" }), []);
});

test("a second USR2 is refused while a new master exists, and in a new master while the old one lives", () => {
  const world = World.serving({ workers: 1 });
  world.signal("SIGUSR2");
  assert.match(world.signal("SIGUSR2").join(), /^warn: SIGUSR2 is ignored: a new master exists already/);
  world.tell({ fact: "heir-forked", pid: 500 });
  assert.match(world.signal("SIGUSR2").join(), /^warn: SIGUSR2 is ignored: a new master \(pid 500\) exists already/);
  const heir = new World({ workers: 1 }, [], 77);
  assert.match(heir.signal("SIGUSR2").join(), /^warn: SIGUSR2 is ignored: the old master \(pid 77\) is still there/);
  world.signal("SIGTERM");
  assert.deepEqual(world.signal("SIGUSR2"), []);
});

test("a new master that fails changes nothing", () => {
  const world = World.serving({ workers: 1 });
  world.signal("SIGUSR2");
  assert.deepEqual(world.tell({ fact: "heir-gone", how: "could not be started (ENOENT)" }), [
    "error: the upgrade failed, this master goes on: the new master could not be started (ENOENT) before it was ready; what it said is above",
  ]);
  world.signal("SIGUSR2");
  world.tell({ fact: "heir-forked", pid: 500 });
  assert.match(
    world.tell({ fact: "heir-gone", how: "exited with code 41" }).join(),
    /the new master \(pid 500\) exited with code 41 before it was ready/,
  );
  assert.deepEqual([world.state.heir, world.serving], [null, ["1 ready"]]);
  assert.deepEqual(world.tell({ fact: "heir-gone", how: "again" }), []);
  assert.deepEqual([...world.tell({ fact: "heir-ready" }), ...world.tell({ fact: "heir-forked", pid: 1 })], []);
});

test("a new master that does not get ready in time is killed; without --boot-timeout it has all the time", () => {
  const world = World.serving({ workers: 1, bootTimeout: 5 });
  world.signal("SIGUSR2");
  world.tell({ fact: "heir-forked", pid: 500 });
  assert.deepEqual(world.later(14_999), []);
  assert.deepEqual(world.later(1), [
    "error: the new master (pid 500) did not get ready within 15 s (--boot-timeout and 10 s) and is killed",
    "kill-heir",
  ]);
  assert.deepEqual(world.later(5000), []);
  assert.match(world.tell({ fact: "heir-gone", how: "was killed by SIGKILL" }).join(), /the upgrade failed/);
  const patient = World.serving({ workers: 1, bootTimeout: 0 });
  patient.signal("SIGUSR2");
  assert.deepEqual(patient.later(600_000), []);
});

test("WINCH sends the workers home while a new master serves, HUP brings them back, and so does the end of the new master", () => {
  const world = upgraded();
  assert.deepEqual(noLogs(world.signal("SIGWINCH")), ["quit 1 graceful 30000", "quit 2 graceful 30000"]);
  assert.deepEqual(world.signal("SIGWINCH"), []);
  assert.deepEqual([...world.signal("SIGTTIN"), ...noLogs(world.exit(1)), ...noLogs(world.exit(2))], []);
  assert.deepEqual(world.signal("SIGHUP"), [
    "info: the workers are started again on SIGHUP",
    "fork 3 (slot 1)",
    "fork 4 (slot 2)",
  ]);
  for (const id of [3, 4]) world.up(id);
  world.signal("SIGWINCH");
  assert.deepEqual(world.tell({ fact: "heir-gone", how: "exited with code 0" }), [
    "warn: the new master (pid 500) exited with code 0: this one goes on; the workers are started again",
    "fork 5 (slot 1)",
    "fork 6 (slot 2)",
  ]);
});

test("WINCH means nothing without a new master that serves, for a worker that leaves anyway, and in a stop", () => {
  const world = World.serving({ workers: 1 });
  assert.deepEqual(world.signal("SIGWINCH"), []);
  world.signal("SIGUSR2");
  assert.deepEqual(world.signal("SIGWINCH"), []);
  const leaving = upgraded();
  leaving.signal("SIGTTOU");
  assert.deepEqual(noLogs(leaving.signal("SIGWINCH")), ["quit 1 graceful 30000"]);
  const stopping = upgraded();
  stopping.signal("SIGTERM");
  assert.deepEqual(stopping.signal("SIGWINCH"), []);
});

test("a new master tells the old one when it serves, and takes the names when the old one is gone, once", () => {
  const world = new World({ workers: 1 }, [], 77);
  world.start();
  assert.equal(world.up(1).at(-1), "tell-parent");
  assert.deepEqual(world.tell({ fact: "parent-gone" }), [
    "info: the old master (pid 77) is gone: this one is the master now",
    "inherit",
  ]);
  assert.deepEqual(world.tell({ fact: "parent-gone" }), []);
});
