import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { Departure, Shutdown, Startup, WorkerInfo } from "../../src/gateway/types.ts";
import type { Logger } from "../../src/observe/log.ts";
import { BootClock } from "../../src/worker/boot-clock.ts";
import { Lifespan } from "../../src/worker/lifespan.ts";

const WORKER: WorkerInfo = { slot: 2, generation: 3, workers: 4 };
const FOR_EVER = new BootClock(0);
const LONG = 60_000;

interface Hooks {
  readonly startup?: Startup;
  readonly shutdown?: Shutdown;
}

/** @param served What the interface of the application has to do; undefined for TSGI. */
function lifespanOf(hooks: Hooks, served?: Hooks) {
  const lines: (readonly [level: string, message: string, fields: unknown])[] = [];
  const note = (level: string) => (message: string, fields?: unknown) => void lines.push([level, message, fields]);
  const { startup, shutdown } = hooks;
  const lifespan = new Lifespan({
    loaded: {
      file: "/srv/app.ts",
      what: "an ASGI application",
      served: served === undefined ? null : { ...served, gateway: () => assert.fail("nothing is asked here") },
      startup: startup === undefined ? null : { run: startup, name: "startup" },
      shutdown: shutdown === undefined ? null : { run: shutdown, name: "site.shutdown" },
    },
    target: "app:site.application",
    worker: WORKER,
    logger: { warn: note("warn"), error: note("error") } as unknown as Logger,
  });
  return { lifespan, lines };
}

test("startup is told about its worker, and is over before the start is", async () => {
  const order: unknown[] = [];
  const { lifespan } = lifespanOf({
    async startup(worker) {
      order.push(worker);
      await new Promise(setImmediate);
      order.push("connected");
    },
  });
  await lifespan.start(FOR_EVER);
  assert.deepEqual(order, [WORKER, "connected"]);
});

test("an application without either starts and stops", async () => {
  const { lifespan, lines } = lifespanOf({});
  await lifespan.start(FOR_EVER);
  lifespan.hurry(1);
  await lifespan.stop("a test", LONG);
  assert.deepEqual(lines, []);
});

test("a startup that throws or rejects is a failure with its file and line, and shutdown never runs", async () => {
  for (const startup of [
    () => {
      throw new Error("no database");
    },
    () => Promise.reject(new Error("no database")),
  ]) {
    const { lifespan } = lifespanOf({ startup, shutdown: () => assert.fail("shutdown without a startup") });
    await assert.rejects(lifespan.start(FOR_EVER), {
      code: "startup-fails",
      message:
        /^cannot load app:site\.application: startup\(\) of \/srv\/app\.ts failed\n\nError: no database\n\n.*lifespan\.test\.ts:\d+:\d+/,
    });
    await lifespan.stop("a test", LONG);
  }
});

test("a startup that is not over in time is a failure that names it and the limit", async () => {
  const { lifespan } = lifespanOf({
    startup: () => new Promise(() => {}),
    shutdown: () => assert.fail("shutdown without a startup"),
  });
  await assert.rejects(lifespan.start(new BootClock(60, () => 57_990)), {
    code: "boot-timeout",
    message: "cannot load app:site.application: startup() of /srv/app.ts was not over within 60 s (--boot-timeout)",
  });
  await lifespan.stop("a test", LONG);
});

test("shutdown is told why, runs once, and is waited for", async () => {
  const told: Departure[] = [];
  let over = false;
  const { lifespan, lines } = lifespanOf({
    async shutdown(departure) {
      told.push(departure);
      await new Promise(setImmediate);
      over = true;
    },
  });
  await lifespan.start(FOR_EVER);
  await Promise.all([lifespan.stop("the server stops", LONG), lifespan.stop("again", LONG)]);
  await lifespan.stop("again", LONG);
  assert.deepEqual([told.length, over, lines], [1, true, []]);
  const { signal, ...rest } = told[0]!;
  assert.deepEqual([rest, signal.aborted], [{ ...WORKER, reason: "the server stops" }, false]);
});

