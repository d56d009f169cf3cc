import assert from "node:assert/strict";
import { test } from "node:test";
import { END, WAIT } from "../../src/gateway/exchange.ts";
import { Outbox } from "../../src/interfaces/outbox.ts";

const data = (bytes: string) => ({ type: "data", bytes }) as const;

function boxOf() {
  const told: string[] = [];
  let woken = 0;
  const box = new Outbox(() => {
    woken += 1;
  });
  const note = (name: string) => (lost?: Error) =>
    void told.push(lost === undefined ? name : `${name}: ${lost.message}`);
  return { box, told, note, woken: () => woken };
}

test("events come out in the order they went in, each put wakes whoever asks, and an empty box says wait", () => {
  const { box, woken } = boxOf();
  assert.equal(box.next(), WAIT);
  box.put(data("a"));
  box.put(END);
  assert.deepEqual([box.next(), box.next(), box.next(), woken()], [data("a"), END, WAIT, 2]);
});

test("a piece counts as handed over when the next one is asked for, not before", () => {
  const { box, told, note } = boxOf();
  box.put(data("abc"), note("first"));
  box.put(data("de"), note("second"));
  assert.equal(box.size, 5);
  box.next();
  assert.deepEqual([told, box.size], [[], 2]);
  box.next();
  assert.deepEqual(told, ["first"]);
  box.delivered();
  assert.deepEqual([told, box.size, box.isEmpty], [["first", "second"], 0, true]);
});

test("when all is lost, what was given and what waits is told once, and so is what comes later", () => {
  const { box, told, note } = boxOf();
  for (const name of ["given", "waiting"]) box.put(data(name), note(name));
  box.next();
  box.lose(new Error("gone"));
  box.lose(new Error("again"));
  box.put(data("late"), note("late"));
  assert.deepEqual(told, ["given: gone", "waiting: gone", "late: gone"]);
  assert.deepEqual([box.next(), box.size], [WAIT, 0]);
});
