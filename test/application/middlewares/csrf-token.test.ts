// Secrets and the tokens made of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isToken,
  maskedToken,
  newSecret,
  readSecret,
  tokenFits,
} from "../../../src/application/middlewares/csrf-token.ts";

test("a secret is 32 letters and digits, each time another, all of them used", () => {
  const secrets = Array.from({ length: 100 }, newSecret);
  for (const secret of secrets) assert.match(secret, /^[A-Za-z0-9]{32}$/);
  assert.equal(new Set(secrets).size, 100);
  assert.equal(new Set(secrets.join("")).size, 62);
});

test("a token is another each time, and fits its secret only", () => {
  const secret = newSecret();
  const [one, two] = [maskedToken(secret), maskedToken(secret)];
  assert.notEqual(one, two);
  for (const token of [one, two]) {
    assert.equal(token.length, 64);
    assert.equal(token.includes(secret), false);
    assert.equal(tokenFits(token, secret), true);
    assert.equal(tokenFits(token, newSecret()), false);
    const last = token.at(-1) === "a" ? "b" : "a";
    assert.equal(tokenFits(token.slice(0, -1) + last, secret), false);
  }
});

test("the secret itself is a token: scripts read it from the cookie", () => {
  const secret = newSecret();
  assert.equal(tokenFits(secret, secret), true);
  assert.equal(isToken(secret), true);
});

test("what has another shape is no token and no secret", () => {
  const secret = newSecret();
  for (const text of ["", "x", secret.slice(1), `${secret}=`, "é".repeat(64), "-".repeat(32)]) {
    assert.equal(tokenFits(text, secret), false, text);
    assert.equal(isToken(text), false, text);
    assert.equal(readSecret(text), undefined, text);
  }
  assert.equal(readSecret(undefined), undefined);
  assert.equal(readSecret(secret), secret);
});