test("shutdown without a start does nothing", async () => {
  const { lifespan } = lifespanOf({ shutdown: () => assert.fail("shutdown without a startup") });
  await lifespan.stop("a test", LONG);
});

test("a shutdown that throws or rejects is logged, and holds nothing up", async () => {
  const error = new Error("boom");
  for (const shutdown of [
    () => {
      throw error;
    },
    () => Promise.reject(error),
  ]) {
    const { lifespan, lines } = lifespanOf({ shutdown });
    await lifespan.start(FOR_EVER);
    await lifespan.stop("a test", LONG);
    const message = "site.shutdown() of /srv/app.ts failed; the worker leaves all the same";
    assert.deepEqual(lines, [["error", message, { err: error }]]);
  }
});

test("a shutdown hears when its time is nearly over, and is not waited for beyond it", async () => {
  const order: string[] = [];
  const { lifespan, lines } = lifespanOf({
    async shutdown({ signal }) {
      await once(signal, "abort");
      order.push("nearly over");
      await new Promise(() => {});
    },
  });
  await lifespan.start(FOR_EVER);
  await lifespan.stop("a test", 100);
  order.push("over");
  assert.deepEqual(order, ["nearly over", "over"]);
  const message = "site.shutdown() of /srv/app.ts was not over in time; the worker leaves all the same";
  assert.deepEqual(lines, [["warn", message, undefined]]);
});

test("a shutdown that runs can be given less time, and never more", async () => {
  const { lifespan, lines } = lifespanOf({ shutdown: () => new Promise(() => {}) });
  await lifespan.start(FOR_EVER);
  const stopped = lifespan.stop("a test", LONG);
  lifespan.hurry(50);
  lifespan.hurry(LONG);
  await stopped;
  assert.equal(lines.length, 1);
});

/** Hooks that write down their names, of which some fail. */
function noting(said: string[], prefix: string, fails: readonly string[] = []): Required<Hooks> {
  const hook = (name: string) => async () => {
    said.push(`${prefix} ${name}`);
    if (fails.includes(`${prefix} ${name}`)) throw new Error(`${prefix} broke`);
  };
  return { startup: hook("startup"), shutdown: hook("shutdown") };
}

test("the module's startup comes before that of the interface, and their ends in reverse", async () => {
  const said: string[] = [];
  const { lifespan } = lifespanOf(noting(said, "module"), noting(said, "interface"));
  await lifespan.start(FOR_EVER);
  await lifespan.stop("a test", LONG);
  assert.deepEqual(said, ["module startup", "interface startup", "interface shutdown", "module shutdown"]);
});

test("what fails in the middle of the beginning is named, and what was begun is ended", async () => {
  const said: string[] = [];
  const { lifespan } = lifespanOf(noting(said, "module"), noting(said, "interface", ["interface startup"]));
  await assert.rejects(lifespan.start(FOR_EVER), {
    code: "startup-fails",
    message:
      /^cannot load app:site\.application: the startup of an ASGI application of \/srv\/app\.ts failed\n\nError: interface broke/,
  });
  await lifespan.stop("a test", LONG);
  assert.deepEqual(said, ["module startup", "interface startup", "module shutdown"]);
});

test("a framework that was opened while it was loaded is closed when the module's startup fails", async () => {
  const said: string[] = [];
  const { shutdown } = noting(said, "interface");
  const { lifespan } = lifespanOf(noting(said, "module", ["module startup"]), { shutdown });
  await assert.rejects(lifespan.start(FOR_EVER), { code: "startup-fails" });
  await lifespan.stop("a test", LONG);
  assert.deepEqual(said, ["module startup", "interface shutdown"]);
});

test("an end that fails is logged with its name, and the next one runs", async () => {
  const said: string[] = [];
  const { lifespan, lines } = lifespanOf(noting(said, "module"), noting(said, "interface", ["interface shutdown"]));
  await lifespan.start(FOR_EVER);
  await lifespan.stop("a test", LONG);
  assert.equal(said.at(-1), "module shutdown");
  assert.match(
    lines[0]![1],
    /^the shutdown of an ASGI application of \/srv\/app\.ts failed; the worker leaves all the same$/,
  );
});
