import assert from "node:assert/strict";
import { test } from "node:test";
import { permitting } from "../../src/development/csp.ts";

test("one script and its event stream are let in, and nothing else changes", () => {
  for (const [policy, changed] of [
    ["default-src 'self'", "default-src 'self'"],
    ["default-src 'none'", "default-src 'none'; script-src 'nonce-N'; connect-src 'self'"],
    ["img-src *", "img-src *"],
    ["script-src 'nonce-abc'", "script-src 'nonce-abc' 'nonce-N'"],
    ["script-src 'self'; connect-src https://api.example", "script-src 'self'; connect-src https://api.example 'self'"],
    ["script-src 'self' 'strict-dynamic' 'nonce-a'", "script-src 'self' 'strict-dynamic' 'nonce-a' 'nonce-N'"],
    ["script-src x; script-src-elem 'none'", "script-src x; script-src-elem 'nonce-N'"],
    [
      "default-src 'none', script-src 'none'",
      "default-src 'none'; script-src 'nonce-N'; connect-src 'self',script-src 'nonce-N'",
    ],
    ["upgrade-insecure-requests", "upgrade-insecure-requests"],
  ] as const) {
    assert.equal(permitting(policy, "N"), changed);
  }
});

test("where a nonce would forbid the site's own scripts, the policy stays", () => {
  const policy = "script-src 'unsafe-inline' https://cdn.example";
  assert.equal(permitting(policy, "N"), policy);
  assert.match(permitting("script-src 'unsafe-inline' 'nonce-a'", "N"), /'nonce-N'/, "here it is void already");
});
