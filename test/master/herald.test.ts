import assert from "node:assert/strict";
import { test } from "node:test";
import { coalesce } from "../../src/master/herald.ts";
import { initialState } from "../../src/master/state.ts";
import { type Changes, World } from "../support/plan-world.ts";

type Parts = { readonly watchdogMs?: number | null; readonly parent?: number };

/** A server that systemd started. */
function world(changes: Changes = {}, { watchdogMs = null, parent }: Parts = {}): World {
  const made = new World({ workers: 2, timeout: 0, ...changes }, [], parent ?? null);
  const { version, pid, startedAt, listeners, settings, seed, now } = made.state;
  const given = { version, pid, startedAt, listeners, settings, seed, now, parent: parent ?? null };
  made.state = initialState({ ...given, notify: { watchdogMs } });
  return made;
}

function serving(changes: Changes = {}, parts: Parts = {}): World {
  const made = world(changes, parts);
  made.start();
  made.up(1, 2);
  made.later(60_000, [1, 2]);
  return made;
}

/** Loads all of them before one accepts, as a generation that takes over does. */
const boot = (made: World, ...ids: readonly number[]): string[] => [
  ...ids.flatMap((id) => [...made.report(id, "hello"), ...made.loaded(id)]),
  ...ids.flatMap((id) => made.report(id, "ready")),
];

const told = (words: readonly string[]): readonly string[] =>
  words.filter((word) => word.startsWith("notify ")).map((word) => word.slice("notify ".length));

test("nobody is told anything when nobody asked", () => {
  const made = new World({ workers: 1 });
  assert.deepEqual(told([...made.start(), ...made.up(1), ...made.signal("SIGTERM")]), []);
});

test("READY comes when the whole first generation accepts, and not before", () => {
  const made = world();
  assert.deepEqual(told(made.start()), ["STATUS=0 of 2 workers ready, generation 1"]);
  assert.deepEqual(told(made.up(1)), []);
  assert.deepEqual(told(made.up(2)), ["READY=1, STATUS=2 of 2 workers ready, generation 1"]);
  assert.deepEqual(told(made.later(60_000, [1, 2])), []);
});

test("a message stands before what else was decided, for the last of that may be to leave", () => {
  const made = serving();
  made.signal("SIGTERM");
  made.exit(1);
  made.later(1000);
  assert.deepEqual(made.exit(2).slice(-2), ["close-all-listeners", "exit 0"]);
  const quick = serving({ workers: 2 });
  assert.match(quick.signal("SIGINT")[0]!, /^notify STOPPING=1/);
});

test("the line for people waits a second for company, and is never told twice", () => {
  const made = serving();
  assert.deepEqual(told(made.exit(1, 1)), ["STATUS=1 of 2 workers ready, generation 1"]);
  assert.deepEqual(told(made.up(3)), []);
  assert.deepEqual(told(made.later(2000, [2, 3])), ["STATUS=2 of 2 workers ready, generation 1"]);
});

test("a reload is RELOADING until it is over, however it ends", () => {
  const made = serving({ reloadStyle: "all" });
  assert.match(told(made.signal("SIGHUP")).join(), /^RELOADING=1/);
  assert.deepEqual(told(made.configured()), []);
  assert.deepEqual(told(boot(made, 3, 4)), ["READY=1, STATUS=2 of 2 workers ready, generation 2"]);
  for (const end of [
    () => made.tell({ fact: "not-configured", message: "broken" }),
    () => [...made.configured(), ...made.report(made.state.lastId, "hello"), ...made.fails(made.state.lastId)],
  ]) {
    made.signal("SIGHUP");
    const said = told(end());
    assert.match(said.at(-1)!, /^READY=1/);
  }
});

test("a HUP during a reload gets a RELOADING of its own, and READY comes when the last one is over", () => {
  const made = serving({ reloadStyle: "all" });
  made.signal("SIGHUP");
  assert.match(told(made.signal("SIGHUP")).join(), /^RELOADING=1/);
  // The configuration is read once more, for it may have been read too early.
  assert.match(told(made.configured()).join(), /^RELOADING=1/);
  made.configured();
  assert.deepEqual(told(made.signal("SIGHUP")), []);
  assert.match(told(boot(made, 3, 4)).join(), /^RELOADING=1/);
  made.configured();
  assert.match(told(boot(made, 5, 6)).join(), /^READY=1/);
});

test("a reload before the server was ever ready is not told: READY would be said too early", () => {
  const made = world();
  made.start();
  assert.deepEqual(told(made.signal("SIGHUP")), []);
  assert.deepEqual(told(made.tell({ fact: "not-configured", message: "broken" })), []);
  assert.match(told(made.up(1, 2)).join(), /^READY=1/);
});

test("a stop is STOPPING once, with how many workers are left", () => {
  const made = serving();
  assert.deepEqual(told(made.signal("SIGTERM")), ["STOPPING=1, STATUS=stopping, 2 workers left"]);
  assert.deepEqual(told(made.signal("SIGTERM")), []);
  made.exit(1);
  assert.deepEqual(told(made.later(1000)), ["STATUS=stopping, 1 worker left"]);
});

