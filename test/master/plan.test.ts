import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "../../src/ipc/messages.ts";
import { plan } from "../../src/master/plan.ts";
import { World } from "../support/plan-world.ts";

const noLogs = (words: readonly string[]): string[] => words.filter((word) => !/^(debug|info|warn|error):/.test(word));

test("plan changes no state that it was given", () => {
  const world = World.serving({ workers: 2 });
  const before = structuredClone(world.state);
  plan(world.state, { fact: "signal", signal: "SIGTERM" }, 99_000);
  plan(world.state, { fact: "exit", id: 1, code: 1, signal: null, trouble: null }, 99_000);
  assert.deepEqual(world.state, before);
});

test("the first start boots all workers at once, gives each the listeners when it is loaded, and announces once, when all are ready", () => {
  const world = new World({ workers: 2 }, ["http://127.0.0.1:8000", "unix:/run/app.sock"]);
  assert.deepEqual(world.start(), ["fork 1 (slot 1)", "fork 2 (slot 2)"]);
  world.tell({ fact: "forked", id: 1, pid: 101 });
  assert.equal(world.state.workers[0]?.pid, 101);
  assert.deepEqual(world.report(1, "hello"), ["boot 1 (generation 1)"]);
  assert.deepEqual(world.loaded(1), ["listen 1"]);
  assert.deepEqual(world.report(1, "ready"), []);
  world.now = 300;
  assert.deepEqual(world.up(2), [
    "boot 2 (generation 1)",
    "listen 2",
    "info: tsgi 1.2.3 (pid 77) serving app:application with 2 workers",
    "info: listening on http://127.0.0.1:8000",
    "info: listening on unix:/run/app.sock",
    "info: ready in 800 ms",
  ]);
  world.exit(2, 1);
  assert.deepEqual(noLogs(world.up(3)), ["boot 3 (generation 1)", "listen 3"]);
});

test("a boot that fails before any worker was ever ready ends the server with its code, and is told once however many fail", () => {
  const world = new World({ workers: 3 });
  world.start();
  for (const id of [1, 2, 3]) world.report(id, "hello");
  assert.deepEqual(world.fails(2, "app.js line 3"), [
    "complain: app.js line 3",
    "kill 1",
    "kill 2",
    "kill 3",
    "close-listeners",
  ]);
  assert.deepEqual(world.fails(1, "app.js line 3"), []);
  assert.deepEqual(noLogs([...world.exit(2, 42), ...world.exit(1, null, "SIGKILL")]), []);
  assert.deepEqual(noLogs(world.exit(3, null, "SIGKILL")), ["exit 42"]);
  assert.deepEqual(world.tell({ fact: "tick" }), []);
});

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
    "complain: worker 1 (pid 5) exited with code 3 after 1.5 s, before it was ready; close-listeners; exit 47",
  );
  assert.match(ends(null, "SIGKILL", null), /worker 1 \(pid 5\) was killed by SIGKILL after 1\.5 s/);
  assert.match(ends(null, null, "spawn EAGAIN"), /could not be started \(spawn EAGAIN\)/);
});

test("a first worker that is not loaded at --boot-timeout ends the server, and 0 waits for ever", () => {
  const world = new World({ workers: 1, bootTimeout: 5 });
  world.start();
  assert.equal(world.wakeAt, 5000);
  world.report(1, "hello");
  assert.deepEqual(world.later(4999), []);
  assert.deepEqual(world.later(1), [
    "complain: the application was not loaded within 5 s (--boot-timeout)",
    "kill 1",
    "close-listeners",
  ]);
  assert.deepEqual(noLogs(world.exit(1, null, "SIGKILL")), ["exit 46"]);

  const patient = new World({ workers: 1, bootTimeout: 0 });
  patient.start();
  assert.deepEqual([patient.wakeAt, patient.later(100_000)], [null, []]);
});

test("a failure code that nobody knows ends the server with 1", () => {
  const world = new World({ workers: 1 });
  world.start();
  world.report(1, { tsgi: "boot-failed", code: "nonsense" as "internal", message: "?" });
  assert.deepEqual(noLogs(world.exit(1)), ["exit 1"]);
});

test("a dead worker is replaced in its place, at once and then with a delay that doubles to 30 s; ten healthy seconds reset it", () => {
  const world = World.serving({ workers: 2 });
  const delays: string[] = [];
  const die = (): void => {
    const id = world.state.workers.find(({ slot }) => slot === 2)!.id;
    const said = world.exit(id, null, "SIGKILL").join();
    delays.push(/starts (?:in )?([^:]+?)(?:,fork|$)/.exec(said)?.[1] ?? said);
    if (!said.includes("fork")) {
      assert.equal(world.serving.length, 1);
      world.later(world.wakeAt! - world.now);
    }
    world.up(world.state.lastId);
    assert.deepEqual(world.serving, ["1 ready", "2 ready"]);
  };
  for (let i = 0; i < 11; i += 1) die();
  assert.deepEqual(delays, [
    "at once",
    "at once",
    ...["0.25 s", "0.5 s", "1 s", "2 s", "4 s", "8 s", "16 s", "30 s", "30 s"],
  ]);
  world.later(9_999);
  die();
  world.later(10_000);
  die();
  die();
  assert.deepEqual(delays.slice(11), ["30 s", "at once", "at once"]);
});

