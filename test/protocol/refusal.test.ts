import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULTS, type FaultCode, fault } from "../../src/protocol/faults.ts";
import { refusal } from "../../src/protocol/refusal.ts";

test("a refusal is one line that says status and reason, and closes", () => {
  assert.deepEqual(refusal(fault("http1.no-host", 18), "Sun, 06 Nov 1994 08:49:37 GMT"), {
    type: "response",
    status: 400,
    reason: "Bad Request",
    fields: ["Content-Type", "text/plain; charset=utf-8"],
    length: 55,
    date: "Sun, 06 Nov 1994 08:49:37 GMT",
    close: true,
    body: "400 Bad Request: an HTTP/1.1 request has no Host field\n",
    more: false,
  });
});

test("every fault has a refusal with a reason phrase, and a length that is the size of its text; each of them closes", () => {
  for (const [code, { status, why }] of Object.entries(FAULTS)) {
    const event = refusal(fault(code as FaultCode, 0), "");
    assert.equal(event.body, `${status} ${event.reason}: ${why}\n`);
    assert.match(event.reason, /^[A-Z][A-Za-z ]+$/, code);
    assert.equal(event.length, (event.body as string).length);
    assert.equal(event.close, true, code);
  }
});
