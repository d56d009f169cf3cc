import assert from "node:assert/strict";
import { test } from "node:test";
import { asksForWebSocket, fieldValue, upgradeOf } from "../../src/gateway/upgrade.ts";
import { headOf } from "../support/exchange.ts";

const ASKS = ["upgrade", "WebSocket", "connection", "keep-alive, Upgrade"] as const;

for (const [says, change, expected] of [
  ["Upgrade that Connection names", { fields: ASKS }, "websocket"],
  ["a list", { fields: ["upgrade", "h2c, websocket", "connection", "upgrade"] }, "h2c, websocket"],
  ["Connection in two lines", { fields: ["upgrade", "x", "connection", "close", "connection", "upgrade"] }, "x"],
  ["no Upgrade", { fields: ["connection", "upgrade"] }, undefined],
  ["Upgrade for another hop", { fields: ["upgrade", "websocket", "connection", "keep-alive"] }, undefined],
  ["Upgrade without Connection", { fields: ["upgrade", "websocket"] }, undefined],
  ["HTTP/1.0, which has no upgrades", { fields: ASKS, version: "1.0" }, undefined],
  ["a body that would come first", { fields: ASKS, length: 3 }, undefined],
  ["a chunked body", { fields: ASKS, length: "chunked" }, undefined],
] as const) {
  test(`${says}: ${expected ?? "no upgrade"}`, () => {
    assert.equal(upgradeOf({ ...headOf({}), ...change }), expected);
  });
}

for (const [upgrade, expected] of [
  ["websocket", true],
  ["WebSocket", true],
  ["h2c, websocket", true],
  ["h2c", false],
  ["websocket2", false],
] as const) {
  test(`Upgrade: ${upgrade} ${expected ? "asks" : "does not ask"} for a websocket, for every interface`, () => {
    assert.equal(asksForWebSocket(headOf({ fields: ["upgrade", upgrade, "connection", "upgrade"] })), expected);
  });
}

test("the value of a repeated field is one list, and of a missing one undefined", () => {
  const head = headOf({ fields: ["a", "1", "b", "2", "a", "3"] });
  assert.deepEqual([fieldValue(head, "a"), fieldValue(head, "b"), fieldValue(head, "c")], ["1, 3", "2", undefined]);
});
