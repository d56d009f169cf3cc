import assert from "node:assert/strict";
import { test } from "node:test";
import { JsonResponse } from "../../src/application/response.ts";

test("data is written as JSON, with its type", () => {
  const response = new JsonResponse({ a: [1, null, "é"] }, { status: 201, headers: { "X-One": "1" } });
  assert.equal(response.content, '{"a":[1,null,"é"]}');
  assert.equal(response.status, 201);
  assert.deepEqual(response.headerList(), [
    ["Content-Type", "application/json"],
    ["X-One", "1"],
  ]);
  for (const data of [null, 0, "", false, []]) assert.equal(new JsonResponse(data).content, JSON.stringify(data));
  assert.equal(
    new JsonResponse(1, { contentType: "application/problem+json" }).headers.get("Content-Type"),
    "application/problem+json",
  );
});

test("what JSON cannot say is refused, and named", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  for (const [data, message] of [
    [undefined, /undefined/],
    [() => 1, /function/],
    [Symbol("s"), /Symbol\(s\)/],
    [{ n: 1n }, /BigInt; give it as a string or a number$/],
    [circle, /circular/],
  ] as const) {
    assert.throws(
      () => new JsonResponse(data),
      (e) => e instanceof TypeError && e.message.startsWith("JsonResponse: ") && message.test(e.message),
    );
  }
});
