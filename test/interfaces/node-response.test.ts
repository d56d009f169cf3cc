import assert from "node:assert/strict";
import { ServerResponse } from "node:http";
import { test } from "node:test";
import { isInformation } from "../../src/interfaces/node-response.ts";
import { drive } from "../support/node-exchange.ts";

const bodyOf = (write: (response: ServerResponse) => void): unknown =>
  (drive((_q, s) => write(s)).pump()[0] as { body: unknown }).body;

test("ASCII goes as it is, other text as bytes of its encoding, bytes as the same bytes", () => {
  const bytes = Buffer.from([0, 255]);
  assert.equal(
    bodyOf((s) => s.end("plain")),
    "plain",
  );
  assert.deepEqual(
    bodyOf((s) => s.end("\u00e9")),
    Buffer.from("\u00e9"),
  );
  assert.deepEqual(
    bodyOf((s) => s.end("\u00e9", "latin1")),
    Buffer.from([0xe9]),
  );
  assert.deepEqual(
    bodyOf((s) => s.end("6869", "hex")),
    Buffer.from("hi"),
  );
  assert.equal(
    bodyOf((s) => s.end(bytes)),
    bytes,
  );
});

test("interim responses are events of their own, before the head; what the codec cannot say is left out", () => {
  const events = drive((_q, s) => {
    assert.ok(s instanceof ServerResponse);
    s.writeProcessing();
    s.writeEarlyHints({ link: "</a.css>; rel=preload", "x-a": "1" });
    s.end("x");
  }).pump();
  assert.deepEqual(
    events.map((event) => [event.type, (event as { status?: number }).status]),
    [
      ["information", 102],
      ["information", 103],
      ["response", 200],
    ],
  );
  assert.deepEqual((events[1] as { fields: unknown }).fields, ["Link", "</a.css>; rel=preload", "x-a", "1"]);
  assert.deepEqual([100, 102, 103, 101, 104].map(isInformation), [true, true, true, false, false]);
});

test("a hint that would split the response is an exception in the application", () => {
  drive((_q, s) => {
    assert.throws(() => s.writeEarlyHints({ link: "</a.css>; rel=preload", "x-a": "1\u0000" }), {
      code: "ERR_INVALID_CHAR",
    });
    s.end();
  }).pump();
});