test("the line about a death has the pid, how it ended, its age and what comes next", () => {
  const world = World.serving({ workers: 3 });
  for (const id of [1, 2, 3]) world.tell({ fact: "forked", id, pid: 100 + id });
  assert.equal(
    world.exit(1, null, "SIGSEGV")[0],
    "error: worker 1 (pid 101) was killed by SIGSEGV after 60 s; a successor starts at once",
  );
  assert.equal(
    world.exit(2, 7)[0],
    "error: worker 2 (pid 102) exited with code 7 after 60 s; a successor starts at once",
  );
  assert.equal(
    world.exit(3, 0)[0],
    "warn: worker 3 (pid 103) exited with code 0 after 60 s; a successor starts at once",
  );
});

test("a successor that does not boot never ends a server that has served, and its failure is in the line of its exit", () => {
  const world = World.serving({ workers: 1 });
  assert.match(world.exit(1, 1).join(), /fork 2 \(slot 1\)/);
  world.report(2, "hello");
  assert.deepEqual(world.fails(2, "app.js line 9"), ["kill 2"]);
  assert.deepEqual(world.fails(2, "again"), []);
  assert.deepEqual(world.exit(2, null, "SIGKILL"), [
    "error: worker 1 was killed by SIGKILL after 0 s; a successor starts at once: app.js line 9",
    "fork 3 (slot 1)",
  ]);
  world.report(3, "hello");
  assert.deepEqual(world.later(world.state.settings.bootTimeout * 1000), ["kill 3"]);
  assert.match(
    world.exit(3, null, "SIGKILL").join(),
    /a successor starts in 0\.25 s: the application was not loaded within/,
  );
});

test("a worker that is silent for longer than --timeout is killed and replaced; 0 never asks, and an import may block", () => {
  const world = new World({ workers: 2, timeout: 3, bootTimeout: 100 });
  world.start();
  world.report(1, "hello");
  world.up(2);
  assert.deepEqual(world.later(3000, [2]), []);
  world.loaded(1);
  world.report(1, "ready");
  assert.deepEqual(world.later(3000, [2]), []);
  assert.deepEqual(world.later(1, [2]), ["kill 1"]);
  assert.deepEqual(world.later(5000, [2]), []);
  assert.deepEqual(world.exit(1, null, "SIGKILL"), [
    "error: worker 1 was killed by SIGKILL after 8 s; a successor starts at once: it gave no sign of life for 3 s (--timeout): its event loop is blocked",
    "fork 3 (slot 1)",
  ]);
  assert.deepEqual(World.serving({ workers: 1, timeout: 0 }).later(600_000), []);
});

test("nobody is killed when the master itself stood still: every worker gets its whole time again", () => {
  const world = World.serving({ workers: 1, timeout: 5 });
  const quiet = new World({ workers: 2, timeout: 5, bootTimeout: 5 });
  quiet.start();
  quiet.up(1);
  quiet.report(2, "hello");
  quiet.now = 60_000;
  assert.deepEqual(quiet.tell({ fact: "tick" }), []);
  quiet.loaded(2);
  quiet.report(2, "ready");
  assert.deepEqual(quiet.later(5000, [2]), []);
  assert.deepEqual(quiet.later(1, [2]), ["kill 1"]);
  assert.deepEqual(world.later(5000), []);
});

test("a worker that stops accepting unasked gets a successor at once and the usual time to finish", () => {
  const world = World.serving({ workers: 2, gracefulTimeout: 4 });
  assert.deepEqual(world.draining(1), ["quit 1 graceful 4000", "fork 3 (slot 1)"]);
  assert.deepEqual(world.exit(1), ["debug: worker 1 exited with code 0 after 60 s"]);
});

test("a worker that was told to go and stays is killed a second after its grace", () => {
  const world = World.serving({ workers: 2, gracefulTimeout: 4 });
  assert.deepEqual(noLogs(world.signal("SIGTTOU")), ["quit 2 graceful 4000"]);
  assert.equal(world.wakeAt, world.now + 5000);
  assert.deepEqual(world.later(4999), []);
  assert.deepEqual(world.later(1), ["kill 2", "warn: worker 2 did not leave in time and is killed"]);
  assert.deepEqual(noLogs([...world.later(60_000), ...world.exit(2, null, "SIGKILL")]), []);
});

