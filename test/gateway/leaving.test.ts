// What a request is told when its worker leaves or its time is up, and what becomes of its response: the verbs `drain`, `warn` and
// `expire` of an exchange, through the gateway loop.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { RequestError } from "../../src/gateway/exchange.ts";
import type { Application, Body, Environ } from "../../src/gateway/types.ts";
import { deferred } from "../support/deferred.ts";
import { start } from "../support/exchange.ts";

const LEAVES = new RequestError(503, "the worker leaves: a test");
const CUTS = new RequestError(503, "the worker leaves, and cuts in 5 s what is still open");
const LATE = new RequestError(504, "the request was not over within 1 s (--request-timeout)");
const STREAM = [["Content-Type", "text/event-stream"]] as const;
const NEVER = 1_000_000;

/** An event stream that says hello and ends with a farewell when its signal aborts; `how` is what it does then. */
const events = (how: "returns" | "throws"): Application =>
  async function* (environ, startResponse) {
    const signal = environ["tsgi.signal"];
    startResponse("200 OK", STREAM);
    yield "data: hello\n\n";
    if (how === "throws") await sleep(NEVER, undefined, { signal });
    if (!signal.aborted) await once(signal, "abort");
    yield "data: bye\n\n";
  };

const turn = () => new Promise(setImmediate);

test("an event stream is told when its worker drains, and may send a last event and end", async () => {
  const driven = start(events("returns"));
  await turn();
  driven.outcome.exchange.drain(LEAVES);
  const outcome = await driven.done;
  assert.deepEqual([outcome.end, outcome.body], ["whole", "data: hello\n\ndata: bye\n\n"]);
  assert.deepEqual(outcome.troubles, []);
});

test("an event stream that throws because it was told is ended like one that returns, and nothing is reported", async () => {
  const driven = start(events("throws"));
  await turn();
  driven.outcome.exchange.drain(LEAVES);
  const outcome = await driven.done;
  assert.deepEqual([outcome.end, outcome.body, outcome.troubles], ["whole", "data: hello\n\n", []]);
});

test("an event stream with a length is cut when it throws short of it: it would not be whole", async () => {
  const driven = start(async function* (environ, startResponse) {
    startResponse("200 OK", [...STREAM, ["Content-Length", "100"]]);
    yield "data: hello\n\n";
    await sleep(NEVER, undefined, { signal: environ["tsgi.signal"] });
  });
  await turn();
  driven.outcome.exchange.drain(LEAVES);
  const outcome = await driven.done;
  assert.deepEqual([outcome.end, outcome.troubles], ["cut", []]);
});

test("an event stream that fails for a reason of its own after it was told is cut, and the error is reported", async () => {
  const driven = start(async function* (environ, startResponse) {
    startResponse("200 OK", STREAM);
    yield "data: hello\n\n";
    await once(environ["tsgi.signal"], "abort");
    throw new TypeError("a bug in the farewell");
  });
  await turn();
  driven.outcome.exchange.drain(LEAVES);
  const outcome = await driven.done;
  assert.deepEqual([outcome.end, outcome.troubles.map(({ answer }) => answer)], ["cut", ["cut"]]);
});

test("every other request hears of a drain by tsgi.draining alone, and finishes", async () => {
  const go = deferred();
  let environ: Environ | undefined;
  const driven = start(async (given, startResponse) => {
    environ = given;
    await go.promise;
    startResponse("200 OK", []);
    return ["done"];
  });
  assert.deepEqual([environ!["tsgi.draining"].aborted, environ!["tsgi.signal"].aborted], [false, false]);
  driven.outcome.exchange.drain(LEAVES);
  assert.deepEqual([environ!["tsgi.draining"].reason, environ!["tsgi.signal"].aborted], [LEAVES, false]);
  go.resolve();
  assert.equal((await driven.done).body, "done");
});

test("a long poll that lets the reason of tsgi.draining through is answered 503, and nothing is reported", async () => {
  for (const wait of [
    (signal: AbortSignal) => sleep(NEVER, undefined, { signal }),
    (signal: AbortSignal) =>
      new Promise<void>((_kept, broken) => signal.addEventListener("abort", () => broken(signal.reason))),
  ]) {
    const driven = start(async (environ, startResponse) => {
      await wait(environ["tsgi.draining"]);
      startResponse("200 OK", []);
      return ["news"];
    });
    driven.outcome.exchange.drain(LEAVES);
    const outcome = await driven.done;
    assert.deepEqual([outcome.status, outcome.end, outcome.troubles], [503, "whole", []]);
  }
});

test("a request that begins in a worker that drains finds both said when it looks", async () => {
  const driven = start(events("returns"));
  // As a connection does before the application is called.
  driven.outcome.exchange.drain(LEAVES);
  const outcome = await driven.done;
  assert.deepEqual([outcome.end, outcome.body], ["whole", "data: hello\n\ndata: bye\n\n"]);
});

