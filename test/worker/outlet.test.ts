import assert from "node:assert/strict";
import { test } from "node:test";
import type { Piece, ResponseEvent } from "../../src/protocol/events.ts";
import { Http1Codec } from "../../src/protocol/http1/codec.ts";
import { Outlet } from "../../src/worker/outlet.ts";
import type { Patience } from "../../src/worker/patience.ts";
import type { Transport } from "../../src/worker/transport.ts";

const LIMITS = { requestLine: 8_190, fields: 100, fieldSize: 8_190, allFields: 65_536, body: 0 };
const OK: ResponseEvent = {
  ...{ type: "response", status: 200, reason: "OK", fields: [], length: 3, date: "", close: false },
  ...{ body: "abc", more: false },
};

/** An outlet after one request, over a peer that takes everything, or nothing. */
function outletOf(takes: boolean) {
  const calls: unknown[] = [];
  const transport = {
    unsent: 7,
    write: (pieces: readonly Piece[]) => {
      calls.push(pieces.map(String).join(""));
      return takes;
    },
  };
  const patience = { sending: (unsent: number) => void calls.push(unsent), sent: () => void calls.push("sent") };
  const codec = new Http1Codec({ limits: LIMITS, server: "" });
  codec.receive(Buffer.from("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  codec.nextEvent();
  return { calls, outlet: new Outlet(codec, transport as Transport, patience as unknown as Patience) };
}

test("what is put out is written in one go when it is flushed, and only then", () => {
  const { calls, outlet } = outletOf(true);
  outlet.put({ type: "information", status: 100, fields: [] });
  outlet.put(OK);
  assert.deepEqual([calls, outlet.wrote, outlet.response], [[], false, OK]);
  outlet.flush();
  outlet.flush();
  assert.equal(calls.length, 1);
  assert.match(String(calls[0]), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nabc$/);
  assert.deepEqual([outlet.wrote, outlet.blocked], [true, false]);
});

test("a peer that takes less than it is given blocks the outlet until it has everything", () => {
  const { calls, outlet } = outletOf(false);
  outlet.put(OK);
  outlet.flush();
  assert.deepEqual([outlet.blocked, calls.at(-1)], [true, 7]);
  outlet.wrote = false;
  outlet.drained();
  assert.deepEqual([outlet.blocked, outlet.wrote, calls.at(-1)], [false, true, "sent"]);
});
