import assert from "node:assert/strict";
import { test } from "node:test";
import * as contract from "../../src/protocol/codec.ts";
import * as protocol from "../../src/protocol/index.ts";

test("tsgi/protocol has these values and no others: each one more is a promise", () => {
  assert.deepEqual(Object.keys(protocol).sort(), [
    "FAULTS",
    "Http1Codec",
    "MisuseError",
    "NEED_DATA",
    "PAUSED",
    "refusal",
  ]);
});

test("the contract of a codec is types alone, so that another wire shares no code by implementing it", () => {
  assert.deepEqual(Object.keys(contract), []);
});
