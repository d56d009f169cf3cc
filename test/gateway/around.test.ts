import assert from "node:assert/strict";
import { test } from "node:test";
import { AroundExchange } from "../../src/gateway/around.ts";
import { CUT, type Exchange, RequestError, WAIT } from "../../src/gateway/exchange.ts";

test("what is asked or told of the one around reaches the one within, and its answers come back", () => {
  const told: unknown[] = [];
  const inner: Exchange = {
    requestId: "id-1",
    next: () => WAIT,
    expire: (reason) => {
      told.push(["expire", reason]);
      return CUT;
    },
    lookup: (key) => `the ${key}`,
    drain: (reason) => told.push(["drain", reason]),
    warn: (reason) => told.push(["warn", reason]),
    abort: (reason) => told.push(["abort", reason]),
  };
  const around = new AroundExchange(inner);
  const reason = new RequestError(503, "a test");
  assert.equal(around.requestId, "id-1");
  assert.equal(around.next(), WAIT);
  assert.equal(around.lookup("REMOTE_ADDR"), "the REMOTE_ADDR");
  assert.equal(around.expire(reason), CUT);
  around.drain(reason);
  around.warn(reason);
  around.abort(reason);
  assert.deepEqual(told, [
    ["expire", reason],
    ["drain", reason],
    ["warn", reason],
    ["abort", reason],
  ]);
});
