import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fact } from "../../src/master/facts.ts";
import { type Changes, listener, noLogs, World } from "../support/plan-world.ts";

const DIRTY: Fact = { fact: "dirty" };

const changed = (files: readonly string[] = ["/srv/app.ts"], configuration = false): Fact => ({
  ...{ fact: "changed", files, configuration },
});

/** A server that serves, with a spare that waits. */
function developing(changes: Changes = {}): World {
  const world = World.serving({ reload: "on", chdir: "/srv", gracefulTimeout: 30, ...changes }, ["/run/a"]);
  world.report(last(world), "hello");
  return world;
}

/** A save, up to the moment when nothing more changes. */
const save = (world: World, fact = changed()): string[] => [...world.tell(DIRTY), ...world.tell(fact)];

/** The youngest worker. */
const last = ({ state }: World): number => state.lastId;

test("at the first sign of a change the workers hand back what they hold, and none is started before it is over", () => {
  const world = developing({ workers: 2 });
  assert.deepEqual(world.tell(DIRTY), ["quit 1 graceful 30000 hand-back", "quit 2 graceful 30000 hand-back"]);
  assert.deepEqual(world.tell(DIRTY), [], "once");
  assert.deepEqual(
    [...world.draining(1), ...world.exit(1)].filter((word) => word.startsWith("fork")),
    [],
  );
  world.now += 120;
  assert.deepEqual(world.tell(changed()), [
    "info: restarting: app.ts changed",
    "boot 3 (generation 2)",
    "fork 4 (slot 2)",
  ]);
  world.loaded(3);
  world.report(3, "ready");
  world.now += 30;
  assert.deepEqual(world.up(4).at(-1), "info: restarted in 0.15 s");
  assert.deepEqual(world.serving, ["1 ready", "2 ready"]);
  assert.equal(world.state.generation, 2);
});

test("the line says which files, with the paths that a person knows", () => {
  const said = (files: readonly string[]) => save(developing(), changed(files)).find((word) => word.startsWith("info"));
  assert.equal(said(["/srv/lib/a.ts", "/srv/b.ts"]), "info: restarting: lib/a.ts and 1 more file changed");
  assert.equal(said(["/etc/x.json", "/b", "/c"]), "info: restarting: /etc/x.json and 2 more files changed");
  assert.equal(said([]), "info: restarting: something changed");
});

test("a second save supersedes the restart: the worker that boots is killed, one that is opening hands back", () => {
  const world = developing();
  save(world);
  const boots = last(world);
  assert.deepEqual(world.tell(DIRTY), [`kill ${boots}`, `fork ${boots + 1} (slot 0)`], "a spare starts meanwhile");
  world.report(boots + 1, "hello");
  assert.deepEqual(world.tell(changed()).at(-1), `boot ${boots + 1} (generation 3)`);
  world.loaded(boots + 1);
  assert.deepEqual(noLogs(save(world)), [`quit ${boots + 1} graceful 30000 hand-back`, `fork ${boots + 2} (slot 0)`]);
  assert.deepEqual(world.report(boots + 1, "ready"), [], "it is not waited for any more");
  assert.match(world.up(boots + 2).join(), /restarted in 0 s/);
});

test("without --reload, and in a stop, a change is nothing", () => {
  const plain = World.serving();
  assert.deepEqual(save(plain), []);
  assert.deepEqual(plain.report(1, { tsgi: "files", loaded: ["/srv/app.ts"], missing: [] }), []);
  assert.deepEqual(plain.report(1, { tsgi: "ask-fresh", ticket: 1 }), []);
  const world = developing();
  assert.ok(world.signal("SIGTERM").includes("stop-watching"));
  assert.deepEqual(save(world), []);
  assert.ok(!World.serving().signal("SIGTERM").includes("stop-watching"));
});

