import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestError } from "../../src/gateway/exchange.ts";
import { isEventStream, verdictOn } from "../../src/gateway/failure.ts";

const boom = new Error("boom");
const tooSlow = new RequestError(408, "slow");

// What was thrown, what is known, the answer, and whether nobody is to blame.
const rows = [
  ["an error of the application, in time", boom, {}, 500, false],
  ["the same, too late", boom, { headSent: true }, "cut", false],
  ["the same in an event stream: its end would hide it", boom, { headSent: true, endless: true }, "cut", false],
  ["the client's part, in time", tooSlow, {}, 408, true],
  ["the client's part, too late", tooSlow, { headSent: true }, "cut", true],
  ["one that was told to end, in time", boom, { told: true }, 503, true],
  ["the reason itself, with its status", new RequestError(504, "x"), { told: true }, 504, true],
  ["one that was told, too late", boom, { told: true, headSent: true }, "cut", true],
  ["an event stream that was told", boom, { told: true, headSent: true, endless: true }, "end", true],
  ["the same before its head", boom, { told: true, endless: true }, 503, true],
] as const;
for (const [name, error, known, answer, blameless] of rows) {
  test(`${name}: ${answer}, ${blameless ? "nobody to blame" : "logged"}`, () => {
    const progress = { told: false, headSent: false, endless: false, ...known };
    assert.deepEqual(verdictOn(error, progress), { answer, blameless });
  });
}

test("an event stream is known by its type, in any case and with parameters", () => {
  for (const type of ["text/event-stream", "Text/Event-Stream; charset=utf-8", "text/event-stream ;x=y"]) {
    assert.equal(isEventStream(["X-A", "b", "Content-Type", type]), true, type);
    assert.equal(isEventStream(["content-type", type]), true, type);
  }
  for (const fields of [
    [],
    ["Content-Type", "text/plain"],
    ["Content-Type", "text/event-streams"],
    ["X-Type", "text/event-stream"],
    ["text/event-stream", "Content-Type"],
  ]) {
    assert.equal(isEventStream(fields), false, fields.join(": "));
  }
});
