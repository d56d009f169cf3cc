import assert from "node:assert/strict";
import { test } from "node:test";
import { BadSignature, ImproperlyConfigured, SignatureExpired } from "../../src/application/exceptions.ts";
import {
  constantTimeEqual,
  cookieSigner,
  dumps,
  loads,
  randomToken,
  Signer,
  signerFor,
  TimestampSigner,
} from "../../src/application/signing.ts";

const KEYS = { secretKey: "one", secretKeyFallbacks: [] };

test("what was signed comes back; anything else does not", () => {
  const signer = new Signer({ key: "k" });
  const signed = signer.sign("a:b");
  assert.equal(signer.unsign(signed), "a:b");
  assert.equal(signer.unsign(signer.sign("")), "");
  const signature = signed.slice("a:b:".length);
  // The last character of 43 has bits that decode to nothing: another spelling of the same bytes is another text.
  const twin = signature.slice(0, -1) + String.fromCharCode(signature.charCodeAt(42) + 1);
  const rows = [
    "",
    "a:b",
    ":",
    `a:c:${signature}`,
    `a:b:${signature.slice(1)}`,
    `a:b:${twin}`,
    `a:b:${signature}=`,
    `a:b:${signature} `,
    `x${signed}`,
    `a:b:${"A".repeat(43)}`,
  ];
  for (const row of rows) assert.throws(() => signer.unsign(row), BadSignature, row);
});

test("another key, or another salt, takes nothing", () => {
  const signed = new Signer({ key: "k", salt: "s" }).sign("v");
  assert.throws(() => new Signer({ key: "other", salt: "s" }).unsign(signed), BadSignature);
  assert.throws(() => new Signer({ key: "k", salt: "other" }).unsign(signed), BadSignature);
  // A key and a salt that run together to the same text are still two.
  assert.throws(() => new Signer({ key: "ks", salt: "" }).unsign(signed), BadSignature);
});

test("former keys are taken, and never used to sign", () => {
  const old = new Signer({ key: "old" });
  const rotated = new Signer({ key: "new", fallbackKeys: ["older", "old"] });
  assert.equal(rotated.unsign(old.sign("v")), "v");
  assert.throws(() => old.unsign(rotated.sign("v")), BadSignature);
  assert.equal(new Signer({ key: "new" }).unsign(rotated.sign("v")), "v");
});

test("without a key nothing is signed", () => {
  assert.throws(
    () => new Signer({ key: "" }),
    (e) => e instanceof ImproperlyConfigured && /secretKey/.test(e.message),
  );
  assert.throws(() => dumps(1, { secretKey: "", secretKeyFallbacks: [] }), ImproperlyConfigured);
});

test("a time is signed with the value, and an old one is told from a wrong one", () => {
  let now = 1_000_000;
  const signer = new TimestampSigner({ key: "k" }, () => now);
  const signed = signer.sign("v:w");
  now += 60_000;
  assert.equal(signer.unsign(signed), "v:w");
  assert.equal(signer.unsign(signed, { maxAge: 60 }), "v:w");
  now += 1_000;
  assert.throws(() => signer.unsign(signed, { maxAge: 60 }), SignatureExpired);
  assert.throws(
    () => signer.unsign(`x${signed}`, { maxAge: 60 }),
    (e) => e instanceof BadSignature && !(e instanceof SignatureExpired),
  );
  // A value that was signed without a time.
  assert.throws(() => signer.unsign(new Signer({ key: "k" }).sign("v")), BadSignature);
});

test("dumps and loads carry what JSON can say, also deflated", () => {
  const value = { a: [1, "é", null, true], b: "x".repeat(500) };
  const plain = dumps(value, KEYS);
  const small = dumps(value, KEYS, { compress: true });
  assert.ok(small.length < plain.length / 2);
  assert.match(small, /^[\w.:-]+$/);
  assert.deepEqual(loads(plain, KEYS), value);
  assert.deepEqual(loads(small, KEYS), value);
  assert.equal(dumps(1, KEYS, { compress: true }).startsWith("."), false);
  assert.throws(() => loads(plain, KEYS, { salt: "other" }), BadSignature);
  assert.throws(() => loads(`.${plain}`, KEYS), BadSignature);
  assert.throws(() => loads(plain, KEYS, { maxAge: -1 }), SignatureExpired);
  assert.throws(() => dumps(undefined, KEYS), TypeError);
});

test("signers of one setting are made once; each cookie has its own", () => {
  assert.equal(signerFor(KEYS, "s"), signerFor(KEYS, "s"));
  assert.notEqual(cookieSigner(KEYS, "a"), cookieSigner(KEYS, "b"));
  assert.throws(() => cookieSigner(KEYS, "b").unsign(cookieSigner(KEYS, "a").sign("v")), BadSignature);
});

test("tokens are as long as asked, of letters that fit everywhere, and never the same", () => {
  assert.match(randomToken(), /^[\w-]{43}$/);
  assert.match(randomToken(3), /^[\w-]{4}$/);
  assert.notEqual(randomToken(), randomToken());
});

test("texts are compared whole", () => {
  assert.equal(constantTimeEqual("abc", "abc"), true);
  assert.equal(constantTimeEqual("", ""), true);
  assert.equal(constantTimeEqual("abc", "abd"), false);
  assert.equal(constantTimeEqual("abc", "abcd"), false);
  assert.equal(constantTimeEqual("é", "e"), false);
});

test("what was signed without a time is no value with one, whatever the client put into it", () => {
  const signed = new Signer({ key: "k" }).sign("text:zzzzzz");
  assert.throws(() => new TimestampSigner({ key: "k" }).unsign(signed), BadSignature);
  const options = { key: "k", salt: "same" };
  assert.throws(() => new TimestampSigner(options).unsign(new Signer(options).sign("text:zzzzzz")), BadSignature);
});

test("an age that is no number and a former key that is empty are refused, and take nothing", () => {
  const signer = new TimestampSigner({ key: "k" });
  for (const maxAge of [Number.NaN, "60" as never]) {
    assert.throws(() => signer.unsign(signer.sign("a"), { maxAge }), RangeError);
  }
  for (const former of ["", undefined as never]) {
    assert.throws(() => new Signer({ key: "k", fallbackKeys: [former] }), ImproperlyConfigured);
  }
});
