import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { ReceiveBuffer } from "../../../src/protocol/bytes.ts";
import { HeadReader } from "../../../src/protocol/http1/head.ts";
import { chunkings } from "../../support/chunkings.ts";
import { LIMITS } from "../../support/wire.ts";

const bufferOf = (text: string): ReceiveBuffer => {
  const buffer = new ReceiveBuffer();
  buffer.append(Buffer.from(text, "latin1"));
  return buffer;
};

test("a head is taken from the buffer and nothing of what follows it", () => {
  const buffer = bufferOf("GET /a?b HTTP/1.1\r\nHost: h\r\n\r\nrest");
  const reader = new HeadReader(LIMITS);
  assert.deepEqual(reader.read(buffer), {
    method: "GET",
    target: "/a?b",
    version: "1.1",
    fields: ["host", "h"],
    length: 0,
    expectContinue: false,
    keepAlive: true,
  });
  assert.equal(reader.size, 30);
  assert.equal(buffer.length, 4);
});

test("a head in any two pieces is the same head, and its size counts no empty line before it", () => {
  const wire = Buffer.from("\r\nPOST /x HTTP/1.0\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n");
  for (const pieces of chunkings(wire)) {
    const reader = new HeadReader(LIMITS);
    const buffer = new ReceiveBuffer();
    const heads = pieces.map((piece) => {
      buffer.append(piece);
      return reader.read(buffer);
    });
    assert.ok(heads.slice(0, -1).every((head) => head === undefined));
    assert.deepEqual(heads.at(-1)?.fields, ["content-length", "3", "connection", "keep-alive"]);
    assert.equal(reader.size, wire.length - 2);
  }
});

test("after reset the next head owes nothing to the one before", () => {
  const buffer = bufferOf(
    "GET http://a/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\nPUT /2 HTTP/1.1\r\nHost: b\r\nContent-Length: 1\r\n\r\n",
  );
  const reader = new HeadReader(LIMITS);
  assert.equal(reader.read(buffer)?.version, "1.0");
  reader.reset();
  const second = reader.read(buffer);
  assert.deepEqual(second, {
    method: "PUT",
    target: "/2",
    version: "1.1",
    fields: ["host", "b", "content-length", "1"],
    length: 1,
    expectContinue: false,
    keepAlive: true,
  });
});

test("a head of 64 KB is read whole, in pieces, and with more behind it", () => {
  const fields = Array.from({ length: 40 }, (_zero, i) => `X-${i}: ${"v".repeat(1_600)}\r\n`).join("");
  const text = `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
  for (const after of ["", "GET / HTTP/1.1\r\n", "body without a line end"]) {
    const buffer = bufferOf(text + after);
    assert.equal(new HeadReader(LIMITS).read(buffer)?.fields.length, 82);
    assert.equal(buffer.length, after.length);
  }
  const buffer = new ReceiveBuffer();
  const reader = new HeadReader(LIMITS);
  for (let at = 0; at < text.length - 1; at += 5_000) {
    buffer.append(Buffer.from(text.slice(at, Math.min(at + 5_000, text.length - 1))));
    assert.equal(reader.read(buffer), undefined);
  }
  buffer.append(Buffer.from("\n"));
  assert.equal(reader.read(buffer)?.fields.length, 82);
});

test("the method is known as soon as the request line is, so that a refusal of HEAD can do without a body", () => {
  const buffer = bufferOf("HEAD / HTTP/1.1\r\nfoo\r\n\r\n");
  const reader = new HeadReader(LIMITS);
  assert.equal(reader.read(buffer), undefined);
  assert.equal(reader.fault?.code, "http1.field-without-colon");
  assert.equal(reader.method, "HEAD");
});

test("a first byte that no request can begin with is refused before a line end comes, or tells a stranger by six more", () => {
  for (let byte = 0; byte < 256; byte += 1) {
    const reader = new HeadReader(LIMITS);
    reader.read(bufferOf(String.fromCharCode(byte)));
    // TLS begins with 0x16, a uwsgi packet with 0.
    const waits = /[\0\x16!#$%&'*+\-.^_`|~0-9A-Za-z\r]/.test(String.fromCharCode(byte));
    assert.equal(reader.fault === undefined, waits, `byte ${byte}`);
  }
  for (const first of ["\0", "\x16"]) {
    const reader = new HeadReader(LIMITS);
    reader.read(bufferOf(`${first}      `));
    assert.equal(reader.fault?.code, "http1.bad-method");
  }
});

test("of two things wrong in one head, the one that came first is named, whole or in pieces", () => {
  for (const [wire, code] of [
    ["GET /# HTTP/1.1\r\nfoo\r\n\r\n", "http1.bad-target"],
    ["GET / HTTP/1.1\r\nfoo\r\nHost: a\n\r\n", "http1.field-without-colon"],
    ["GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\nfoo\r\n\r\n", "http1.field-without-colon"],
    [`GET / HTTP/1.1\r\nX: \0${"a".repeat(30)}\r\n\r\n`, "http1.field-too-long"],
  ] as const) {
    for (const pieces of chunkings(Buffer.from(wire, "latin1"))) {
      const reader = new HeadReader({ ...LIMITS, fieldSize: 30 });
      const buffer = new ReceiveBuffer();
      for (const piece of pieces) {
        buffer.append(piece);
        if (reader.fault === undefined) reader.read(buffer);
      }
      assert.equal(reader.fault?.code, code);
    }
  }
});
