import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import type { Exchange } from "../../src/gateway/exchange.ts";
import type { ResponseEvent } from "../../src/protocol/events.ts";
import { fault } from "../../src/protocol/faults.ts";
import { refusal } from "../../src/protocol/refusal.ts";
import { Ledger } from "../../src/worker/ledger.ts";
import type { RequestRecord } from "../../src/worker/meter.ts";
import type { Transport } from "../../src/worker/transport.ts";
import { headOf, INFO } from "../support/exchange.ts";

const exchange = { requestId: "id-1", lookup: () => undefined } as unknown as Exchange;
const head = headOf({});

function ledgerOf(wantsRecord: boolean) {
  const told: unknown[] = [];
  const status = (record: RequestRecord | undefined) => record?.status;
  const socket = { bytesRead: 0, bytesWritten: 0 } as Socket;
  const transport = { info: INFO, surrender: () => socket } as unknown as Transport;
  const ledger = new Ledger(
    {
      wantsRecord,
      ended: (record, failed) => void told.push(["ended", status(record), failed]),
      upgraded: () => void told.push(["upgraded"]),
      parted: (record) => void told.push(["parted", status(record)]),
      refused: (what, _info, record) => void told.push(["refused", what.code, status(record)]),
    },
    transport,
  );
  return { told, ledger };
}

const answered = (status: number) => ({ status, fields: [] }) as unknown as ResponseEvent;

test("a request has failed when it was answered with 5xx or cut, not when its client left", () => {
  const { told, ledger } = ledgerOf(false);
  for (const [status, end] of [
    [200, "whole"],
    [200, "left"],
    [200, "cut"],
    [503, "whole"],
    [404, "whole"],
  ] as const) {
    ledger.start();
    ledger.ended({ head, exchange, response: answered(status), bytesIn: 0, end });
  }
  assert.deepEqual(
    told,
    [false, false, true, true, false].map((failed) => ["ended", undefined, failed]),
  );
});

test("there are records where somebody wants them", () => {
  const { told, ledger } = ledgerOf(true);
  ledger.start();
  ledger.count("abc");
  ledger.ended({ head, exchange, response: answered(200), bytesIn: 0, end: "whole" });
  ledger.refused(fault("http1.bad-host", 0), refusal(fault("http1.bad-host", 0), ""));
  assert.deepEqual(told, [
    ["ended", 200, false],
    ["refused", "http1.bad-host", 400],
  ]);
});

test("a connection that was upgraded is told of twice: when it is, and when it is gone; any other not at all", () => {
  const { told, ledger } = ledgerOf(true);
  ledger.leaveUpgraded(1001);
  ledger.parted();
  assert.deepEqual(told, []);
  ledger.start();
  ledger.upgrade(head, exchange, { type: "upgrade", take: () => ({ status: 101, leave() {} }) }, new Uint8Array());
  ledger.parted();
  assert.deepEqual(told, [["upgraded"], ["parted", 101]]);
});
