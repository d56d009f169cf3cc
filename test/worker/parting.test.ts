import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange, LeaveCode, RequestError } from "../../src/gateway/exchange.ts";
import { Parting } from "../../src/worker/parting.ts";

type Told = [how: string, message: string];

function partingOf() {
  const told: Told[] = [];
  const codes: LeaveCode[] = [];
  const connection = {
    tell: (how: string, reason: RequestError) => void told.push([how, reason.message]),
    leaveUpgraded: (code: LeaveCode) => void codes.push(code),
  };
  return { told, codes, connection, parting: new Parting(new Set([connection])) };
}

/** What a request that begins now is told. */
function briefed(parting: Parting): string[] {
  const told: string[] = [];
  const note = (how: string) => (reason: RequestError) => void told.push(`${how} ${reason.status} ${reason.message}`);
  parting.brief({ drain: note("drain"), warn: note("warn") } as unknown as Exchange);
  return told;
}

const LEAVES = "the worker leaves: a test";
const SOON = "the worker leaves, and cuts in 1.5 s what is still open";

test("requests that are open, and those that begin later, hear that the worker leaves and when they will be cut", () => {
  const { told, parting } = partingOf();
  assert.deepEqual(briefed(parting), []);
  parting.begin("a test", 1012);
  assert.deepEqual([told.splice(0), briefed(parting)], [[["drain", LEAVES]], [`drain 503 ${LEAVES}`]]);
  parting.hurry(1.5);
  assert.deepEqual([told, briefed(parting)], [[["warn", SOON]], [`drain 503 ${LEAVES}`, `warn 503 ${SOON}`]]);
});

test("a cut tells everything at once, and gives the reason", () => {
  const { told, parting } = partingOf();
  const reason = parting.cut("a test", 1001);
  assert.deepEqual([reason.status, reason.message], [503, LEAVES]);
  assert.deepEqual(told, [
    ["drain", LEAVES],
    ["warn", LEAVES],
  ]);
});

test("what was upgraded hears the code of the first reason to leave, also when it is upgraded later", () => {
  const { codes, connection, parting } = partingOf();
  parting.briefUpgraded(connection);
  assert.deepEqual(codes, []);
  parting.begin("a reload", 1012);
  parting.briefUpgraded(connection);
  parting.cut("the server stops", 1001);
  assert.deepEqual(codes, [1012, 1012, 1012]);
});
