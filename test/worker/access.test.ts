import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../../src/gateway/exchange.ts";
import { fault } from "../../src/protocol/faults.ts";
import { refusal } from "../../src/protocol/refusal.ts";
import { basicUser, RecordEntry } from "../../src/worker/access.ts";

import { Meter } from "../../src/worker/meter.ts";
import { headOf, INFO } from "../support/exchange.ts";

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

for (const [fields, user] of [
  [["authorization", basic("ann:secret")], "ann"],
  [["host", "h", "authorization", basic("ann")], "ann"],
  [["authorization", basic(":secret")], "-"],
  [["authorization", "Bearer abc"], "-"],
  [["authorization", "Basic ???"], "-"],
  [[], "-"],
] as const) {
  test(`the user of ${JSON.stringify(fields)} is ${user}`, () => {
    assert.equal(basicUser(fields), user);
  });
}

test("an entry says what its record says, and the client that the application had", () => {
  const meter = new Meter();
  meter.start();
  meter.count("abc");
  const lookup = (key: string) => (key === "REMOTE_ADDR" ? "203.0.113.9" : `value of ${key}`);
  const entry = new RecordEntry(2, 3);
  entry.record = meter.record({
    head: headOf({ method: "PUT", target: "/a?b", fields: ["authorization", basic("ann:x")] }),
    info: INFO,
    exchange: { requestId: "id-1", lookup } as unknown as Exchange,
    response: refusal(fault("http1.bad-host", 0), ""),
    bytesIn: 7,
    aborted: true,
  });
  const { remoteAddress, user, method, target, version, status, bytesOut, bytesIn, requestId, aborted } = entry;
  assert.deepEqual(
    [remoteAddress, user, method, target, version, status, bytesOut, bytesIn, requestId, aborted],
    ["203.0.113.9", "ann", "PUT", "/a?b", "1.1", 400, 3, 7, "id-1", true],
  );
  assert.deepEqual([entry.slot, entry.generation, entry.environ?.("x")], [2, 3, "value of x"]);
  assert.ok(entry.durationUs >= entry.firstByteUs! && Math.abs(Date.now() - entry.time) < 5_000);
});

test("the entry of what was refused has empty words, and the peer", () => {
  const entry = new RecordEntry(1, 1);
  entry.record = new Meter().refusal(refusal(fault("http1.bad-host", 0), ""), INFO);
  const { remoteAddress, user, method, target, version, requestId, environ, firstByteUs } = entry;
  assert.deepEqual(
    [remoteAddress, user, method, target, version, requestId, environ, firstByteUs],
    [INFO.remoteAddress, "-", "", "", "", "", undefined, undefined],
  );
});
