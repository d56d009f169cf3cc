import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Deadlines } from "../../src/worker/deadlines.ts";
import { Patience, type Patiences } from "../../src/worker/patience.ts";

/** A patience whose clock is moved by hand. */
function patienceOf(t: TestContext, limits: Partial<Patiences> = {}) {
  const deadlines = new Deadlines();
  deadlines.close();
  deadlines.now = 0;
  t.after(() => deadlines.close());
  const calls: string[] = [];
  const owner = {
    late: () => void calls.push("late"),
    stalled: () => void calls.push("stalled"),
    overdue: () => void calls.push("overdue"),
  };
  const all = {
    ...{ keepAlive: 75, headTimeout: 30, bodyTimeout: 60, bodyRate: 100, writeTimeout: 10, requestTimeout: 0 },
    ...limits,
  };
  const patience = new Patience(deadlines, all, owner);
  /** Lets time pass as the sweep would. */
  const at = (ms: number): void => {
    deadlines.now = ms;
    if (patience.deadlineAt <= ms) patience.late();
  };
  return { patience, calls, at };
}

test("what is expected and does not come is late once", (t) => {
  const { patience, calls, at } = patienceOf(t);
  patience.expect(1);
  at(1_000);
  assert.deepEqual(calls, []);
  at(1_300);
  at(99_999);
  assert.deepEqual(calls, ["late"]);
});

test("a sooner deadline replaces a later one and not the other way round", (t) => {
  const { patience, calls, at } = patienceOf(t);
  patience.expect(10);
  patience.expectSooner(1);
  patience.expectSooner(5);
  at(1_250);
  assert.deepEqual(calls, ["late"]);
});

test("a body may be silent for its time, and each piece brings that time again", (t) => {
  const { patience, calls, at } = patienceOf(t, { bodyRate: 0, bodyTimeout: 10 });
  patience.restForRequest();
  patience.expectBody(0);
  at(9_000);
  patience.bodyCame();
  patience.expectBody(1);
  at(18_000);
  assert.deepEqual(calls, []);
  at(19_500);
  assert.deepEqual([calls, patience.whyLate()], [["late"], "edge.body-too-silent"]);
});

test("a body that drips is late after 5 seconds and the time that its bytes earned", (t) => {
  const { patience, calls, at } = patienceOf(t);
  patience.restForRequest();
  let received = 0;
  // One byte a second, where a hundred are due.
  for (let ms = 0; ms < 5_000; ms += 1_000) {
    at(ms);
    patience.expectBody(received);
    at(ms + 999);
    patience.bodyCame();
    received += 1;
  }
  patience.expectBody(received);
  at(6_500);
  assert.deepEqual([calls, patience.whyLate()], [["late"], "edge.body-too-slow"]);
});

test("only the time in which somebody waits for the body counts, and every request starts anew", (t) => {
  const { patience, calls, at } = patienceOf(t);
  for (let request = 0; request < 5; request += 1) {
    const start = request * 100_000;
    patience.restForRequest();
    at(start);
    patience.expectBody(0);
    at(start + 4_000);
    patience.bodyCame();
    // The application is busy for a minute.
    at(start + 64_000);
    patience.expectBody(10);
    at(start + 64_900);
    patience.bodyCame();
  }
  assert.deepEqual(calls, []);
});

test("a body at the rate is never late, however long it takes", (t) => {
  const { patience, calls, at } = patienceOf(t);
  patience.restForRequest();
  let received = 0;
  for (let ms = 0; ms < 600_000; ms += 1_000) {
    at(ms);
    patience.expectBody(received);
    at(ms + 1_000);
    patience.bodyCame();
    received += 100;
  }
  assert.deepEqual(calls, []);
});

test("a peer that takes nothing is stalled; one that takes a byte has its time again", (t) => {
  const { patience, calls, at } = patienceOf(t);
  patience.sending(1_000);
  at(10_250);
  assert.deepEqual(calls, ["stalled"]);
  assert.equal(patience.progressed(999), true);
  at(20_000);
  assert.deepEqual(calls, ["stalled"]);
  at(20_600);
  assert.equal(patience.progressed(999), false);
  assert.deepEqual(calls, ["stalled", "stalled"]);
  patience.sending(5);
  patience.sent();
  at(99_999);
  assert.deepEqual(calls, ["stalled", "stalled"]);
});

