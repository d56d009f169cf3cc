import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Action,
  answerAll,
  begin,
  closeUnwanted,
  dismiss,
  dropNext,
  forEach,
  inSeconds,
  kill,
  log,
  nameOf,
  plural,
  step,
  then,
  tire,
} from "../../src/master/moves.ts";
import type { State } from "../../src/master/state.ts";
import { inWords, listener, World } from "../support/plan-world.ts";

test("moves build on what the move before left, and their actions keep the order", () => {
  const { state } = World.serving({ workers: 2 });
  const killAll = forEach(state, state.workers, (now, worker) => kill(now, worker, "a test"));
  const both = then(killAll, (after) => step(after, log("info", "done")));
  assert.deepEqual(both.actions.map(inWords), ["kill 1", "kill 2", "info: done"]);
  assert.ok(both.state.workers.every(({ leaving, farewell }) => leaving && farewell === "a test"));
});

test("a worker that is dismissed twice gets no more time than the shorter of both, and keeps the first reason", () => {
  const world = World.serving({ workers: 1, gracefulTimeout: 1 });
  const once = dismiss(world.state, world.state.workers[0]!, { style: "graceful", why: "one" }).state;
  const later = { ...once, now: once.now + 1500 };
  const [twice] = dismiss(later, later.workers[0]!, { style: "quick", why: "two" }).state.workers;
  assert.deepEqual([twice?.goneBy, twice?.farewell], [world.now + 2000, "one"]);
});

test("there may be no next generation to drop", () => {
  const { state } = World.serving({ workers: 1 });
  assert.deepEqual(dropNext(state, "why"), { state, actions: [] });
});

test("a worker's life ends, if it has an end, at --max-worker-lifetime and up to its jitter later", () => {
  const retireAt = (changes: object): number | null => {
    const { state } = World.serving({ workers: 1, ...changes });
    const [worker] = begin(state, state.workers[0]!).workers;
    return worker!.retireAt === null ? null : worker!.retireAt - state.now;
  };
  assert.equal(retireAt({}), null);
  assert.equal(retireAt({ maxWorkerLifetime: 60 }), 60_000);
  const jittered = retireAt({ maxWorkerLifetime: 60, maxWorkerLifetimeJitter: 10 });
  assert.ok(jittered !== null && jittered > 60_000 && jittered < 70_000, String(jittered));
});

test("a worker is tired once, and not when it leaves", () => {
  const { state } = World.serving({ workers: 1 });
  const [worker] = state.workers;
  const tired = tire(state, worker!, "why");
  assert.deepEqual(tired.actions.map(inWords), ["info: worker 1 gets a successor: why"]);
  assert.deepEqual(tire(tired.state, tired.state.workers[0]!, "again").actions, []);
  assert.deepEqual(tire(state, { ...worker!, leaving: true }, "late").actions, []);
});

test("listeners that nobody wants are noted once", () => {
  const { state } = World.serving({ workers: 1 }, ["unix:/a"]);
  const had = [listener("unix:/a", 0), listener("unix:/b", 1)];
  const closing = closeUnwanted(state, had);
  assert.deepEqual(closing.closing, [1]);
  assert.equal(closeUnwanted(closing, had), closing);
});

test("a worker is named by its place, and by its pid once that is known", () => {
  const worker = World.serving({ workers: 1 }).state.workers[0]!;
  assert.equal(nameOf(worker), "worker 1");
  assert.equal(nameOf({ ...worker, pid: 9 }), "worker 1 (pid 9)");
});

test("durations and counts read as a person writes them, and a line has fields only when there are some", () => {
  assert.deepEqual([0, 4, 250, 1000, 12_345].map(inSeconds), ["0 s", "0 s", "0.25 s", "1 s", "12.35 s"]);
  assert.deepEqual([plural(1, "worker"), plural(2, "worker")], ["1 worker", "2 workers"]);
  assert.deepEqual(log("info", "x", {}), { do: "log", level: "info", message: "x" });
  assert.deepEqual(log("info", "x", { a: 1 }), { do: "log", level: "info", message: "x", fields: { a: 1 } });
});

test("everybody who waits gets the same answer", () => {
  assert.deepEqual(answerAll([3, 4], false, "no").map(inWords), ["answer 3 no: no", "answer 4 no: no"]);
});

/** What each worker that is told to go hears of those who serve on. */
const succeeded = (actions: readonly Action[]): boolean[] =>
  actions.flatMap((action) => (action.do === "quit" ? [action.succeeded] : []));

test("a worker that leaves hears that others serve on: another generation, its successor, or the rest", () => {
  const reloaded = World.serving({ workers: 1 });
  reloaded.reload();
  reloaded.report(2, "hello");
  reloaded.loaded(2);
  const over = [
    ...reloaded.tellRaw({ fact: "report", id: 2, report: { tsgi: "ready" } }),
    ...reloaded.tellRaw({ fact: "tick" }),
  ];
  assert.deepEqual(succeeded(over), [true]);
  const many = World.serving({ workers: 2 });
  const fewer = many.tellRaw({ fact: "signal", signal: "SIGTTOU" });
  assert.deepEqual(succeeded(fewer), [true]);
  const tired = World.serving({ workers: 1 });
  tired.recycle(1);
  tired.report(2, "hello");
  tired.loaded(2);
  assert.deepEqual(succeeded(tired.tellRaw({ fact: "report", id: 2, report: { tsgi: "ready" } })), [true]);
});

test("when the server stops it hears that nobody serves on, unless a new master does", () => {
  for (const signal of ["SIGTERM", "SIGQUIT"] as const) {
    const stops = World.serving({ workers: 2 });
    assert.deepEqual(succeeded(stops.tellRaw({ fact: "signal", signal })), [false, false]);
    const succeededByHeir = World.serving({ workers: 1 });
    const heir = { pid: 78, stage: "serving", by: null } as unknown as NonNullable<State["heir"]>;
    succeededByHeir.state = { ...succeededByHeir.state, heir };
    assert.deepEqual(succeeded(succeededByHeir.tellRaw({ fact: "signal", signal })), [true]);
  }
});