test("a response that turns out to be an event stream while the worker drains is told in startResponse", async () => {
  const go = deferred();
  const before: boolean[] = [];
  const driven = start(async (environ, startResponse) => {
    await go.promise;
    const signal = environ["tsgi.signal"];
    before.push(signal.aborted);
    startResponse("200 OK", STREAM);
    before.push(signal.aborted);
    return ["data: bye\n\n"];
  });
  driven.outcome.exchange.drain(LEAVES);
  go.resolve();
  await driven.done;
  assert.deepEqual(before, [false, true]);
});

test("a warning aborts the signal of any request; it goes on, and what it still gives is sent", async () => {
  const go = deferred();
  let signal: AbortSignal | undefined;
  const driven = start(async function* (environ, startResponse) {
    signal = environ["tsgi.signal"];
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    yield "one ";
    await go.promise;
    yield "two";
  });
  await turn();
  driven.outcome.exchange.drain(LEAVES);
  assert.equal(signal!.aborted, false);
  driven.outcome.exchange.warn(CUTS);
  assert.equal(signal!.reason, CUTS);
  go.resolve();
  const outcome = await driven.done;
  assert.deepEqual([outcome.end, outcome.body, outcome.troubles], ["whole", "one two", []]);
});

test("a request that throws because it was warned is answered 503 in time, and cut visibly too late", async () => {
  for (const early of [true, false]) {
    const driven = start(async function* (environ, startResponse) {
      const signal = environ["tsgi.signal"];
      startResponse("200 OK", [["Content-Type", "text/csv"]]);
      if (!early) yield "a,b\n";
      await sleep(NEVER, undefined, { signal });
    });
    await turn();
    driven.outcome.exchange.warn(CUTS);
    const outcome = await driven.done;
    assert.deepEqual([outcome.status, outcome.end], early ? [503, "whole"] : [200, "cut"]);
    assert.deepEqual(outcome.troubles, []);
  }
});

test("a request whose time is up is answered 504: the signal aborts, the body is closed, and what comes late is closed too", async () => {
  const { promise, resolve } = deferred<Body>();
  let signal: AbortSignal | undefined;
  let closed = 0;
  const driven = start((environ) => {
    signal = environ["tsgi.signal"];
    return promise;
  });
  const event = driven.outcome.exchange.expire(LATE);
  assert.ok(event.type === "response" && event.status === 504 && !event.more);
  assert.equal(signal!.reason, LATE);
  const close = () => {
    closed += 1;
  };
  resolve({ close, *[Symbol.iterator]() {} } as unknown as Body);
  await turn();
  assert.deepEqual([closed, driven.outcome.troubles], [1, []]);
});

test("a request whose time is up after its head is cut, its iterable ended and closed", async () => {
  const ends: string[] = [];
  const driven = start((_environ, startResponse) => {
    startResponse("200 OK", []);
    const answers = [Promise.resolve({ done: false, value: "part" }), new Promise(() => {})];
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => answers.shift(),
        return: async () => {
          ends.push("return");
          return { done: true, value: undefined };
        },
      }),
      close: () => void ends.push("close"),
    } as unknown as Body;
  });
  await turn();
  assert.equal(driven.outcome.body, "part");
  assert.equal(driven.outcome.exchange.expire(LATE).type, "cut");
  assert.deepEqual(ends, ["return", "close"]);
});

test("what an application writes when its time is up goes nowhere, and its late throw is no trouble unless it is its own", async () => {
  for (const [thrown, count] of [
    [LATE, 0],
    [new DOMException("stop", "AbortError"), 0],
    [new Error("own"), 1],
  ] as const) {
    const rejected: unknown[] = [];
    const { promise, reject } = deferred<Body>();
    const driven = start((environ, startResponse) => {
      environ["tsgi.signal"].addEventListener("abort", () => {
        startResponse("503 Sorry", [])("too late").catch((error) => rejected.push(error));
      });
      return promise;
    });
    assert.equal(driven.outcome.exchange.expire(LATE).type, "response");
    reject(thrown);
    await turn();
    assert.deepEqual([rejected, driven.outcome.troubles.length, driven.outcome.body], [[LATE], count, ""]);
  }
});

test("a request that is over hears nothing more", async () => {
  let environ: Environ | undefined;
  const driven = start((given, startResponse) => {
    environ = given;
    startResponse("200 OK", []);
    return ["whole"];
  });
  await driven.done;
  const { exchange } = driven.outcome;
  exchange.drain(LEAVES);
  exchange.warn(CUTS);
  assert.deepEqual([environ!["tsgi.signal"].aborted, environ!["tsgi.draining"].aborted], [false, false]);
});
