import assert from "node:assert/strict";
import { test } from "node:test";
import { ContractError } from "../../src/gateway/body.ts";
import { Reply } from "../../src/gateway/reply.ts";
import { headOf } from "../support/exchange.ts";

const replyTo = (method = "GET"): Reply => new Reply(headOf({ method }));

test("a response begins with what was said, and the head counts as sent from there on", () => {
  const reply = replyTo();
  reply.say("201 Made", [["X-A", "b"]], undefined);
  assert.deepEqual([reply.status, reply.length, reply.begun], [201, undefined, false]);
  const event = reply.begin(3, "abc", false);
  assert.deepEqual(
    [event.status, event.reason, event.fields, event.length, event.body, event.more, event.close, event.announces],
    [201, "Made", ["X-A", "b"], 3, "abc", false, false, undefined],
  );
  assert.equal(reply.begun, true);
});

test("nothing can begin before startResponse was called as it should be", () => {
  const reply = replyTo();
  assert.throws(() => reply.length, ContractError);
  assert.throws(() => reply.begin(0, undefined, false), /did not call startResponse/);
  assert.throws(() => reply.say("ok", [], undefined), TypeError);
  assert.throws(() => reply.length, ContractError);
  // The first call counts, although it threw.
  assert.throws(() => reply.say("200 OK", [], undefined), /called twice/);
});

test("a second call needs the error that made it necessary, and after the head that error is thrown again", () => {
  const reply = replyTo();
  const why = new Error("why");
  reply.say("200 OK", [["Content-Length", "5"]], undefined);
  assert.throws(() => reply.say("200 OK", [], null), /called twice/);
  reply.say("500 Oh", [], why);
  assert.deepEqual([reply.status, reply.length], [500, undefined]);
  reply.begin(0, undefined, false);
  assert.throws(() => reply.say("500 Oh", [], why), why);
});

test("HEAD, 204, 205 and 304 have no body", () => {
  assert.equal(replyTo("HEAD").bodyless, true);
  for (const [status, bodyless] of [
    ["200 OK", false],
    ["204 None", true],
    ["205 Reset", true],
    ["304 Same", true],
  ] as const) {
    const reply = replyTo();
    reply.say(status, [], undefined);
    assert.equal(reply.bodyless, bodyless, status);
  }
});

test("trailers that are said before the head are announced, and a bad one is refused in the call", () => {
  const reply = replyTo();
  reply.say("200 OK", [], undefined);
  reply.add([]);
  assert.throws(() => reply.add([["Host", "x"]]), TypeError);
  reply.add([["X-Sum", "1"]]);
  assert.deepEqual(reply.begin(undefined, undefined, true).announces, ["X-Sum"]);
});

test("an event stream is endless unless it said how long it is", () => {
  const reply = replyTo();
  assert.deepEqual([reply.isEventStream, reply.isEndless], [false, false]);
  reply.say("200 OK", [["Content-Type", "text/event-stream"]], undefined);
  assert.deepEqual([reply.isEventStream, reply.isEndless], [true, true]);
  const long = [
    ["Content-Type", "text/event-stream"],
    ["Content-Length", "9"],
  ] as const;
  reply.say("200 OK", long, new Error("again"));
  assert.deepEqual([reply.isEventStream, reply.isEndless], [true, false]);
});
