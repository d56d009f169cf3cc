import assert from "node:assert/strict";
import { test } from "node:test";
import { ContractError, closeResult, DONE, isPromise, ResponseBody, WAITING } from "../../src/gateway/body.ts";

const ignore = () => {};
const failed = (error: unknown) => assert.fail(String(error));

for (const [name, result, only] of [
  ["a string", "abc", "abc"],
  ["an array of one", ["a"], "a"],
  ["an empty array", [], ""],
] as const) {
  test(`${name} is single: its chunk is known before anything is iterated`, () => {
    const body = new ResponseBody(result, ignore);
    assert.deepEqual([body.single, body.only], [true, only]);
    assert.deepEqual([body.next(), body.next(), body.next()], [only, DONE, DONE]);
  });
}

test("a sync iterable gives its chunks, then DONE for ever", () => {
  const body = new ResponseBody(new Set(["a", "b"]), ignore);
  assert.equal(body.single, false);
  assert.deepEqual([body.next(), body.next(), body.next(), body.next()], ["a", "b", DONE, DONE]);
});

test("an async iterable waits, wakes, and is asked for one chunk at a time", async () => {
  let asked = 0;
  let wakes = 0;
  const body = new ResponseBody(
    (async function* () {
      asked += 1;
      yield "a";
      asked += 1;
    })(),
    () => {
      wakes += 1;
    },
  );
  assert.deepEqual([body.next(), body.next(), asked], [WAITING, WAITING, 1]);
  await new Promise(setImmediate);
  assert.deepEqual([wakes, body.next(), asked], [1, "a", 1]);
  assert.equal(body.next(), WAITING);
  await new Promise(setImmediate);
  assert.deepEqual([wakes, body.next(), asked], [2, DONE, 2]);
});

test("an async iterator that fails throws where the next chunk is asked for, every time", async () => {
  const body = new ResponseBody(
    {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("no more")) }),
    },
    ignore,
  );
  body.next();
  await new Promise(setImmediate);
  assert.throws(() => body.next(), /no more/);
  assert.throws(() => body.next(), /no more/);
});

for (const result of [undefined, null, 5, {}, () => "x", Symbol("s")]) {
  test(`${String(result)} is no body`, () => {
    assert.throws(() => new ResponseBody(result, ignore), ContractError);
  });
}

test("close ends an iterator that was not run to its end, once, and leaves a finished one alone", () => {
  const log: string[] = [];
  const make = () => ({
    *[Symbol.iterator]() {
      try {
        yield "a";
        yield "b";
      } finally {
        log.push("finally");
      }
    },
    close: () => void log.push("close"),
  });
  const early = new ResponseBody(make(), ignore);
  early.next();
  early.close(failed);
  early.close(failed);
  assert.deepEqual(log, ["finally", "close"]);
  const late = new ResponseBody(make(), ignore);
  while (late.next() !== DONE);
  late.close(failed);
  assert.deepEqual(log, ["finally", "close", "finally", "close"]);
});

test("a body that is closed while it waits wakes nobody", async () => {
  const body = new ResponseBody(
    (async function* () {
      yield "a";
    })(),
    () => assert.fail("woken"),
  );
  body.next();
  body.close(failed);
  await new Promise(setImmediate);
});

test("errors in return(), in close() and in a promise that close() gives are reported", async () => {
  const errors: string[] = [];
  const report = (error: unknown) => void errors.push(String(error));
  const body = new ResponseBody(
    {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: "a" }),
        return() {
          throw "return";
        },
      }),
      close: () => Promise.reject("close"),
    },
    ignore,
  );
  body.next();
  body.close(report);
  await new Promise(setImmediate);
  assert.deepEqual(errors, ["return", "close"]);
});

test("what was never iterated is closed by the first of close, destroy and cancel that it has", () => {
  const calls: string[] = [];
  const call = (name: string) => () => void calls.push(name);
  closeResult({ close: call("close"), destroy: call("destroy") }, failed);
  closeResult({ destroy: call("destroy"), cancel: call("cancel") }, failed);
  closeResult({ cancel: call("cancel") }, failed);
  for (const nothing of [undefined, "text", 5, null, [], {}, new Uint8Array()]) closeResult(nothing, failed);
  assert.deepEqual(calls, ["close", "destroy", "cancel"]);
});

test("isPromise knows any object with a then that can be called", () => {
  // biome-ignore-start lint/suspicious/noThenProperty: what has a then is what is asked about
  for (const value of [Promise.resolve(), { then() {} }]) assert.equal(isPromise(value), true);
  for (const value of [undefined, null, "then", { then: 5 }, []]) assert.equal(isPromise(value), false);
  // biome-ignore-end lint/suspicious/noThenProperty: as above
});
