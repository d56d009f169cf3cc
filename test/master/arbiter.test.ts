import assert from "node:assert/strict";
import { test } from "node:test";
import { Arbiter } from "../../src/master/arbiter.ts";
import type { Action } from "../../src/master/moves.ts";
import { deferred } from "../support/deferred.ts";
import { inWords, World } from "../support/plan-world.ts";

/** An arbiter whose hands write down what they are told, after `act` had a look at it. */
function arbiterOf(world: World, act: (action: Action, arbiter: Arbiter) => void = () => {}) {
  const done: string[] = [];
  const faults: unknown[] = [];
  const startedAt = performance.now();
  const arbiter: Arbiter = new Arbiter({
    state: world.state,
    // The clock of the world goes on.
    now: () => world.now + performance.now() - startedAt,
    hands: {
      perform(action) {
        // When those are due is said in hook-calls.test.ts.
        if (action.do === "hook") return;
        done.push(inWords(action));
        act(action, arbiter);
      },
      look: () => new Map([[1, { rss: 300 * 1_048_576, stopped: false }]]),
      report: (fault) => faults.push(fault),
    },
  });
  return { arbiter, done, faults };
}

test("a fact that an action brings about waits until all actions of its cause are done", () => {
  const { arbiter, done } = arbiterOf(new World({ workers: 2 }), (action) => {
    if (action.do === "fork") arbiter.enqueue({ fact: "report", id: action.id, report: { tsgi: "hello" } });
  });
  arbiter.enqueue({ fact: "start" });
  arbiter.stop();
  assert.deepEqual(done, ["fork 1 (slot 1)", "fork 2 (slot 2)", "boot 1 (generation 1)", "boot 2 (generation 1)"]);
});

test("a tick comes when the plan asked for it, without any other fact", async () => {
  const told = deferred<string>();
  const { arbiter } = arbiterOf(new World({ workers: 1, bootTimeout: 0.05 }), (action) => {
    if (action.do === "complain") told.resolve(action.message);
  });
  arbiter.enqueue({ fact: "start" });
  assert.match(await told.promise, /not loaded within 0\.05 s/);
  arbiter.stop();
});

test("an action that throws is reported, and those after it are performed", () => {
  const { arbiter, done, faults } = arbiterOf(new World({ workers: 2 }), (action) => {
    if (action.do === "fork" && action.id === 1) throw new Error("no hands");
  });
  arbiter.enqueue({ fact: "start" });
  arbiter.stop();
  assert.deepEqual([done.length, String(faults[0])], [2, "Error: no hands"]);
});

test("a fact that plan cannot digest is reported and dropped; the next one is served", () => {
  const world = World.serving({ workers: 1 });
  const { arbiter, done, faults } = arbiterOf(world);
  arbiter.enqueue({ fact: "configured" } as never);
  arbiter.enqueue({ fact: "signal", signal: "SIGTTIN" });
  arbiter.stop();
  assert.equal(faults.length, 1);
  assert.deepEqual(done, ["info: 1 worker before, 2 wanted now", "fork 2 (slot 2)"]);
});

test("after stop nothing is done any more, not even what was already waiting", () => {
  const { arbiter, done } = arbiterOf(new World({ workers: 1 }), () => {
    arbiter.enqueue({ fact: "signal", signal: "SIGTTIN" });
    arbiter.stop();
  });
  arbiter.enqueue({ fact: "start" });
  arbiter.enqueue({ fact: "signal", signal: "SIGTERM" });
  assert.deepEqual(done, ["fork 1 (slot 1)"]);
});

test("a tick carries what the hands saw", async () => {
  const told = deferred<number>();
  const { arbiter } = arbiterOf(World.serving({ workers: 1, maxRssHard: 200 * 1_048_576 }), (action) => {
    if (action.do === "kill") told.resolve(action.id);
  });
  arbiter.enqueue({ fact: "signal", signal: "SIGWINCH" });
  assert.equal(await told.promise, 1);
  arbiter.stop();
});

test("what is known after the last fact can be seen", () => {
  const { arbiter } = arbiterOf(new World({ workers: 2 }));
  assert.equal(arbiter.state.workers.length, 0);
  arbiter.enqueue({ fact: "start" });
  assert.equal(arbiter.state.workers.length, 2);
  arbiter.stop();
});
