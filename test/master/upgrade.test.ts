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
  world.tell({ fact: "heir-leaving" });
  assert.match(world.signal("SIGUSR2").join(), /^warn: SIGUSR2 is ignored: a new master \(pid 500\) is still leaving/);
  const heir = new World({ workers: 1 }, [], 77);
  assert.match(heir.signal("SIGUSR2").join(), /^warn: SIGUSR2 is ignored: the old master \(pid 77\) is still there/);
  world.signal("SIGTERM");
  assert.deepEqual(world.signal("SIGUSR2"), []);
});

test("process 1 starts no new master, which would end with it", () => {
  const world = World.serving({ workers: 1 });
  world.state = { ...world.state, pid: 1 };
  assert.match(world.signal("SIGUSR2").join(), /^warn: SIGUSR2 is ignored: this master is process 1/);
});

test("a new master that fails changes nothing", () => {
  const world = World.serving({ workers: 1 });
  world.signal("SIGUSR2");
  assert.deepEqual(world.tell({ fact: "heir-gone", how: "could not be started (ENOENT)" }), [
    "error: the upgrade failed, this master goes on: the new master could not be started (ENOENT) before it was ready; what it said is above",
    "reclaim",
  ]);
  world.signal("SIGUSR2");
  world.tell({ fact: "heir-forked", pid: 500 });
  assert.match(
    world.tell({ fact: "heir-gone", how: "exited with code 41" }).join(),
    /the new master \(pid 500\) exited with code 41 before it was ready/,
  );
  assert.deepEqual([world.state.heir, world.serving], [null, ["1 ready"]]);
  assert.deepEqual(world.tell({ fact: "heir-gone", how: "again" }), []);
  for (const fact of ["heir-ready", "heir-leaving"] as const) assert.deepEqual(world.tell({ fact }), []);
  assert.deepEqual(world.tell({ fact: "heir-forked", pid: 1 }), []);
});

test("a new master that does not get ready in time is told to go, so that it can end its workers, and killed when it does not", () => {
  const world = World.serving({ workers: 1, bootTimeout: 5, gracefulTimeout: 30 });
  world.signal("SIGUSR2");
  world.tell({ fact: "heir-forked", pid: 500 });
  assert.deepEqual(world.later(14_999), []);
  assert.deepEqual(world.later(1), [
    "error: the upgrade failed, this master goes on: the new master (pid 500) did not get ready within 15 s (--boot-timeout and 10 s) and has to leave",
    "signal-heir SIGTERM",
  ]);
  assert.deepEqual([...world.tell({ fact: "heir-ready" }), ...world.tell({ fact: "heir-leaving" })], []);
  assert.deepEqual(world.later(31_999), []);
  assert.deepEqual(world.later(1), [
    "warn: the new master (pid 500) did not leave in time and is killed",
    "signal-heir SIGKILL",
  ]);
  assert.deepEqual(world.later(60_000), []);
  assert.deepEqual(world.tell({ fact: "heir-gone", how: "was killed by SIGKILL" }), [
    "info: the new master (pid 500) was killed by SIGKILL",
    "reclaim",
  ]);
});

test("without --boot-timeout a new master has all the time", () => {
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
    "reclaim",
    "fork 5 (slot 1)",
    "fork 6 (slot 2)",
  ]);
});

test("a new master that is told to stop gives back: the old one serves again before it is gone", () => {
  const world = upgraded();
  assert.deepEqual(world.tell({ fact: "heir-leaving" }), ["info: the new master (pid 500) leaves: this one goes on"]);
  assert.equal(world.wakeAt, null);
  const resting = upgraded();
  resting.signal("SIGWINCH");
  assert.deepEqual(resting.tell({ fact: "heir-leaving" }), [
    "info: the new master (pid 500) leaves: this one goes on; the workers are started again",
    "fork 3 (slot 1)",
    "fork 4 (slot 2)",
  ]);
  assert.deepEqual(resting.tell({ fact: "heir-gone", how: "exited with code 0" }), [
    "info: the new master (pid 500) exited with code 0",
    "reclaim",
  ]);
});

test("WINCH means nothing without a new master that serves, for a worker that leaves anyway, in a stop, and in a reload", () => {
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
  const reloading = upgraded();
  reloading.signal("SIGHUP");
  assert.match(reloading.signal("SIGWINCH").join(), /^warn: SIGWINCH is ignored while a reload is under way/);
  reloading.configured();
  assert.match(reloading.signal("SIGWINCH").join(), /^warn: SIGWINCH is ignored while a reload is under way/);
});

test("a new master serves when all its workers are loaded, tells the old one, and takes the names when that one is gone, once", () => {
  const world = new World({ workers: 2 }, [], 77);
  world.start();
  for (const id of [1, 2]) world.report(id, "hello");
  assert.deepEqual(world.loaded(1), []);
  assert.deepEqual(world.loaded(2), ["listen 1", "listen 2"]);
  world.report(1, "ready");
  assert.equal(world.report(2, "ready").at(-1), "tell-parent serving");
  assert.deepEqual(world.tell({ fact: "parent-gone" }), [
    "inherit",
    "info: the old master (pid 77) is gone: this one is the master now",
  ]);
  assert.deepEqual(world.tell({ fact: "parent-gone" }), []);
});

test("a new master whose old one dies while it boots serves as soon as it can", () => {
  const world = new World({ workers: 2 }, [], 77);
  world.start();
  for (const id of [1, 2]) world.report(id, "hello");
  world.loaded(1);
  assert.deepEqual(noLogs(world.tell({ fact: "parent-gone" })), ["inherit", "listen 1"]);
});

test("a new master that does not boot ends with its code, also when one of its workers could have served", () => {
  const world = new World({ workers: 2 }, [], 77);
  world.start();
  for (const id of [1, 2]) world.report(id, "hello");
  world.loaded(1);
  assert.deepEqual(world.fails(2, "no such module").slice(0, 1), ["complain: no such module"]);
});

test("a new master tells the old one that it leaves, and takes over what that one leaves behind all the same", () => {
  const world = new World({ workers: 1 }, [], 77);
  world.start();
  world.up(1);
  assert.deepEqual(noLogs(world.signal("SIGTERM")), ["tell-parent leaving", "quit 1 graceful 30000"]);
  assert.deepEqual(world.tell({ fact: "parent-gone" }), ["inherit", "info: the old master (pid 77) is gone"]);
});
