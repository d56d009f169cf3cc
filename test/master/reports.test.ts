import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report, Whereabouts } from "../../src/ipc/messages.ts";
import { FIGURES, noLogs, World } from "../support/plan-world.ts";

const SPIN: Whereabouts = {
  frames: [
    { function: "spin", file: "/srv/app.ts", line: 41, column: 5 },
    { function: "", file: "/srv/app.ts", line: 60, column: 1 },
  ],
  place: "/srv/app.ts:41:5",
  note: null,
  requests: [{ id: "a", method: "GET", target: "/spin", ageMs: 3100 }],
};

test("words that come twice, too late, out of turn or from nobody change nothing", () => {
  const world = World.serving({ workers: 1 });
  const { workers } = world.state;
  assert.deepEqual(
    [...world.report(1, "hello"), ...world.loaded(1), ...world.report(1, "ready"), ...world.fails(1)],
    [],
  );
  assert.deepEqual([...world.report(9, "hello"), ...world.exit(9)], []);
  assert.deepEqual(world.report(1, { tsgi: "from the application" } as unknown as Report), []);
  assert.deepEqual(world.report(1, { tsgi: "whereabouts", ticket: 1, at: SPIN }), []);
  assert.deepEqual(world.state.workers, workers);
});

test("a beat is a sign of life and carries the worker's figures", () => {
  const world = World.serving({ workers: 1 });
  world.later(1000);
  world.beat(1, { served: 9 });
  const [worker] = world.state.workers;
  assert.deepEqual([worker?.lastBeatAt, worker?.figures], [world.now, { ...FIGURES, served: 9 }]);
});

test("a worker that asks for a successor gets one, once", () => {
  const world = World.serving({ workers: 1 });
  assert.deepEqual(world.recycle(1), ["info: worker 1 gets a successor: it is tired", "fork 2 (slot 1)"]);
  assert.deepEqual(world.recycle(1), []);
});

test("a worker that stops accepting unasked gets a successor at once and the usual time to finish", () => {
  const world = World.serving({ workers: 2, gracefulTimeout: 4 });
  assert.deepEqual(world.draining(1), ["quit 1 graceful 4000", "fork 3 (slot 1)"]);
  assert.match(world.exit(1).join(), /^debug: worker 1 exited with code 0, as it was asked to \(SIGTERM to itself\)/);
});

test("last words wait for the exit that they explain", () => {
  const world = World.serving({ workers: 1 });
  const words = {
    tsgi: "crashed",
    origin: "uncaughtException",
    message: "Error: x",
    stack: "Error: x",
    place: null,
  } as const;
  assert.deepEqual(world.report(1, { ...words, requests: [] }), []);
  assert.equal(world.state.workers[0]?.lastWords?.message, "Error: x");
});

test("a blocked worker is killed, and the line of its exit says where it was and what was in flight", () => {
  const world = World.serving({ workers: 1 });
  assert.deepEqual(world.report(1, { tsgi: "stuck", silentMs: 3012, at: SPIN }), ["kill 1"]);
  assert.deepEqual(world.report(1, { tsgi: "stuck", silentMs: 4012, at: SPIN }), []);
  const [line] = world.tellRaw({ fact: "exit", id: 1, code: null, signal: "SIGKILL", trouble: null });
  assert.ok(line?.do === "log");
  assert.equal(
    line.message,
    "worker 1 was killed: its event loop was blocked for 3.01 s (--timeout) in spin (/srv/app.ts:41:5); 1 request in flight: GET /spin (3.1 s); it had been there for 60 s; a successor starts at once",
  );
  const { err, requests } = line.fields as { err: { stack: string }; requests: unknown };
  assert.match(
    err.stack,
    /^Blocked: .*\n {4}at spin \(\/srv\/app\.ts:41:5\)\n {4}at <anonymous> \(\/srv\/app\.ts:60:1\)$/,
  );
  assert.deepEqual(requests, SPIN.requests);
});

test("a blocked worker is killed also while it leaves; what is known stands for a stack that cannot be had", () => {
  const world = World.serving({ workers: 2 });
  world.signal("SIGTTOU");
  const at: Whereabouts = {
    frames: null,
    place: null,
    note: "it waits for a child process (sleep 60)",
    requests: null,
  };
  assert.deepEqual(world.report(2, { tsgi: "stuck", silentMs: 3000, at }), ["kill 2"]);
  const line = world.exit(2, null, "SIGKILL").join();
  assert.match(
    line,
    /blocked for 3 s \(--timeout\); it waits for a child process \(sleep 60\); which requests were in flight could not/,
  );
});

test("a slow loop is a warning with the place, and costs nobody anything", () => {
  const world = World.serving({ workers: 1 });
  assert.deepEqual(world.report(1, { tsgi: "slow-loop", blockedMs: 512.3, skipped: 0, at: { ...SPIN, place: null } }), [
    "warn: worker 1: its event loop was blocked for 512 ms in spin (/srv/app.ts:41:5); 1 request in flight: GET /spin (3.1 s)",
  ]);
  const at: Whereabouts = { frames: [SPIN.frames![1]!], place: null, note: null, requests: [] };
  assert.deepEqual(world.report(1, { tsgi: "slow-loop", blockedMs: 200, skipped: 4, at }), [
    "warn: worker 1: its event loop was blocked for 200 ms, and 4 times more since the last report in an unnamed function (/srv/app.ts:60:1); no request was in flight",
  ]);
});

test("where the application called somebody else, its own function is named first", () => {
  const world = World.serving({ workers: 1, timeout: 3 });
  const call = (name: string): string => {
    const frames = [{ function: name, file: "node:fs", line: 1, column: 2 }, ...SPIN.frames!];
    return world.report(1, { tsgi: "slow-loop", blockedMs: 9, skipped: 0, at: { ...SPIN, frames } }).join();
  };
  assert.match(call("readFileSync"), / in spin \(\/srv\/app\.ts:41:5\), calling readFileSync; /);
  assert.match(call(""), / in spin \(\/srv\/app\.ts:41:5\), calling an unnamed function; /);
});

test("a boot that is late is given up with the place where it stands", () => {
  const world = World.serving({ workers: 1, bootTimeout: 5 });
  world.reload();
  world.report(2, "hello");
  assert.deepEqual(world.later(5000), ["ask-whereabouts 2"]);
  const [, line] = world.report(2, { tsgi: "whereabouts", ticket: 1, at: SPIN });
  assert.equal(
    line,
    "error: reload failed, generation 1 goes on: the application was not loaded within 5 s (--boot-timeout) in spin (/srv/app.ts:41:5)",
  );
});

test("boot-failed counts also while a worker opens its listeners", () => {
  const world = World.serving({ workers: 1 });
  world.reload();
  world.report(2, "hello");
  world.loaded(2);
  assert.deepEqual(noLogs(world.fails(2, "cannot listen")), ["quit 2 graceful 30000"]);
});