test("a request has its time from its head to its end, whatever its client does meanwhile", (t) => {
  const { patience, calls, at } = patienceOf(t, { requestTimeout: 10, bodyRate: 0 });
  patience.restForRequest();
  for (let ms = 1_000; ms <= 10_000; ms += 1_000) {
    patience.expectBody(ms);
    at(ms);
    patience.bodyCame();
  }
  assert.deepEqual(calls, []);
  at(10_250);
  at(99_999);
  assert.deepEqual(calls, ["overdue"]);
});

test("a request that is over has no time to keep, and the next one has all of it", (t) => {
  const { patience, calls, at } = patienceOf(t, { requestTimeout: 10 });
  patience.restForRequest();
  at(9_000);
  patience.answered();
  at(15_000);
  patience.restForRequest();
  at(25_000);
  assert.deepEqual(calls, []);
  at(25_250);
  assert.deepEqual(calls, ["overdue"]);
});

test("what may have ended the request is dealt with first; the next sweep looks whether it is still there", (t) => {
  const { patience, calls, at } = patienceOf(t, { requestTimeout: 10 });
  patience.restForRequest();
  patience.sending(1);
  at(10_250);
  assert.deepEqual(calls, ["stalled"]);
  at(10_500);
  assert.deepEqual(calls, ["stalled", "overdue"]);
});

test("of a peer that ended its side no body is expected, and its moment is not forgotten for one that was here", (t) => {
  const { patience, calls, at } = patienceOf(t);
  patience.noMore();
  patience.expect(1);
  patience.expectBody(0);
  patience.bodyCame();
  at(1_250);
  assert.deepEqual(calls, ["late"]);
});

test("both deadlines may pass in one sweep", (t) => {
  const { patience, calls, at } = patienceOf(t);
  patience.expect(1);
  patience.sending(1);
  at(60_000);
  assert.deepEqual(calls, ["stalled", "late"]);
  assert.equal(patience.deadlineAt, Number.POSITIVE_INFINITY);
});

/** A client whose connection was opened at 0 and that asks after each of these pauses, in milliseconds. */
function askedAfter(t: TestContext, pauses: readonly number[]) {
  const all = patienceOf(t);
  let now = 0;
  for (const pause of [0, ...pauses]) {
    now += pause;
    all.at(now);
    all.patience.restForRequest();
    all.patience.expectNext(false);
  }
  /** How long it has when its worker leaves so much later. */
  const momentAfter = (idleMs: number): number => {
    all.at(now + idleMs);
    all.patience.lameDuck();
    return all.patience.deadlineAt - now - idleMs;
  };
  return { ...all, momentAfter };
}

test("a client that waits for nothing has a short moment when its worker leaves, one that keeps asking a longer one", (t) => {
  const [idle, asking] = [300, 2_000];
  for (const [why, pauses, idleMs, moment] of [
    ["asked once", [], 100, idle],
    ["asks ten times a second", Array(20).fill(100), 100, asking],
    ["stopped asking a while ago", Array(20).fill(100), 1_000, idle],
    ["asks every five seconds, and is due", Array(20).fill(5_000), 4_500, asking],
    ["asks every five seconds, and is not due yet", Array(20).fill(5_000), 1_000, idle],
    ["is late, for once", Array(20).fill(500), 1_200, asking],
    ["asked often, and now asks rarely", [...Array(20).fill(20), ...Array(20).fill(10_000)], 1_000, idle],
  ] as const) {
    assert.equal(askedAfter(t, pauses).momentAfter(idleMs), moment, why);
  }
});

test("the moment of a leaving worker never lengthens the time that a connection has left", (t) => {
  const { patience, at } = patienceOf(t, { keepAlive: 1 });
  patience.restForRequest();
  patience.expectNext(false);
  at(1_100);
  patience.lameDuck();
  assert.equal(patience.deadlineAt, 1_250);
});

test("a connection on which nobody has asked has the longer moment while it is new, and one that was not told has it too", (t) => {
  const fresh = patienceOf(t);
  fresh.patience.expect(30);
  fresh.at(1_000);
  fresh.patience.lameDuck();
  assert.equal(fresh.patience.deadlineAt, 3_000);
  const old = patienceOf(t);
  old.patience.expect(30);
  old.at(2_000);
  old.patience.lameDuck();
  assert.equal(old.patience.deadlineAt, 2_300);
  const untold = patienceOf(t);
  untold.patience.restForRequest();
  untold.patience.expectNext(true);
  assert.equal(untold.patience.deadlineAt, 2_000);
});
