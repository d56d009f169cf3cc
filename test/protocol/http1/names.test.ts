import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldName, mayTrail } from "../../../src/protocol/http1/names.ts";

test("fieldName gives the lower-case form of a token, known or not, asked once or again", () => {
  for (const [raw, lower] of [
    ["Host", "host"],
    ["HOST", "host"],
    ["user-agent", "user-agent"],
    ["X-Never-Seen-Before", "x-never-seen-before"],
    ["X-Never-Seen-Before", "x-never-seen-before"],
    ["__proto__", "__proto__"],
    ["toString", "tostring"],
  ] as const) {
    assert.equal(fieldName(raw)?.lower, lower);
  }
});

test("fieldName knows nothing of what is not a token", () => {
  for (const raw of ["", " Host", "Host ", "A B", "A:B", "A\xa0", "A\r", "é", "\u212Aey"]) {
    assert.equal(fieldName(raw), undefined, JSON.stringify(raw));
  }
});

test("fieldName tells the names that somebody must notice, in any case", () => {
  for (const kind of ["host", "content-length", "transfer-encoding", "connection", "expect", "date", "server"]) {
    assert.equal(fieldName(kind)?.kind, kind);
    assert.equal(fieldName(kind.toUpperCase())?.kind, kind);
  }
  for (const raw of ["Accept", "Cookie", "ETag", "X-Checksum", "Host2", "Content-Length0"]) {
    assert.equal(fieldName(raw)?.kind, undefined, raw);
  }
});

test("of the fields that standards define those may trail that are made for it; names that none defines may", () => {
  for (const raw of [
    "Host",
    "TE",
    "Trailer",
    "Cookie",
    "X-Forwarded-For",
    "Content-Type",
    "If-Match",
    "Accept",
    "Link",
  ]) {
    assert.equal(fieldName(raw)?.trails, false, raw);
    assert.equal(fieldName(raw.toUpperCase())?.trails, false, raw);
  }
  for (const raw of ["ETag", "Content-Digest", "Signature", "Server-Timing", "X-Checksum", "grpc-status", "Host2"]) {
    assert.equal(fieldName(raw)?.trails, true, raw);
  }
});

test("fieldName goes on to answer when a client has sent more names than are remembered", () => {
  for (let i = 0; i < 3_000; i += 1) assert.equal(fieldName(`X-Fill-${i}`)?.lower, `x-fill-${i}`);
  assert.equal(fieldName("X-Fill-2999")?.lower, "x-fill-2999");
  const long = `X-${"a".repeat(10_000)}`;
  assert.equal(fieldName(long)?.lower, long.toLowerCase());
  assert.equal(fieldName("Host")?.kind, "host");
});

test("mayTrail refuses what decides something about a message, in any case, and what is no name", () => {
  for (const name of ["X-Checksum", "Server-Timing", "ETag", "grpc-status"]) assert.equal(mayTrail(name), true, name);
  for (const name of [
    "Content-Length",
    "TRANSFER-ENCODING",
    "host",
    "Set-Cookie",
    "Trailer",
    "TE",
    "date",
    "a b",
    "",
  ]) {
    assert.equal(mayTrail(name), false, name);
  }
});
