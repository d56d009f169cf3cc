import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../../src/gateway/exchange.ts";
import { fault } from "../../src/protocol/faults.ts";
import { refusal } from "../../src/protocol/refusal.ts";
import { Meter } from "../../src/worker/meter.ts";
import { headOf, INFO } from "../support/exchange.ts";

const exchange = { requestId: "id-1", lookup: (key: string) => `value of ${key}` } as unknown as Exchange;

test("bytes of all pieces are counted from the start of each request, and HEAD sends none", () => {
  const meter = new Meter();
  const outcome = { info: INFO, exchange, response: undefined, bytesIn: 7, aborted: false };
  for (const [method, bytes] of [
    ["GET", 5],
    ["GET", 5],
    ["HEAD", 0],
  ] as const) {
    meter.start();
    meter.count("abc");
    meter.count(new Uint8Array(2));
    meter.count(undefined);
    const record = meter.record({ ...outcome, head: headOf({ method }) });
    assert.deepEqual([record.bytesOut, record.status, record.outcome.bytesIn], [bytes, 0, 7]);
    assert.ok(record.firstByteUs >= 0 && record.durationUs >= record.firstByteUs);
  }
});

test("a request without a response has status 0, no first byte, and says that it was aborted", () => {
  const meter = new Meter();
  meter.start();
  const record = meter.record({
    head: headOf({}),
    info: INFO,
    exchange,
    response: undefined,
    bytesIn: 0,
    aborted: true,
  });
  assert.deepEqual(
    [record.status, record.firstByteUs, record.responseFields, record.outcome.aborted],
    [0, 0, [], true],
  );
});

test("what was refused has a status and a size, and no head", () => {
  const answer = refusal(fault("http1.bad-host", 0), "");
  const record = new Meter().refusal(answer, INFO);
  assert.deepEqual(
    [record.outcome.head, record.status, record.bytesOut, record.durationUs, record.outcome.aborted],
    [undefined, 400, String(answer.body).length, 0, false],
  );
});

test("a record is gone when it was read, so that an idle connection keeps nothing of its last request", () => {
  const meter = new Meter();
  const record = meter.refusal(refusal(fault("http1.bad-host", 0), ""), INFO);
  meter.forget();
  assert.throws(() => record.status, TypeError);
});
