import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { ClientHandle } from "../../src/master/handles.ts";
import { Returned } from "../../src/master/returned.ts";

/** One with listener 0, on a clock that is moved by hand; its workers are numbers, and its connections have names. */
function returnedOf(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const clock = { now: 1_000 };
  const names = new Map<ClientHandle, string>();
  const sent: string[] = [];
  const tickets = new Map<string, number>();
  const closed: string[] = [];
  const returned = new Returned({
    send(worker, command, handle) {
      if (command.tsgi === "missing") {
        sent.push(`${worker} missing ${command.ticket}`);
        return;
      }
      if (command.tsgi !== "connection") throw new Error(command.tsgi);
      const name = names.get(handle!)!;
      tickets.set(name, command.ticket);
      sent.push(`${worker} ${name}${command.read}`);
    },
    now: () => clock.now,
  });
  returned.open(0);
  const add = (name: string, listener = 0, read = ""): void => {
    const handle = { close: () => void closed.push(name) };
    names.set(handle, name);
    returned.add(listener, read, handle);
  };
  return {
    ...{ returned, add, closed, tickets },
    accepted: (worker: number, name: string) => returned.accepted(worker, tickets.get(name)!),
    sent: () => sent.splice(0),
    pass(ms: number) {
      clock.now += ms;
      t.mock.timers.tick(ms);
    },
  };
}

test("what was given back waits for the next worker, goes to it with what was read, and is closed here when it is taken", (t) => {
  const { returned, add, accepted, sent, closed } = returnedOf(t);
  add("a", 0, "R0VU");
  add("b");
  assert.deepEqual([sent(), returned.waiting], [[], 2]);
  returned.ready(1, [0]);
  assert.deepEqual([sent(), returned.waiting, closed], [["1 aR0VU", "1 b"], 0, []]);
  assert.equal(accepted(1, "a"), true);
  assert.deepEqual(closed, ["a"]);
  assert.equal(accepted(1, "a"), true, "said twice");
  assert.equal(returned.accepted(1, 7), false, "one that the master accepted");
  add("c");
  assert.deepEqual([sent(), closed], [["1 c"], ["a"]]);
});

test("what a worker had not taken when it died is the next one's, before all others", (t) => {
  const { returned, add, accepted, sent } = returnedOf(t);
  for (const name of ["a", "b", "c"]) add(name);
  returned.ready(1, [0]);
  accepted(1, "b");
  returned.leaving(1);
  add("d");
  sent();
  returned.gone(1);
  returned.gone(99);
  assert.equal(returned.waiting, 3);
  returned.ready(2, [0]);
  assert.deepEqual(sent(), ["2 a", "2 c", "2 d"]);
});

test("a worker that leaves gets none, and may still take what it has", (t) => {
  const { returned, add, accepted, sent, closed } = returnedOf(t);
  add("a");
  returned.ready(1, [0]);
  returned.leaving(1);
  returned.leaving(99);
  add("b");
  assert.deepEqual(sent(), ["1 a"]);
  accepted(1, "a");
  returned.gone(1);
  assert.deepEqual([closed, returned.waiting], [["a"], 1]);
});

test("a worker has eight on their way at most, and workers take turns", (t) => {
  const { returned, add, accepted, sent } = returnedOf(t);
  for (let n = 0; n < 20; n += 1) add(`${n} `);
  returned.ready(1, [0]);
  assert.equal(sent().length, 8);
  returned.ready(2, [0]);
  assert.deepEqual([sent().length, returned.waiting], [8, 4]);
  accepted(1, "3 ");
  assert.deepEqual(sent(), ["1 16 "]);
  for (const name of ["4 ", "5 ", "6 "]) accepted(1, name);
  assert.equal(returned.waiting, 0);
  sent();
  for (const name of ["0 ", "1 "]) accepted(1, name);
  for (const name of ["8 ", "9 "]) accepted(2, name);
  for (const name of ["x", "y", "z"]) add(name);
  assert.deepEqual(new Set(sent().map((line) => line.slice(0, 1))), new Set(["1", "2"]));
});

test("each connection goes to a worker of its listener, and is closed with it", (t) => {
  const { returned, add, sent, closed } = returnedOf(t);
  returned.open(5);
  add("a", 0);
  add("b", 5);
  add("c", 9);
  assert.deepEqual(closed, ["c"], "nobody knows that one");
  returned.ready(1, [5]);
  assert.deepEqual(sent(), ["1 b"]);
  returned.close(0);
  assert.deepEqual(closed, ["c", "a"]);
  returned.close(5);
  returned.gone(1);
  assert.deepEqual(closed, ["c", "a", "b"], "it is not taken back");
});

test("when the server stops, all are closed, and what still comes", (t) => {
  const { returned, add, closed } = returnedOf(t);
  add("a");
  returned.closeAll();
  add("b");
  returned.add(0, "", undefined);
  assert.deepEqual([closed, returned.waiting], [["a", "b"], 0]);
});

test("1,024 are kept, the newest, and five minutes long", (t) => {
  const { returned, add, closed, pass } = returnedOf(t);
  for (let n = 0; n < 1_026; n += 1) add(`${n}`);
  assert.deepEqual([closed, returned.waiting], [["0", "1"], 1_024]);
  pass(200_000);
  add("young");
  assert.deepEqual(closed.at(-1), "2");
  pass(100_000);
  assert.equal(returned.waiting, 1_024);
  pass(1);
  assert.equal(returned.waiting, 1);
  pass(200_000);
  assert.equal(returned.waiting, 0);
  assert.equal(closed.length, 1_027);
});

test("what a worker does not take within two beats is asked for, and sent again when it never arrived: nothing else, and no sooner", (t) => {
  const { returned, add, accepted, sent, closed, tickets } = returnedOf(t);
  add("a");
  returned.ready(1, [0]);
  returned.ready(2, [0]);
  returned.beat(1);
  returned.beat(99);
  for (const name of ["b", "c"]) add(name);
  assert.deepEqual(sent(), ["1 a", "1 b", "2 c"]);
  // Beats may have been under way when it was sent.
  returned.beat(1);
  returned.beat(1);
  assert.deepEqual(sent(), ["1 missing -1", "1 missing -2"]);
  accepted(1, "b");
  for (const name of ["a", "b", "c"]) returned.lost(1, tickets.get(name)!);
  assert.deepEqual([sent(), closed], [["1 a"], ["b"]]);
  returned.lost(99, tickets.get("a")!);
  returned.leaving(2);
  returned.beat(2);
  returned.beat(2);
  assert.deepEqual(sent(), ["2 missing -3"]);
  returned.lost(2, tickets.get("c")!);
  assert.deepEqual(sent(), ["1 c"], "one that leaves may have lost it as well");
});