test("a stop in the middle of a restart ends it; with --drain-delay the places are filled again until then", () => {
  const world = developing();
  world.tell(DIRTY);
  world.signal("SIGTERM");
  world.exit(1);
  assert.deepEqual(noLogs(world.exit(2, null, "SIGKILL")), ["close-all-listeners", "exit 0"]);
  const waiting = developing({ drainDelay: 5 });
  waiting.tell(DIRTY);
  assert.ok(waiting.signal("SIGTERM").includes("boot 2 (generation 1)"), "the spare takes the place");
  waiting.loaded(2);
  assert.deepEqual(noLogs(waiting.report(2, "ready")), ["unready 2"]);
});

test("what does not load is shown in all places, also at the first start, and never ends the server", () => {
  const world = new World({ reload: "on", workers: 2 }, ["/run/a"]);
  world.start();
  world.report(1, "hello");
  const said = world.fails(1, "app.ts line 9");
  assert.deepEqual(said, ["kill 1", "error: app.ts line 9", "fork 3 (slot 1)"]);
  assert.deepEqual(world.report(2, "hello"), ["boot 2 (generation 1) to show"], "it had not begun with the code");
  assert.match(world.exit(1, null, "SIGKILL").join(), /^debug: worker 1 was killed: app.ts line 9/);
  world.loaded(2);
  world.report(2, "ready");
  assert.deepEqual(world.up(3).slice(-3), [
    "info: tsgi 1.2.3 (pid 77) shows why app:application cannot be served, and serves it as soon as that is mended",
    "info: listening on /run/a",
    "info: ready in 500 ms",
  ]);
  assert.deepEqual(world.state.development?.failure, {
    ...{ code: "import-throws", message: "app.ts line 9", details: null },
  });
  assert.equal(noLogs(save(world)).filter((word) => word.startsWith("quit")).length, 2);
  const [a, b] = world.state.workers.filter(({ leaving }) => !leaving).map(({ id }) => id);
  assert.match(world.up(a!, b!).join(), /boot \d+ \(generation 2\),.*info: restarted in 0 s$/);
});

test("when one of several does not load, those that do leave as well: they have the same code", () => {
  const world = developing({ workers: 2 });
  save(world);
  const [first, second] = world.state.workers.filter(({ leaving }) => !leaving).map(({ id }) => id);
  world.loaded(first!);
  world.report(first!, "ready");
  world.report(second!, "hello");
  assert.deepEqual(noLogs(world.fails(second!)).slice(0, 2), [
    `kill ${second}`,
    `quit ${first} graceful 30000 hand-back`,
  ]);
  assert.deepEqual(world.report(second!, { tsgi: "boot-failed", code: "internal", message: "late" }), []);
});

test("a boot that ends, is late or cannot even be started: the first two are shown, the last is tried again", () => {
  const ends = new World({ reload: "on", workers: 1 });
  ends.start();
  ends.report(1, "hello");
  assert.deepEqual(ends.exit(1, 3), [
    "error: worker 1 exited with code 3: the application ended its process; it had been there for 0 s and was not ready yet",
    "fork 2 (slot 1)",
  ]);
  assert.equal(ends.state.development?.failure?.code, "boot-exit");
  const late = new World({ reload: "on", workers: 1, bootTimeout: 5 });
  late.start();
  assert.match(late.later(5000).join(), /^kill 1,error: .*not loaded within 5 s \(--boot-timeout\),fork 2 \(slot 1\)$/);
  const poor = new World({ reload: "on", workers: 1 });
  poor.start();
  const exit = { fact: "exit", id: 1, code: null, signal: null, trouble: "spawn EAGAIN" } as const;
  assert.match(poor.tell(exit).join(), /could not be started \(spawn EAGAIN\).* at once,fork 2 \(slot 1\)$/);
  assert.equal(poor.state.development?.failure, null);
});