test("TERM and INT finish what is open, close the listeners when nobody accepts any more, and leave with 0 after the last worker", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const world = World.serving({ workers: 2, gracefulTimeout: 30 });
    assert.deepEqual(world.signal(signal), [
      `info: stopping on ${signal}: what is open may take 30 s`,
      "quit 1 graceful 30000",
      "quit 2 graceful 30000",
    ]);
    assert.deepEqual(world.draining(1), []);
    assert.deepEqual(world.draining(2), ["close-listeners"]);
    assert.deepEqual(noLogs(world.exit(1)), []);
    assert.deepEqual(noLogs(world.exit(2)), ["exit 0"]);
    assert.deepEqual([...world.signal(signal), ...world.tell({ fact: "tick" })], []);
  }
});

test("a worker that dies while the server stops is not replaced, and does not keep the listeners open", () => {
  const world = World.serving({ workers: 2 });
  world.signal("SIGTERM");
  world.draining(1);
  assert.deepEqual(noLogs(world.exit(2, null, "SIGKILL")), ["close-listeners"]);
  assert.deepEqual(noLogs(world.exit(1)), ["exit 0"]);
});

test("a second TERM or INT makes a stop quick, and what stays two seconds is killed; a third changes nothing", () => {
  const world = World.serving({ workers: 1, gracefulTimeout: 30 });
  world.signal("SIGTERM");
  assert.deepEqual(world.signal("SIGINT"), ["info: stopping on SIGINT: at once", "quit 1 quick 0", "close-listeners"]);
  assert.deepEqual([...world.signal("SIGTERM"), ...world.signal("SIGQUIT"), ...world.later(1999)], []);
  assert.deepEqual(noLogs(world.later(1)), ["kill 1"]);
  assert.deepEqual(noLogs(world.exit(1, null, "SIGKILL")), ["exit 0"]);
});

test("INT twice within 200 ms is one press of Ctrl-C, passed on by npx; after that it is a second one", () => {
  const world = World.serving({ workers: 1 });
  world.signal("SIGINT");
  world.now += 199;
  assert.deepEqual(world.signal("SIGINT"), []);
  world.now += 1;
  assert.deepEqual(noLogs(world.signal("SIGINT")), ["quit 1 quick 0", "close-listeners"]);
});

test("QUIT stops quickly at once, and also in the midst of a graceful stop", () => {
  const world = World.serving({ workers: 1 });
  assert.deepEqual(noLogs(world.signal("SIGQUIT")), ["quit 1 quick 0", "close-listeners"]);
  const stopping = World.serving({ workers: 1, gracefulTimeout: 1 });
  stopping.signal("SIGTERM");
  stopping.later(500);
  assert.deepEqual(noLogs(stopping.signal("SIGQUIT")), ["quit 1 quick 0", "close-listeners"]);
  assert.deepEqual(noLogs(stopping.later(1500)), ["kill 1"], "a quick stop gives no more time than there was");
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
  assert.deepEqual(noLogs(world.signal("SIGTERM")), ["close-listeners", "exit 0"]);
  assert.deepEqual(world.start(), []);
});

test("TTIN adds a worker, TTOU takes the last place away and never the only one, and neither counts in a stop", () => {
  const world = World.serving({ workers: 1, gracefulTimeout: 30 });
  assert.deepEqual(world.signal("SIGTTIN"), ["info: 1 worker before, 2 wanted now", "fork 2 (slot 2)"]);
  assert.deepEqual(world.signal("SIGTTOU"), ["info: 2 workers before, 1 wanted now", "kill 2"]);
  assert.deepEqual(world.signal("SIGTTOU"), []);
  world.signal("SIGTERM");
  assert.deepEqual(world.signal("SIGTTIN"), []);
});

test("USR1 opens the logs of master and workers again, except of those that have none yet", () => {
  const world = World.serving({ workers: 2 });
  world.signal("SIGTTIN");
  assert.deepEqual(world.signal("SIGUSR1"), ["reopen-logs", "reopen 1", "reopen 2"]);
});

test("USR2 and WINCH do no harm", () => {
  const world = World.serving({ workers: 1 });
  assert.match(world.signal("SIGUSR2").join(), /^warn: SIGUSR2 is not supported[^,]*$/);
  assert.deepEqual(world.signal("SIGWINCH"), []);
});

test("words that come twice, too late, out of turn or from nobody change nothing", () => {
  const world = World.serving({ workers: 1 });
  const { workers } = world.state;
  assert.deepEqual(
    [...world.report(1, "hello"), ...world.loaded(1), ...world.report(1, "ready"), ...world.fails(1)],
    [],
  );
  assert.deepEqual([...world.report(9, "hello"), ...world.exit(9)], []);
  assert.deepEqual(world.report(1, { tsgi: "from the application" } as unknown as Report), []);
  assert.deepEqual(world.state.workers, workers);
});
