import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadlines } from "../../src/worker/deadlines.ts";
import { deferred } from "../support/deferred.ts";

test("a deadline that passed is told once a sweep until another is set, one that did not is not", async (t) => {
  const deadlines = new Deadlines();
  t.after(() => deadlines.close());
  const told = deferred();
  const early: string[] = [];
  const soon = {
    deadlineAt: deadlines.in(0.01),
    late() {
      soon.deadlineAt = Number.POSITIVE_INFINITY;
      told.resolve();
    },
  };
  const never = { deadlineAt: deadlines.in(0), late: () => void early.push("never") };
  const later = { deadlineAt: deadlines.in(1_000), late: () => void early.push("later") };
  for (const timed of [soon, never, later]) deadlines.add(timed);
  const keepAlive = setTimeout(() => {}, 10_000);
  await told.promise;
  clearTimeout(keepAlive);
  assert.deepEqual(early, []);
  assert.equal(never.deadlineAt, Number.POSITIVE_INFINITY);
});

test("what was taken out is not told", async (t) => {
  const deadlines = new Deadlines();
  t.after(() => deadlines.close());
  const told = deferred();
  const out = { deadlineAt: 0, late: () => told.reject(new Error("told")) };
  const kept = { deadlineAt: 0, late: () => told.resolve() };
  deadlines.add(out);
  deadlines.add(kept);
  deadlines.delete(out);
  const keepAlive = setTimeout(() => {}, 10_000);
  await told.promise;
  clearTimeout(keepAlive);
});

test("after a stall of the loop nobody is judged before what arrived could be read", async (t) => {
  const deadlines = new Deadlines();
  t.after(() => deadlines.close());
  const order: string[] = [];
  const told = deferred();
  deadlines.add({
    deadlineAt: deadlines.now + 100,
    late() {
      order.push("late");
      told.resolve();
    },
  });
  const keepAlive = setTimeout(() => {}, 10_000);
  const until = performance.now() + 1_500;
  while (performance.now() < until);
  // Runs in the poll phase after the stall, as a read of bytes that waited would.
  setImmediate(() => order.push("read"));
  await told.promise;
  clearTimeout(keepAlive);
  assert.deepEqual(order, ["read", "late"]);
});

test("many that are late together are all told, and others have their turn among them", async (t) => {
  const deadlines = new Deadlines();
  t.after(() => deadlines.close());
  const all = deferred();
  let told = 0;
  const turns = new Set<number>();
  let turn = 0;
  for (let i = 0; i < 1_000; i += 1) {
    const timed = {
      deadlineAt: 0,
      late() {
        timed.deadlineAt = Number.POSITIVE_INFINITY;
        told += 1;
        turns.add(turn);
        // Half of them go away, as connections do.
        if (i % 2 === 0) deadlines.delete(timed);
        if (told === 1_000) all.resolve();
      },
    };
    deadlines.add(timed);
  }
  const others = (): void => {
    turn += 1;
    if (told < 1_000) setImmediate(others);
  };
  setImmediate(others);
  const keepAlive = setTimeout(() => {}, 10_000);
  await all.promise;
  clearTimeout(keepAlive);
  assert.equal(told, 1_000);
  assert.ok(turns.size >= 8, `${turns.size} turns`);
});

test("the date is an IMF-fixdate of this second", () => {
  const deadlines = new Deadlines();
  deadlines.close();
  assert.match(deadlines.date, /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
  assert.ok(Math.abs(Date.parse(deadlines.date) - Date.now()) < 2_000);
});

test("whoever wants to know is told of each sweep, and how late it is", async (t) => {
  const deadlines = new Deadlines();
  t.after(() => deadlines.close());
  const keepAlive = setTimeout(() => {}, 10_000);
  const late: number[] = [];
  await new Promise<void>((twice) => {
    deadlines.onSweep = (lateMs) => {
      late.push(lateMs);
      if (late.length === 2) twice();
      const end = performance.now() + 400;
      while (performance.now() < end);
    };
  });
  clearTimeout(keepAlive);
  assert.ok(late[0]! >= 0 && late[1]! >= 100, late.join());
});