test("one that dies as soon as it is ready is shown with its stack; with a request, or killed, it is replaced", () => {
  const crash = (requests: number): World => {
    const world = developing();
    world.state = { ...world.state, workers: world.state.workers.map((one) => ({ ...one, readyAt: world.now - 500 })) };
    const inFlight = { id: "x", method: "GET", target: "/", ageMs: 1 };
    const words = {
      origin: "unhandledRejection",
      message: "Error: no database",
      stack: "Error: no database\n at x",
    } as const;
    const details = { name: "Error", message: "no database", place: null, excerpt: "", frames: [], causes: [] };
    world.report(1, {
      ...{ tsgi: "crashed", ...words, place: "db.ts:1:1", requests: Array(requests).fill(inFlight), details },
    });
    return world;
  };
  const stillborn = crash(0);
  assert.match(stillborn.exit(1, 1)[0]!, /^error: worker 1 crashed: .*no database.*; it had only begun to serve$/);
  assert.match(stillborn.state.development!.failure!.message, /begun to serve\n\nError: no database\n at x$/);
  const told = stillborn.state.development?.failure?.details;
  assert.equal(typeof told === "object" && told?.message, "no database");
  assert.match(crash(1).exit(1, 1).join(), /a successor starts at once,boot 2 \(generation 1\)/);
  const killed = crash(0);
  killed.state = { ...killed.state, workers: killed.state.workers.map((one) => ({ ...one, lastWords: null })) };
  assert.match(killed.exit(1, null, "SIGKILL").join(), /a successor starts at once/);
  const served = developing();
  assert.match(served.exit(1, 1).join(), /a successor starts at once/, "it is a minute old");
});

test("crashes never end the server, and are answered within about a second", () => {
  const world = developing({ maxBootFailures: 3, workers: 1 });
  for (let i = 0; i < 8; i += 1) {
    const { id } = world.state.workers.find(({ slot }) => slot === 1)!;
    world.beat(id, { served: 1 });
    const wait = /successor starts in ([\d.]+) s/.exec(world.exit(id, 1).join())?.[1] ?? "0";
    assert.ok(Number(wait) <= 1.2, wait);
    world.later(1000);
    world.up(world.state.workers.find(({ slot }) => slot === 1)!.id);
  }
  assert.equal(world.state.stop, null);
});

test("a stand-in that dies or does not start is followed by another one with the same failure", () => {
  const world = developing();
  save(world);
  world.fails(last(world), "app.ts line 9");
  const standIn = last(world);
  world.report(standIn, "hello");
  assert.deepEqual(world.fails(standIn, "out of files"), [`kill ${standIn}`]);
  assert.match(
    world.exit(standIn, null, "SIGKILL").join(),
    /error: worker 1 was killed: out of files; .*a successor starts at once/,
  );
  assert.equal(world.state.development?.failure?.message, "app.ts line 9");
  const next = last(world);
  assert.deepEqual(world.report(next, "hello"), [`boot ${next} (generation 2) to show`]);
});

test("a changed configuration is read before anybody boots; the new one counts at once, but for what needs a restart", () => {
  const world = developing();
  world.tell(DIRTY);
  assert.deepEqual(world.tell(changed(["/srv/tsgi.config.ts"], true)), [
    "info: restarting: tsgi.config.ts changed",
    "read-configuration",
  ]);
  world.draining(1);
  assert.deepEqual(noLogs(world.exit(1)), []);
  world.hooks.length = 0;
  assert.deepEqual(world.configured({ workers: 2 }, ["reload"], [listener("/run/b", 7)]), [
    "adopt",
    "warn: reload needs a restart to change, and keeps its old value until then",
    "kill 2",
    "fork 3 (slot 1)",
    "fork 4 (slot 2)",
    "close-listeners 0",
  ]);
  assert.deepEqual(world.hooks, [
    { name: "nworkersChanged", event: { count: 2, previous: 1 } },
    { name: "onReload", event: { generation: 2, settings: world.state.settings } },
  ]);
  assert.deepEqual(
    world.up(3, 4).filter((word) => word.startsWith("listen")),
    ["listen 3", "listen 4"],
  );
});

