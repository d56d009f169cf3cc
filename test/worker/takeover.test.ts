import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { test } from "node:test";
import type { Exchange, LeaveCode, UpgradeEvent } from "../../src/gateway/exchange.ts";
import { Meter } from "../../src/worker/meter.ts";
import { Takeover } from "../../src/worker/takeover.ts";
import { headOf, INFO } from "../support/exchange.ts";

const exchange = { requestId: "id-1", lookup: () => undefined } as unknown as Exchange;

/** What a socket counts, as far as it is looked at. */
const socketOf = (bytesRead: number, bytesWritten: number) => ({ bytesRead, bytesWritten }) as Socket;

test("the socket goes to whoever upgrades, with the bytes behind the request, and so does the order to leave", () => {
  const codes: LeaveCode[] = [];
  const taken: unknown[] = [];
  const socket = socketOf(0, 0);
  const takeover = new Takeover(headOf({}), exchange, socket);
  takeover.leave(1012);
  const event: UpgradeEvent = {
    type: "upgrade",
    take: (...given) => {
      taken.push(...given);
      return { status: 101, leave: (code) => void codes.push(code) };
    },
  };
  takeover.begin(event, Uint8Array.of(1, 2));
  takeover.leave(1001);
  assert.deepEqual([taken, codes], [[socket, Buffer.of(1, 2)], [1001]]);
});

test("its record has the status of the answer, and the bytes since the upgrade, not those of earlier requests", () => {
  const socket = socketOf(1_000, 2_000);
  const meter = new Meter();
  meter.start();
  const takeover = new Takeover(headOf({}), exchange, socket);
  takeover.begin({ type: "upgrade", take: () => ({ status: 101, leave() {} }) }, new Uint8Array());
  Object.assign(socket, { bytesRead: 1_030, bytesWritten: 2_500 });
  const record = takeover.record(meter, INFO)!;
  assert.deepEqual([record.status, record.outcome.bytesIn, record.bytesOut], [101, 30, 500]);
  assert.equal(takeover.record(undefined, INFO), undefined, "nobody writes an access log");
});

test("a connection that was never answered has no status", () => {
  const meter = new Meter();
  meter.start();
  const takeover = new Takeover(headOf({}), exchange, socketOf(0, 0));
  takeover.begin({ type: "upgrade", take: () => ({ status: 0, leave() {} }) }, new Uint8Array());
  assert.equal(takeover.record(meter, INFO)!.status, 0);
});
