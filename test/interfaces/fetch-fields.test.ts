// What of a Response's headers is sent.

import assert from "node:assert/strict";
import { test } from "node:test";
import { decodedFields, sentFields } from "../../src/interfaces/fetch-fields.ts";

for (const [what, given, status, fields, length, close] of [
  [
    "all that is not the connection's",
    ["a", "1", "set-cookie", "x", "set-cookie", "y"],
    200,
    ["a", "1", "set-cookie", "x", "set-cookie", "y"],
    undefined,
    false,
  ],
  ["a length", ["content-length", "12", "a", "1"], 200, ["a", "1"], 12, false],
  [
    "the connection's own",
    ["connection", "Keep-Alive, Close", "te", "x", "trailer", "x", "upgrade", "h2c"],
    200,
    [],
    undefined,
    true,
  ],
  ["Upgrade with 426", ["upgrade", "websocket"], 426, ["upgrade", "websocket"], undefined, false],
] as const) {
  test(`fields that are sent: ${what}`, () => {
    const sent = sentFields(given, status);
    assert.deepEqual([sent.fields, sent.length, sent.close, sent.isEventStream], [fields, length, close, false]);
  });
}

test("an event stream is known by its type", () => {
  assert.equal(sentFields(["content-type", "text/event-stream; charset=utf-8"], 200).isEventStream, true);
});

test("a frozen list is judged once", () => {
  const fields = Object.freeze(["a", "1"]);
  assert.equal(sentFields(fields, 200), sentFields(fields, 404));
  assert.notEqual(sentFields(["a", "1"], 200), sentFields(["a", "1"], 200));
});

for (const [name, value] of [
  ["content-length", "-1"],
  ["content-length", "1, 1"],
  ["content-length", "99999999999999999999"],
  ["a", "\u007f"],
  ["a", "\u0100"],
] as const) {
  test(`${name}: ${JSON.stringify(value)} is named and not sent`, () => {
    assert.throws(() => sentFields([name, value], 200), { name: "ContractError" });
  });
}

test("a body that fetch() has decoded loses its coding and its length, and any other keeps them", () => {
  const fields = ["content-encoding", "gzip, br", "content-length", "5", "a", "1"];
  assert.deepEqual(decodedFields(fields), ["a", "1"]);
  assert.deepEqual(decodedFields(["content-encoding", "aws-chunked"]), ["content-encoding", "aws-chunked"]);
  assert.deepEqual(decodedFields(["a", "content-encoding"]), ["a", "content-encoding"]);
});
