import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { ReceiveBuffer } from "../../../src/protocol/bytes.ts";
import { NEED_DATA, type ProtocolEvent } from "../../../src/protocol/events.ts";
import { ChunkedReader } from "../../../src/protocol/http1/chunked.ts";
import { LIMITS } from "../../support/wire.ts";

/** What comes of one piece: the data joined, and the event that ended it. */
function readAll(wire: string, limits = LIMITS): { data: string; last: ProtocolEvent; left: number; size: number } {
  const buffer = new ReceiveBuffer();
  buffer.append(Buffer.from(wire, "latin1"));
  const reader = new ChunkedReader(limits, 100);
  let data = "";
  for (;;) {
    const event = reader.next(buffer);
    if (event.type !== "data") return { data, last: event, left: buffer.length, size: reader.size };
    data += Buffer.from(event.bytes).toString("latin1");
  }
}
const codeOf = (wire: string, limits = LIMITS): unknown => {
  const { last } = readAll(wire, limits);
  return last.type === "fault" ? last.fault.code : last.type;
};

test("data is a view of what was received, not a copy", () => {
  const buffer = new ReceiveBuffer();
  const wire = Buffer.from("3\r\nabc\r\n");
  buffer.append(wire);
  const event = new ChunkedReader(LIMITS, 0).next(buffer);
  assert.ok(event.type === "data");
  assert.equal(event.bytes.buffer, wire.buffer);
  assert.equal(event.bytes.byteOffset, wire.byteOffset + 3);
});

test("the end leaves what follows the body", () => {
  const { data, last, left } = readAll("3\r\nabc\r\n0\r\n\r\nGET");
  assert.equal(data, "abc");
  assert.deepEqual(last, { type: "end", trailers: [] });
  assert.equal(left, 3);
});

test("size counts on from the head, so that a fault has its place in the request", () => {
  assert.equal(readAll("3\r\nabc\r\n").size, 108);
  assert.deepEqual(readAll("3\r\nabc\r\nx").last, {
    type: "fault",
    fault: { code: "http1.bad-chunk-size", status: 400, at: 108 },
  });
});

test("a chunk announced and not here yet is waited for", () => {
  assert.equal(readAll("3\r\nab").last, NEED_DATA);
  assert.equal(readAll("").last, NEED_DATA);
});

test("every extension of the grammar is read, and none beside it", () => {
  for (const good of [";a", ";a=b", ';a=""', ';a="b c"', ';a="\\""', ";a;b=c;d", " ; a = b", "\t;\ta", ';a="\xe9"']) {
    assert.equal(codeOf(`1${good}\r\nx\r\n0\r\n\r\n`), "end", good);
  }
  for (const bad of [
    ";",
    ";;a",
    ";a=",
    ";=b",
    ';a="',
    ';a="b"c',
    ';a="\\',
    ";a b",
    ";a= ",
    " ",
    ";a ",
    ";\xe9",
    ';a="\x01"',
    ";a=b=c",
  ]) {
    assert.equal(codeOf(`1${bad}\r\nx\r\n0\r\n\r\n`), "http1.bad-chunk-extension", bad);
  }
});

test("extensions may come to 16 KiB more than the data, and no further", () => {
  const chunk = (extension: number) => `1;${"e".repeat(extension - 1)}\r\nx\r\n`;
  const full = chunk(1_000).repeat(16);
  // 16 chunks of one byte, and the one that is judged.
  assert.equal(codeOf(`${full}${chunk(400)}0\r\n\r\n`), "end");
  assert.equal(codeOf(`${full}${chunk(401)}0\r\n\r\n`), "http1.too-many-chunk-extensions");
  assert.equal(codeOf(`1000\r\n${"d".repeat(4_096)}\r\n${full}${chunk(1_000).repeat(4)}0\r\n\r\n`), "end");
});

test("the limit of the body counts all chunks and is judged before the data comes", () => {
  const limits = { ...LIMITS, body: 10 };
  assert.equal(codeOf("a\r\n0123456789\r\n0\r\n\r\n", limits), "end");
  assert.equal(codeOf("b\r\n", limits), "http1.body-too-large");
  assert.equal(codeOf("9\r\n012345678\r\n2\r\n", limits), "http1.body-too-large");
  assert.equal(codeOf("1fffffffffffff\r\n"), "need-data");
  assert.equal(codeOf("20000000000000\r\n"), "http1.body-too-large");
});

test("trailers are given in lower case and in order", () => {
  assert.deepEqual(readAll("0\r\nX-B: 1\r\nX-A: 2\r\nx-b:\r\n\r\n").last, {
    type: "end",
    trailers: ["x-b", "1", "x-a", "2", "x-b", ""],
  });
});
