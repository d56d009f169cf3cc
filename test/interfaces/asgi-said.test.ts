// Events that are wrong. The numbers are those of the check-list in docs/asgi.md.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, headersOf, linksOf, pairsOf } from "../../src/interfaces/asgi-said.ts";
import type { HttpSendEvent } from "../../src/interfaces/asgi-types.ts";
import { driveAsgi } from "../support/asgi.ts";

const start = { type: "http.response.start", status: 200 };
const body = { type: "http.response.body" };

for (const [what, events, message] of [
  ["no event", [5], "send was given 5: expected one of http.response.start, http.response.body"],
  ["nothing", [undefined], "send was given undefined: expected one of"],
  ["an unknown type", [{ type: "http.response.begin" }], 'an event of type "http.response.begin": expected one of'],
  ["an event of another scope", [{ type: "websocket.accept" }], 'an event of type "websocket.accept": expected one of'],
  [
    "a start without a status",
    [{ type: "http.response.start" }],
    "status is undefined: expected a whole number from 200",
  ],
  ["a status that is text", [{ ...start, status: "200" }], 'status is "200": expected a whole number'],
  ["an interim status", [{ ...start, status: 103 }], "status is 103: expected a whole number from 200 to 999"],
  ["headers that are no list", [{ ...start, headers: { a: "b" } }], "headers an object: expected an iterable"],
  ["a header that is no pair", [{ ...start, headers: [["a"]] }], "header 0 is an array of 1: expected a [name, value]"],
  ["a name that is a number", [{ ...start, headers: [[1, "a"]] }], "the name of header 0 is 1: expected a string"],
  ["a value that is a number", [{ ...start, headers: [["a", 1]] }], "header a is 1: expected a string or a Uint8Array"],
  ["a name that is no token", [{ ...start, headers: [["a b", "c"]] }], 'header name "a b": expected letters'],
  ["a line break in a value", [{ ...start, headers: [["a", "b\r\nc: d"]] }], "header a has U+000D at position 1"],
  [
    "two lengths",
    [
      {
        ...start,
        headers: [
          ["content-length", "1"],
          ["content-length", "1"],
        ],
      },
    ],
    "given twice",
  ],
  [
    "a header called status",
    [{ ...start, headers: [["Status", "200"]] }],
    "the status is no header, but the status of",
  ],
  ["a body that is a number", [start, { ...body, body: 5 }], "body is 5: expected a Uint8Array or a string"],
  ["a body that is null", [start, { ...body, body: null }], "body is null: expected a Uint8Array or a string"],
  ["more_body that is a number", [start, { ...body, more_body: 1 }], "more_body is 1: expected true or false"],
  ["trailers that is a list", [{ ...start, trailers: [] }], "trailers is an array of 0: expected true or false"],
] as const) {
  test(`A13: ${what}: send rejects with what was given and what fits, and let through it is a logged 500`, async () => {
    let caught: unknown;
    const driven = await driveAsgi(async (_scope, _receive, send) => {
      try {
        for (const event of events) await send(event as unknown as HttpSendEvent);
      } catch (error) {
        caught = error;
        throw error;
      }
    });
    assert.ok(caught instanceof TypeError && caught.message.includes(message), String(caught));
    assert.deepEqual([driven.status, driven.said], [500, [[caught.message, 500]]]);
  });
}

test("A13: after a refusal the application may say it right, and keys that nobody knows are fine", async () => {
  const driven = await driveAsgi(async (_scope, _receive, send) => {
    await assert.rejects(send({ type: "http.response.start", status: 20 }));
    const more: object = { note: "mine" };
    await send({ type: "http.response.start", status: 201, ...more });
    await send({ type: "http.response.body", body: "ok", ...more });
  });
  assert.deepEqual([driven.status, driven.body, driven.said], [201, "ok", []]);
});

test("A9: names are put in lower case, names and values may be bytes, and a Headers object is a list of them", () => {
  const bytes = new Uint8Array([0x58, 0x2d, 0xe9]);
  assert.deepEqual(pairsOf([["X-A", bytes]], "t"), [["x-a", "X-é"]]);
  assert.deepEqual(headersOf(new Headers({ "X-B": "1" }), "t").fields, ["x-b", "1"]);
});

test("headers that come again are judged once, and a list that was changed is judged again", () => {
  const list: [string, string][] = [["x", "1"]];
  const first = headersOf(list, "t");
  assert.equal(headersOf([["x", "1"]], "t"), first);
  list[0]![1] = "2";
  assert.deepEqual(headersOf(list, "t").fields, ["x", "2"]);
  const bytes = new Uint8Array([49]);
  assert.deepEqual(headersOf([["x", bytes]], "t").fields, ["x", "1"]);
  bytes[0] = 50;
  assert.deepEqual(headersOf([["x", bytes]], "t").fields, ["x", "2"]);
});

test("text of a body is UTF-8, bytes are as they are", () => {
  assert.deepEqual([bodyOf("é", "t"), bodyOf("e", "t"), bodyOf(undefined, "t")], [Buffer.from("é"), "e", ""]);
});

test("A32: a link with a line break never becomes a hint", () => {
  assert.deepEqual(linksOf(["</a>; rel=preload"], "t"), ["link", "</a>; rel=preload"]);
  assert.throws(
    () => linksOf(["</a>\r\nset-cookie: a"], "t"),
    /t: link 0 is .* expected latin-1 characters without control/,
  );
  assert.throws(() => linksOf("</a>", "t"), /links "<\/a>": expected an iterable/);
});
