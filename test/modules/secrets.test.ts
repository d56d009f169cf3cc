import assert from "node:assert/strict";
import { test } from "node:test";
import { MASK, masked } from "../../src/modules/secrets.ts";

test("what is named like a secret is masked, and what is long is cut", () => {
  for (const name of ["Authorization", "cookie", "X-Api-Key", "x-csrf-token", "Set-Cookie", "password"]) {
    assert.equal(masked(name, "value"), MASK, name);
  }
  assert.equal(masked("accept", "text/html"), "text/html");
  assert.equal(masked("accept", "x".repeat(501)), `${"x".repeat(500)}...`);
});
