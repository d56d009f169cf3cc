import assert from "node:assert/strict";
import { ServerResponse } from "node:http";
import { Readable } from "node:stream";
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

test("a hint keeps to itself what frames a message, and a name that is none is an exception in the application", () => {
  const events = drive((_q, s) => {
    const link = "</a.css>; rel=preload";
    s.writeEarlyHints({ link, "content-length": "5", "Transfer-Encoding": "chunked", connection: "close" });
    assert.throws(() => s.writeEarlyHints({ link, "a b": "1" }), { code: "ERR_INVALID_HTTP_TOKEN" });
    s.end();
  }).pump();
  assert.deepEqual((events[0] as { fields: unknown }).fields, ["Link", "</a.css>; rel=preload"]);
  assert.equal(events.length, 2);
});

for (const [what, say] of [
  ["a length that is none", (s: ServerResponse) => s.setHeader("Content-Length", Number.NaN)],
  ["an interim status", (s: ServerResponse) => Object.assign(s, { statusCode: 103 })],
  ["more bytes than were said", (s: ServerResponse) => s.setHeader("Content-Length", 1)],
] as const) {
  test(`${what} throws nothing where a stream is piped and nobody could catch it: 500, a report, and the worker lives`, async () => {
    const driven = drive((_q, s) => {
      say(s);
      Readable.from(["ab", "cd"]).pipe(s);
    });
    driven.pump();
    await new Promise(setImmediate);
    const [event] = driven.pump();
    assert.deepEqual([event?.type, (event as { status?: number }).status], ["response", 500]);
    assert.equal(driven.troubles.length, 1);
  });
}

test("a response that was ended takes no bytes more, however they are pushed", () => {
  const driven = drive((_q, s) => {
    s.end("ab");
    (s as unknown as { _send(text: string): void })._send("cd");
  });
  const [event] = driven.pump();
  assert.equal(String((event as { body?: unknown }).body), "ab");
});
