import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import type { InnerResponse } from "../../src/interfaces/node-names.ts";
import { OUT_HEADERS } from "../../src/interfaces/node-names.ts";
import { Reply, trailersOf } from "../../src/interfaces/node-reply.ts";

const responseOf = (): InnerResponse =>
  Object.assign(new ServerResponse(new IncomingMessage(new Socket())), { shouldKeepAlive: true }) as InnerResponse;

/** What Node would give of fields that were set. */
function replyOf(
  fields: Readonly<Record<string, string | number | readonly string[]>>,
  response = responseOf(),
): Reply {
  for (const [name, value] of Object.entries(fields)) response.setHeader(name, value);
  return new Reply(response, (response as unknown as Record<symbol, unknown>)[OUT_HEADERS!]);
}

for (const [what, fields, expected] of [
  ["a length", { "Content-Length": "5" }, { length: 5, close: false, fields: [] }],
  ["a length that is a number", { "content-length": 5 }, { length: 5, close: false, fields: [] }],
  [
    "a coding, which the codec chooses",
    { "Transfer-Encoding": "chunked", "Content-Length": 5 },
    { length: undefined, close: false, fields: [] },
  ],
  ["a wish to close", { Connection: "close" }, { length: undefined, close: true, fields: [] }],
  [
    "a wish to stay",
    { Connection: "keep-alive", "Keep-Alive": "timeout=5" },
    { length: undefined, close: false, fields: [] },
  ],
  [
    "several values",
    { "Set-Cookie": ["a=1", "b=2"] },
    { length: undefined, close: false, fields: ["Set-Cookie", "a=1", "Set-Cookie", "b=2"] },
  ],
  ["numbers", { "X-A": 5 }, { length: undefined, close: false, fields: ["X-A", "5"] }],
] as const) {
  test(`${what} in the fields of an application becomes the codec's words`, () => {
    const { length, close, fields: said } = replyOf(fields);
    assert.deepEqual({ length, close, fields: said }, expected);
  });
}

test("the same fields again are the same frozen list, which costs the codec nothing", () => {
  const [first, second, third] = [1, 2, 3].map(() => replyOf({ "X-Same": "1", "X-Other": "2" }).fields);
  assert.equal(second, third);
  assert.ok(Object.isFrozen(third));
  assert.deepEqual(first, third);
  assert.notEqual(replyOf({ "X-Same": "2", "X-Other": "2" }).fields, third);
});

/** Harmless when it is judged, and two lines when it is sent. */
const twoFaced = (): object => {
  const texts = ["ok", "ok\r\nX-B: c"];
  return { toString: () => texts.shift() ?? "ok\r\nX-B: c" };
};

for (const [what, make, code] of [
  ["a length that is none", () => replyOf({ "Content-Length": "five" }), "ERR_HTTP_INVALID_HEADER_VALUE"],
  ["a negative length", () => replyOf({ "Content-Length": "-1" }), "ERR_HTTP_INVALID_HEADER_VALUE"],
  [
    "an interim status as the last",
    () => new Reply(Object.assign(responseOf(), { statusCode: 103 }), undefined),
    "ERR_HTTP_INVALID_STATUS_CODE",
  ],
  ["a list with a name too many", () => new Reply(responseOf(), ["X-A"]), "ERR_INVALID_ARG_VALUE"],
  [
    "trailers of a body with a length",
    () => replyOf({ Trailer: "x-sum", "Content-Length": 1 }),
    "ERR_HTTP_TRAILER_INVALID",
  ],
  [
    "a value that says something else when it is asked again",
    () => replyOf({ "X-A": twoFaced() as never }),
    "ERR_INVALID_CHAR",
  ],
  [
    "a line end that came into a list later",
    () => {
      const values = ["a"];
      const response = responseOf();
      response.setHeader("X-A", values);
      values.push("b\r\nX-B: c");
      return replyOf({}, response);
    },
    "ERR_INVALID_CHAR",
  ],
] as const) {
  test(`${what} is an exception in the application`, () => assert.throws(make, { code }));
}

test("a reason is text that was judged, whatever it was", () => {
  const replyWith = (statusMessage: unknown) =>
    new Reply(Object.assign(responseOf(), { statusMessage: statusMessage as never }), undefined);
  assert.equal(replyWith(twoFaced()).reason, "ok");
  assert.throws(() => replyWith({ toString: () => "ok\r\nX-B: c" }), { code: "ERR_INVALID_CHAR" });
});

test("of trailers only those that may trail are announced and sent (RFC 9110 section 6.5.1)", () => {
  assert.deepEqual(replyOf({ Trailer: "X-Sum, Set-Cookie" }).announces, ["X-Sum"]);
  assert.deepEqual(trailersOf("X-Sum: 1\r\nSet-Cookie: a\r\nDigest: b: c\r\n"), ["X-Sum", "1", "Digest", "b: c"]);
  assert.deepEqual(trailersOf("X-Sum: 1\u0001\r\nnone\r\n"), []);
});

test("an event stream is known by its type", () => {
  assert.equal(replyOf({ "content-type": "text/event-stream" }).isEventStream, true);
  assert.equal(replyOf({ "content-type": "text/plain" }).isEventStream, false);
});