test("a listener that was given up and is wanted again is kept", () => {
  const world = developing();
  world.state = { ...world.state, closing: [7] };
  save(world, changed(["/srv/tsgi.config.ts"], true));
  world.configured({}, [], [listener("/run/a", 0), listener("/run/b", 7)]);
  assert.deepEqual(world.state.closing, []);
});

test("changes while the configuration is read: it is read once more, and nobody boots before all of it is over", () => {
  const world = developing();
  save(world, changed(["/srv/tsgi.config.ts"], true));
  save(world, changed(["/srv/tsgi.config.ts"], true));
  assert.deepEqual(world.configured(), ["read-configuration"]);
  assert.deepEqual(noLogs(save(world)), [], "what else has changed waits for the configuration");
  world.tell(DIRTY);
  assert.deepEqual(noLogs(world.configured()), ["adopt", "kill 2", "fork 3 (slot 0)"]);
  assert.deepEqual(world.tell(changed()).at(-1), "info: restarting: app.ts changed");
  world.report(3, "hello");
  assert.match(world.report(3, { tsgi: "loaded", tookMs: 1 }).join(), /listen 3/);
});

test("a configuration that cannot be read is shown until it can: any change has it read again", () => {
  const world = developing();
  save(world, changed(["/srv/tsgi.config.ts"], true));
  assert.deepEqual(world.tell({ fact: "not-configured", message: "tsgi.config.ts: no" }), [
    "error: tsgi.config.ts: no",
    "boot 2 (generation 2) to show",
  ]);
  assert.equal(world.state.development?.failure?.code, "config-file");
  assert.deepEqual(noLogs(save(world)).slice(-2), ["fork 3 (slot 0)", "read-configuration"]);
  world.configured();
  assert.equal(world.state.development?.failure, null);
});

test("HUP and `tsgi ctl reload` restart with the configuration; who waits hears whether it is served", () => {
  const world = developing();
  assert.deepEqual(world.signal("SIGHUP"), [
    "quit 1 graceful 30000 hand-back",
    "info: restarting, as it was asked to",
    "read-configuration",
  ]);
  world.configured();
  assert.match(world.up(last(world)).join(), /info: restarted in/);
  world.later(1000);
  world.order({ order: "reload", wait: true }, 5);
  world.configured();
  assert.deepEqual(world.up(last(world)).slice(-2), ["info: restarted in 0 s", "answer 5 ok: restarted in 0 s"]);
  world.later(1000);
  world.order({ order: "reload", wait: true }, 6);
  world.configured();
  world.report(last(world), "hello");
  world.fails(last(world), "app.ts line 9");
  assert.deepEqual(world.up(last(world)).at(-1), "answer 6 no: app.ts line 9");
  assert.deepEqual(world.state.lastReload, { at: world.now, ok: false, message: "app.ts line 9" });
});

test("one that stands in a debugger does not hear that its code is old, and is killed; one that hears has its time", () => {
  const world = developing({ inspect: { host: "127.0.0.1", port: 9229 } });
  world.tell(DIRTY);
  assert.equal(world.wakeAt, world.now + 500);
  const heard = developing({ inspect: { host: "127.0.0.1", port: 9229 } });
  assert.match(world.later(500).join(), /kill 1,warn: worker 1 did not leave in time and is killed/);
  heard.tell(DIRTY);
  heard.draining(1);
  assert.deepEqual(noLogs(heard.later(10_000)), []);
  assert.match(heard.later(21_000).join(), /kill 1/);
  const stopped = developing({ inspect: { host: "127.0.0.1", port: 9229 } });
  stopped.tell(DIRTY);
  stopped.signal("SIGINT");
  stopped.draining(1);
  assert.match(stopped.later(600).join(), /kill 1/, "a stop has limits of its own");
});