test("a watchdog is fed at half its interval, on time also between two ticks, and to the end of a stop", () => {
  const made = world({}, { watchdogMs: 3000 });
  made.start();
  made.up(1, 2);
  assert.equal(made.wakeAt, 1500);
  assert.deepEqual(told(made.later(1000)), []);
  assert.deepEqual(told(made.later(500)), ["WATCHDOG=1"]);
  assert.equal(made.wakeAt, 3000);
  made.signal("SIGTERM");
  assert.deepEqual(told(made.later(1500)), ["WATCHDOG=1"]);
});

test("an heir is silent while the old master lives, and is the main process from then on", () => {
  const made = world({}, { parent: 70, watchdogMs: 2000 });
  assert.deepEqual(told([...made.start(), ...boot(made, 1, 2), ...made.later(5000, [1, 2])]), []);
  made.tell({ fact: "forked", id: 2, pid: 702 });
  // systemd looks again whose child the main process is only when it is told another one.
  assert.deepEqual(told(made.tell({ fact: "parent-gone" })), [
    "MAINPID=702",
    "MAINPID=77, READY=1, WATCHDOG=1, STATUS=2 of 2 workers ready, generation 1",
  ]);
  const early = world({}, { parent: 70 });
  early.start();
  assert.match(told(early.tell({ fact: "parent-gone" })).join(), /^MAINPID=77, STATUS=0 of 2 workers ready/);
  assert.match(told(boot(early, 1, 2)).join(), /^READY=1/);
});

/** A server whose new master, pid 500, serves. */
function upgraded(): World {
  const made = serving();
  made.signal("SIGUSR2");
  made.tell({ fact: "heir-forked", pid: 500 });
  made.tell({ fact: "heir-ready" });
  return made;
}

test("the old master of an upgrade names its heir as the main process when it begins to stop, instead of STOPPING", () => {
  const made = serving();
  made.signal("SIGUSR2");
  made.tell({ fact: "heir-forked", pid: 500 });
  assert.match(told(made.later(1000, [1, 2])).join(), /^STATUS=.*, the new master \(pid 500\) boots$/);
  made.tell({ fact: "heir-ready" });
  assert.match(told(made.later(1000, [1, 2])).join(), /^STATUS=.*, the new master \(pid 500\) serves$/);
  assert.deepEqual(told(made.signal("SIGTERM")), ["MAINPID=500, STATUS=stopping, 2 workers left"]);
  assert.deepEqual(told(made.signal("SIGTERM")), []);
});

test("workers that were sent home are told as such", () => {
  const made = upgraded();
  made.signal("SIGWINCH");
  assert.deepEqual(told(made.later(1000)), ["STATUS=the workers were sent home, the new master (pid 500) serves"]);
  made.tell({ fact: "heir-leaving" });
  assert.match(told(made.later(1000)).join(), /^STATUS=0 of 2 workers ready, .* leaves$/);
});

test("an heir that leaves during the stop gives the name back", () => {
  for (const fact of [{ fact: "heir-leaving" }, { fact: "heir-gone", how: "was killed" }] as const) {
    const made = upgraded();
    made.signal("SIGTERM");
    assert.match(told(made.tell(fact)).join(), /^MAINPID=77, STOPPING=1/);
  }
});

test("a reload that boots shows in the line for people", () => {
  const made = serving();
  made.signal("SIGHUP");
  made.configured();
  assert.deepEqual(told(made.later(1000, [1, 2])), ["STATUS=2 of 2 workers ready, generation 1, generation 2 boots"]);
});

test("messages that wait lose what newer ones make untrue, and keep their order", () => {
  const all = (...messages: readonly string[][]) => messages.reduce<readonly (readonly string[])[]>(coalesce, []);
  assert.deepEqual(all(["STATUS=1"], ["STATUS=2"]), [["STATUS=2"]]);
  assert.deepEqual(all(["WATCHDOG=1"], ["STATUS=1"], ["WATCHDOG=1"]), [["STATUS=1"], ["WATCHDOG=1"]]);
  const reload = ["RELOADING=1", "MONOTONIC_USEC=5"];
  assert.deepEqual(all([...reload, "STATUS=a"], ["READY=1", "STATUS=b"]), [reload, ["READY=1", "STATUS=b"]]);
  const later = ["RELOADING=1", "MONOTONIC_USEC=9"];
  assert.deepEqual(all(reload, ["READY=1", "WATCHDOG=1"], later), [["WATCHDOG=1"], later]);
  assert.deepEqual(all(["READY=1", "STATUS=a"], ["STOPPING=1", "STATUS=b"]), [["STOPPING=1", "STATUS=b"]]);
  assert.deepEqual(all(["MAINPID=1"], ["MAINPID=2"]), [["MAINPID=1"], ["MAINPID=2"]]);
  assert.deepEqual(all(reload, ["STOPPING=1"]), [["STOPPING=1"]]);
});
