import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestError } from "../../src/gateway/exchange.ts";
import { refusalFor, refusalOf, refusing } from "../../src/gateway/refusal.ts";
import { FAULTS, fault } from "../../src/protocol/faults.ts";
import { NO_BODY } from "../../src/worker/request-body.ts";
import { headOf, INFO } from "../support/exchange.ts";

test("a 500 is a fixed text with the request id, and the connection goes on", () => {
  const event = refusalOf(500, "id-7");
  assert.deepEqual(
    [event.status, event.reason, event.body, event.length, event.close, event.more],
    [500, "Internal Server Error", "500 Internal Server Error\nrequest id-7\n", 39, false, false],
  );
  assert.deepEqual(event.fields, ["Content-Type", "text/plain; charset=utf-8", "X-Request-Id", "id-7"]);
});

test("a 504 leaves the connection as it is: whoever sends it knows whether the request was read", () => {
  const event = refusalOf(504, "id");
  assert.deepEqual([event.reason, event.close], ["Gateway Timeout", false]);
});

test("a request that is refused whatever it wants has an id of its own, and nothing it could be told changes that", () => {
  let ids = 0;
  const serve = refusing(503, () => `id-${++ids}`);
  const request = { head: headOf({}), info: INFO, body: NO_BODY, wake() {} };
  for (const id of ["id-1", "id-2"]) {
    const exchange = serve(request);
    const reason = new RequestError(504, "late");
    exchange.drain(reason);
    exchange.warn(reason);
    for (const event of [exchange.next(), exchange.expire(reason)]) {
      assert.ok(event.type === "response" && event.status === 503 && String(event.body).includes(id));
    }
    assert.deepEqual([exchange.requestId, exchange.lookup("REMOTE_ADDR")], [id, undefined]);
  }
});

for (const [status, reason] of [
  [400, "Bad Request"],
  [408, "Request Timeout"],
  [413, "Content Too Large"],
  [499, "Error"],
] as const) {
  test(`a ${status} closes the connection, because the rest of the body cannot be trusted`, () => {
    const event = refusalOf(status, "id");
    assert.deepEqual([event.reason, event.close, event.length], [reason, true, String(event.body).length]);
  });
}

test("a fault is answered with its rule and the request id, and the connection closes", () => {
  const event = refusalFor(fault("edge.forwarded-conflict", 0), "id-7");
  const body = `400 Bad Request: ${FAULTS["edge.forwarded-conflict"].why}\n`;
  assert.deepEqual([event.status, event.body, event.length, event.close], [400, body, body.length, true]);
  assert.deepEqual(event.fields, ["Content-Type", "text/plain; charset=utf-8", "X-Request-Id", "id-7"]);
  assert.deepEqual(refusalFor(fault("edge.forwarded-conflict", 0), "id-8").fields.at(-1), "id-8");
});
