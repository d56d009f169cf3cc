import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestError } from "../../src/gateway/exchange.ts";
import { NEED_DATA, type ProtocolEvent } from "../../src/protocol/events.ts";
import { fault } from "../../src/protocol/faults.ts";
import { NO_BODY, RequestBody } from "../../src/worker/request-body.ts";

const END: ProtocolEvent = { type: "end", trailers: [] };
const data = (text: string): ProtocolEvent => ({ type: "data", bytes: Buffer.from(text) });

/** Bytes that no later read overwrites. */
const KEPT = Buffer.alloc(40_000, "k");

/** A body over a list of events; an empty list needs data. */
function bodyOf(events: ProtocolEvent[], expectContinue = false) {
  const calls: string[] = [];
  const port = {
    pull: () => events.shift() ?? NEED_DATA,
    wanted: () => void calls.push("wanted"),
    take: (bytes: Uint8Array) => (bytes === KEPT ? KEPT : undefined),
    sendContinue: () => void calls.push("continue"),
  };
  return { body: new RequestBody(port, expectContinue), calls, events };
}

test("what is there is given at once and owned by the reader", () => {
  const bytes = Buffer.from("abc");
  const { body, calls } = bodyOf([{ type: "data", bytes }, END]);
  const given = body.read() as Uint8Array;
  bytes.fill(0);
  assert.equal(String(given), "abc");
  assert.deepEqual([body.read(), body.read(), calls, body.received], [null, null, [], 3]);
});

test("bytes that nobody overwrites are given as they are, and others are copied", () => {
  const other = Buffer.alloc(40_000, "o");
  const { body } = bodyOf([{ type: "data", bytes: KEPT }, { type: "data", bytes: other }, END]);
  assert.equal(body.read(), KEPT);
  const copy = body.read() as Buffer;
  assert.ok(copy !== other && copy.equals(other));
  assert.equal(body.received, 80_000);
});

test("small pieces that are here are given as one, and what follows them is heard after them", async () => {
  const pieces = ["a", "b", "c"].map(data);
  const waiting = bodyOf([...pieces]);
  assert.equal(String(waiting.body.read()), "abc");
  assert.equal(waiting.body.received, 3);
  void waiting.body.read();
  assert.equal(waiting.body.waiting, true);
  const ended = bodyOf([...pieces, END]);
  assert.deepEqual([String(ended.body.read()), ended.body.read()], ["abc", null]);
  const broken = bodyOf([...pieces, fault0()]);
  assert.equal(String(broken.body.read()), "abc");
  await assert.rejects(broken.body.read() as Promise<unknown>, { status: 413 });
  // Each is the reader's own: what is put together next does not change it.
  const kept = bodyOf([data("xyz")]).body.read();
  bodyOf([data("...")]).body.read();
  assert.equal(String(kept), "xyz");
});

test("a large piece is given alone, and a small one takes a large one behind it along", () => {
  const large = Buffer.alloc(70_000, "l");
  const { body } = bodyOf([{ type: "data", bytes: large }, data("s"), { type: "data", bytes: large }, data("t"), END]);
  assert.deepEqual(
    [body.read(), body.read(), body.read(), body.read()].map((one) => (one as Uint8Array | null)?.length),
    [70_000, 70_001, 1, undefined],
  );
});

test("what is not there is waited for, and 100 Continue goes out with the first wait only", async () => {
  const { body, calls, events } = bodyOf([], true);
  const first = body.read();
  assert.deepEqual([calls, body.waiting], [["continue", "wanted"], true]);
  body.feed();
  assert.equal(body.waiting, true);
  events.push(data("a"));
  body.feed();
  assert.equal(String(await first), "a");
  const second = body.read();
  events.push(END);
  body.feed();
  assert.equal(await second, null);
  assert.deepEqual(calls, ["continue", "wanted", "wanted"]);
});

test("a fault of the peer rejects with its status, now and later", async () => {
  const { body, calls } = bodyOf([fault0()]);
  await assert.rejects(
    body.read() as Promise<unknown>,
    (error) => error instanceof RequestError && error.status === 413,
  );
  await assert.rejects(body.read() as Promise<unknown>, { status: 413 });
  assert.deepEqual(calls, []);
  const waiting = bodyOf([]);
  const pending = waiting.body.read() as Promise<unknown>;
  waiting.events.push(fault0());
  waiting.body.feed();
  await assert.rejects(pending, { status: 413 });
});

test("trailers are there once the end was read, and not before", () => {
  const { body } = bodyOf([data("a"), { type: "end", trailers: ["x-sum", "1"] }]);
  body.read();
  assert.deepEqual(body.trailers, []);
  body.read();
  assert.deepEqual(body.trailers, ["x-sum", "1"]);
});

test("a connection that closed is a body cut short", async () => {
  await assert.rejects(bodyOf([{ type: "closed" }]).body.read() as Promise<unknown>, {
    status: 400,
    message: /cut short/,
  });
});

test("fail rejects whoever waits, and keeps the first reason", async () => {
  const { body } = bodyOf([]);
  const pending = body.read() as Promise<unknown>;
  body.fail(new RequestError(408, "first"));
  body.fail(new RequestError(499, "second"));
  await assert.rejects(pending, /first/);
  await assert.rejects(body.read() as Promise<unknown>, /first/);
});

test("two reads at once are refused: the second would take the first one's bytes", async () => {
  const { body } = bodyOf([]);
  void body.read();
  await assert.rejects(body.read() as Promise<unknown>, /already being read/);
});

test("a request without a body reads as ended", () => {
  assert.equal(NO_BODY.read(), null);
});

function fault0(): ProtocolEvent {
  return { type: "fault", fault: fault("http1.body-too-large", 0) };
}

test("what is left of a body may be read away up to 64 KiB, unless the client waits for 100 Continue", () => {
  const { body } = bodyOf([data("abc")]);
  assert.deepEqual(
    [body.mayBeDiscarded(65_536), body.mayBeDiscarded(65_537), body.mayBeDiscarded("chunked")],
    [true, false, true],
  );
  body.read();
  assert.deepEqual([body.mayBeDiscarded(65_539), body.mayBeDiscarded(65_540)], [true, false]);
  assert.equal(bodyOf([], true).body.mayBeDiscarded(1), false);
  assert.deepEqual([body.discard(65_536), body.discard(1), body.received], [true, false, 3]);
});

test("when the response is over a reader that waits is told so, a later one too, and a body that was read whole still is", async () => {
  const { body } = bodyOf([data("abc")]);
  assert.equal(String(await body.read()), "abc");
  const waiting = body.read() as Promise<unknown>;
  body.close();
  await assert.rejects(waiting, { status: 499, message: "the response is over" });
  await assert.rejects(body.read() as Promise<unknown>, { status: 499 });
  const late = bodyOf([data("abc")]).body;
  late.close();
  await assert.rejects(late.read() as Promise<unknown>, { status: 499 });
  const whole = bodyOf([END]).body;
  assert.equal(await whole.read(), null);
  whole.close();
  assert.equal(await whole.read(), null);
});
