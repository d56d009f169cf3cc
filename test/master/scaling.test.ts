import assert from "node:assert/strict";
import { test } from "node:test";
import { objectionToCount } from "../../src/master/scaling.ts";
import { noLogs, World } from "../support/plan-world.ts";

/** Seconds under a load: every worker that is ready says how busy it is, and new ones boot at once. */
function under(world: World, seconds: number, utilization: (workers: number) => number): string[] {
  const said: string[] = [];
  for (let i = 0; i < seconds; i += 1) {
    const ready = world.state.workers.filter(({ phase, leaving }) => phase === "ready" && !leaving);
    const words = world.later(
      1000,
      ready.map(({ id }) => id),
      { utilization: utilization(ready.length) },
    );
    said.push(...words);
    for (const word of words) {
      const id = Number(/^fork (\d+)/.exec(word)?.[1]);
      if (id > 0) world.up(id);
      const left = Number(/^quit (\d+)/.exec(word)?.[1]);
      if (left > 0) world.exit(left);
    }
  }
  return said;
}

const counts = (words: readonly string[]): string[] =>
  words.flatMap((word) => /(\d+) wanted now/.exec(word)?.[1] ?? []);

test("TTIN adds a worker, TTOU takes the last place away and never the only one, and neither counts in a stop", () => {
  const world = World.serving({ workers: 1, gracefulTimeout: 30 });
  assert.deepEqual(world.signal("SIGTTIN"), ["info: 1 worker before, 2 wanted now", "fork 2 (slot 2)"]);
  assert.deepEqual(world.signal("SIGTTOU"), ["info: 2 workers before, 1 wanted now", "kill 2"]);
  assert.deepEqual(world.signal("SIGTTOU"), []);
  world.signal("SIGTERM");
  assert.deepEqual(world.signal("SIGTTIN"), []);
});

test("a storm of TTIN and TTOU ends with the number that was asked for", () => {
  const world = World.serving({ workers: 4 });
  for (let i = 0; i < 50; i += 1) world.signal(i % 3 === 0 ? "SIGTTOU" : "SIGTTIN");
  assert.equal(world.state.count, 4 + 33 - 17);
  assert.equal(world.state.workers.filter(({ leaving }) => !leaving).length, 20);
});

test("within a range, TTIN and TTOU keep the bounds, and an order outside of them is refused", () => {
  const world = World.serving({ workers: { min: 2, max: 3 } });
  assert.deepEqual(noLogs(world.signal("SIGTTIN")), ["fork 3 (slot 3)"]);
  assert.deepEqual(world.signal("SIGTTIN"), []);
  world.signal("SIGTTOU");
  assert.deepEqual(world.signal("SIGTTOU"), []);
  assert.equal(objectionToCount(world.state, 4), "4 is outside --workers 2..3; a number within fits");
  assert.match(objectionToCount(world.state, 1)!, /^1 is outside/);
  assert.equal(objectionToCount(world.state, 2), undefined);
  assert.equal(objectionToCount(World.serving({ workers: 2 }).state, 40), undefined);
});

test("busy loops bring one worker more at a time up to the bound, with the figures in the log", () => {
  const world = World.serving({ workers: { min: 1, max: 3 } });
  const said = under(world, 60, () => 0.9);
  assert.deepEqual(counts(said), ["2", "3"]);
  assert.equal(
    said.find((word) => word.startsWith("info")),
    "info: 1 worker before, 2 wanted now: their event loops are 90 % busy, above 75 % for 3 s",
  );
});

test("a moment of load changes nothing, and two changes are at least ten seconds apart", () => {
  const world = World.serving({ workers: { min: 1, max: 8 } });
  assert.deepEqual(counts([...under(world, 3, () => 1), ...under(world, 5, () => 0.1)]), []);
  assert.deepEqual(counts(under(world, 4, () => 1)), ["2"]);
  assert.deepEqual(counts(under(world, 9, () => 1)), []);
  assert.deepEqual(counts(under(world, 2, () => 1)), ["3"]);
});

test("idle loops take one worker away after half a minute, never below the lower bound", () => {
  const world = World.serving({ workers: { min: 2, max: 8 } });
  under(world, 20, () => 0.9);
  assert.ok(world.state.count > 2);
  const said = under(world, 400, () => 0.05);
  assert.deepEqual(counts(said).at(-1), "2");
  assert.equal(world.state.count, 2);
  assert.match(
    said.join("\n"),
    /3 workers before, 2 wanted now: their event loops are 5 % busy; with one less it would be 8 %, below 50 % for 30 s/,
  );
});

test("a steady load of any size comes to rest and stays there", () => {
  for (let work = 0.2; work < 9; work += 0.1) {
    const world = World.serving({ workers: { min: 1, max: 8 } });
    const load = (workers: number): number => Math.min(1, work / workers);
    under(world, 300, load);
    const settled = world.state.count;
    assert.deepEqual(counts(under(world, 300, load)), [], `${work} of a processor with ${settled} workers`);
  }
});

test("nothing is decided while a worker boots, without figures, during a reload, or for a fixed number", () => {
  const booting = World.serving({ workers: { min: 1, max: 3 } });
  booting.signal("SIGTTIN");
  assert.deepEqual(counts(booting.later(60_000, [1], { utilization: 1 })), []);
  const silent = World.serving({ workers: { min: 1, max: 3 } });
  assert.deepEqual(counts(silent.later(60_000)), []);
  const reloading = World.serving({ workers: { min: 1, max: 3 }, bootTimeout: 0 });
  reloading.reload();
  assert.deepEqual(counts(reloading.later(60_000, [1], { utilization: 1 })), []);
  const fixed = World.serving({ workers: 2 });
  assert.deepEqual(counts(under(fixed, 60, () => 1)), []);
  const dying = World.serving({ workers: { min: 2, max: 3 } });
  for (let id = 1; id !== undefined; id = dying.state.workers.find(({ slot }) => slot === 1)?.id as number)
    dying.exit(id, 1);
  assert.deepEqual(counts(dying.later(1000, [2], { utilization: 1 })), []);
});
