import assert from "node:assert/strict";
import { test } from "node:test";
import { FORWARDED, fieldName, UNDERSCORE, X_FORWARDED } from "../../src/gateway/field-names.ts";

for (const [name, key, mark, underscored] of [
  ["accept", "HTTP_ACCEPT", 0, undefined],
  ["x-many-words", "HTTP_X_MANY_WORDS", 0, undefined],
  ["content-type", "CONTENT_TYPE", 0, undefined],
  ["content-length", "CONTENT_LENGTH", 0, undefined],
  ["proxy", null, 0, undefined],
  ["forwarded", "HTTP_FORWARDED", FORWARDED, undefined],
  ["x-forwarded-for", "HTTP_X_FORWARDED_FOR", X_FORWARDED, undefined],
  ["x-forwarded-prefix", "HTTP_X_FORWARDED_PREFIX", X_FORWARDED, undefined],
  ["x-forwarded-server", "HTTP_X_FORWARDED_SERVER", 0, undefined],
  ["x_forwarded_for", null, UNDERSCORE, "HTTP_X_FORWARDED_FOR"],
  ["x-forwarded_for", null, UNDERSCORE, "HTTP_X_FORWARDED_FOR"],
] as const) {
  test(`${name} is ${key ?? underscored ?? "nothing"} in the environ`, () => {
    // Twice: the second answer comes from the cache.
    for (let i = 0; i < 2; i += 1) assert.deepEqual(fieldName(name), { key, mark, underscored });
  });
}

test("a client that sends thousands of names gets right answers and no more memory than a thousand names take", () => {
  for (let i = 0; i < 3_000; i += 1) assert.equal(fieldName(`x-${i}`).key, `HTTP_X_${i}`);
  assert.notEqual(fieldName("x-2999"), fieldName("x-2999"));
  assert.equal(fieldName("accept"), fieldName("accept"));
});
