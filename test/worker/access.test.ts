import assert from "node:assert/strict";
import { test } from "node:test";
import { basicUser } from "../../src/worker/access.ts";

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
