// What an application sends of a response, as the events of the wire. The numbers are those of the check-list in docs/asgi.md.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AsgiReply } from "../../src/interfaces/asgi-reply.ts";
import type { SendEvent } from "../../src/protocol/events.ts";
import { driveAsgi } from "../support/asgi.ts";

const START = { type: "http.response.start", status: 200 } as const;
const BODY = "http.response.body" as const;

function replyTo(method = "GET"): { reply: AsgiReply; out: SendEvent[]; sink: { put(event: SendEvent): void } } {
  const out: SendEvent[] = [];
  return { reply: new AsgiReply({ method }), out, sink: { put: (event) => void out.push(event) } };
}

test("A8: a body before the start, a second start, and trailers where none were announced are refused", () => {
  const { reply, sink, out } = replyTo();
  assert.throws(() => reply.body({ type: BODY }, sink), /http\.response\.body was sent before the start/);
  reply.start(START);
  assert.throws(() => reply.start(START), /http\.response\.start was sent twice/);
  assert.throws(() => reply.trailers({ type: "http.response.trailers" }, sink), /the start said no trailers: true/);
  assert.deepEqual([reply.broken, out], [undefined, []]);
});

test("A8: what is sent after the end is ignored", async () => {
  const driven = await driveAsgi(async (_scope, _receive, send) => {
    await send(START);
    await send({ type: BODY, body: "a" });
    await send({ type: BODY, body: "b" });
    await send(START);
  });
  assert.deepEqual([driven.body, driven.events.length, driven.said], ["a", 1, []]);
});

test("A9: the start is held until the first body event, and what is whole is one event with its length", () => {
  const { reply, sink, out } = replyTo();
  reply.start({ ...START, headers: [["X", "1"]] });
  assert.equal(out.length, 0);
  reply.body({ type: BODY, body: "hé" }, sink);
  const [event] = out;
  if (event?.type !== "response") assert.fail();
  assert.deepEqual([event.fields, event.length, event.more, reply.phase], [["x", "1"], 3, false, "over"]);
});

test("A9: an empty first part sends the head, so that a client of an event stream sees it open", () => {
  const { reply, sink, out } = replyTo();
  reply.start(START);
  reply.body({ type: BODY, more_body: true }, sink);
  const [event] = out;
  if (event?.type !== "response") assert.fail();
  assert.deepEqual([event.body, event.more, event.length], [undefined, true, undefined]);
});

test("A9: a Transfer-Encoding of the application is ignored, Connection: close is done, other fields of the connection are refused", () => {
  const { reply, sink, out } = replyTo();
  reply.start({
    ...START,
    headers: [
      ["transfer-encoding", "chunked"],
      ["connection", "close"],
    ],
  });
  reply.body({ type: BODY }, sink);
  const [event] = out;
  if (event?.type !== "response") assert.fail();
  assert.deepEqual([event.fields, event.close], [[], true]);
  assert.throws(() => replyTo().reply.start({ ...START, headers: [["upgrade", "h2c"]] }), /belongs to the connection/);
});

test("A11: without a length the body has none of its own; with one, exactly so many bytes go out", () => {
  const { reply, sink, out } = replyTo();
  reply.start({ ...START, headers: [["content-length", "4"]] });
  reply.body({ type: BODY, body: "ab", more_body: true }, sink);
  reply.body({ type: BODY, body: "cd" }, sink);
  assert.deepEqual(
    out.map((event) => (event.type === "response" ? event.length : event.type)),
    [4, "data", "end"],
  );
});

for (const [what, parts, begun] of [
  ["more bytes than Content-Length, at once", ["abcde"], false],
  ["fewer bytes than Content-Length, at once", ["abc"], false],
  ["more bytes than Content-Length, later", ["ab", "cde"], true],
  ["fewer bytes than Content-Length, later", ["ab", "c"], true],
] as const) {
  test(`A11: ${what}: a ${begun ? "cut with no byte too many" : "500"}, logged once`, async () => {
    const driven = await driveAsgi(async (_scope, _receive, send) => {
      await send({ ...START, headers: [["content-length", "4"]] });
      for (const [i, body] of parts.entries()) await send({ type: BODY, body, more_body: i < parts.length - 1 });
    });
    const total = parts.join("").length;
    assert.deepEqual([driven.status, driven.end], begun ? [200, "cut"] : [500, "whole"]);
    if (begun) assert.equal(driven.body, parts.join("").slice(0, 4));
    assert.deepEqual(driven.said, [
      [`the application said Content-Length 4 and gave ${total} bytes`, begun ? "cut" : 500],
    ]);
  });
}

test("A11: HEAD has the headers of GET and no byte of a body", async () => {
  const driven = await driveAsgi(
    async (_scope, _receive, send) => {
      await send(START);
      await send({ type: BODY, body: "abc" });
    },
    { method: "HEAD" },
  );
  assert.deepEqual([driven.response.length, driven.body, driven.said], [3, "", []]);
});

for (const status of [204, 205, 304]) {
  test(`A11: ${status} has no body, and one that is given is logged and not sent`, async () => {
    const driven = await driveAsgi(async (_scope, _receive, send) => {
      await send({ ...START, status });
      await send({ type: BODY, body: "abc" });
    });
    assert.deepEqual([driven.status, driven.response.length, driven.body], [status, undefined, ""]);
    assert.deepEqual(driven.said, [
      [`the application gave a body with status ${status}, which has none: it was not sent`, "none"],
    ]);
  });
}

test("A33: trailers follow the body where the start said so, in as many events as they like", async () => {
  const driven = await driveAsgi(
    async (_scope, _receive, send) => {
      await send({ ...START, trailers: true, headers: [["trailer", "x-sum"]] });
      await send({ type: BODY, body: "abc" });
      await send({ type: "http.response.trailers", headers: [["X-Sum", "1"]], more_trailers: true });
      await send({ type: "http.response.trailers", headers: [["x-last", "2"]] });
    },
    { fields: ["host", "h", "te", "trailers", "connection", "TE"] },
  );
  const { length, more, announces } = driven.response;
  assert.deepEqual([length, more, announces], [undefined, true, ["x-sum"]]);
  assert.deepEqual(driven.events.at(-1), { type: "end", trailers: ["x-sum", "1", "x-last", "2"] });
});

test("A33: a body after its end is refused where trailers are due, and so is a name that may not be a trailer", () => {
  const { reply, sink } = replyTo();
  reply.start({ ...START, trailers: true });
  reply.body({ type: BODY }, sink);
  assert.throws(() => reply.body({ type: BODY }, sink), /after the last one/);
  const set = { type: "http.response.trailers", headers: [["set-cookie", "a"]] };
  assert.throws(() => reply.trailers(set, sink), /"set-cookie" may not be a trailer/);
});
