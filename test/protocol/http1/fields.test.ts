import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { ReceiveBuffer } from "../../../src/protocol/bytes.ts";
import { contentEnd, FieldReader, lineFault } from "../../../src/protocol/http1/fields.ts";
import { LIMITS } from "../../support/wire.ts";

test("a reader takes lines up to the empty one and answers where it stopped", () => {
  const reader = new FieldReader("head", LIMITS);
  const text = "Host: a\r\nX-Y: \tb \r\n\r\nGET";
  assert.equal(reader.read(text.slice(0, 9), 0, 0, false), 9);
  assert.equal(reader.ended, false);
  assert.equal(reader.read(text, 9, 0, false), 21);
  assert.equal(reader.ended, true);
  assert.deepEqual(reader.fields, ["host", "a", "x-y", "b"]);
  assert.equal(reader.fault, undefined);
});

test("a clean section is read to the same fields as one that is judged byte by byte", () => {
  const text = "Host: a\r\nA:\r\nB: \t \r\nC:d\r\n\r\n";
  const readers = [true, false].map((clean) => {
    const reader = new FieldReader("head", LIMITS);
    reader.read(text, 0, 0, clean);
    return reader.fields;
  });
  assert.deepEqual(readers[0], ["host", "a", "a", "", "b", "", "c", "d"]);
  assert.deepEqual(readers[1], readers[0]);
});

test("all fields together have a limit, line ends counted, and the limit that is met first is the one that was broken", () => {
  const judge = (allFields: number, fieldSize = 0) => {
    const reader = new FieldReader("head", { ...LIMITS, allFields, fieldSize });
    reader.read("A: 123\r\nB: 123\r\n\r\n", 0, 100, false);
    return reader.fault === undefined ? reader.ended : [reader.fault.code, reader.fault.at];
  };
  assert.equal(judge(16), true);
  assert.deepEqual(judge(15), ["http1.fields-too-large", 115]);
  assert.deepEqual(judge(10), ["http1.fields-too-large", 110]);
  assert.deepEqual(judge(10, 5), ["http1.field-too-long", 105]);
  assert.deepEqual(judge(4, 5), ["http1.fields-too-large", 104]);
});

test("a reader notes what framing needs, joins what may come again, and tells where it was", () => {
  const reader = new FieldReader("head", LIMITS);
  const lines = ["Host: h", "Content-Length: 1", "Transfer-Encoding: a", "Transfer-Encoding: b", "Expect: x"];
  reader.read(`${[...lines, "Connection: c", "Connection: d", "Date: e", ""].join("\r\n")}\r\n`, 0, 100, false);
  assert.deepEqual([reader.host, reader.hostAt], ["h", 100]);
  assert.deepEqual([reader.length, reader.lengthAt], ["1", 109]);
  assert.deepEqual([reader.coding, reader.codingAt], ["a,b", 150]);
  assert.deepEqual([reader.expect, reader.expectAt], ["x", 172]);
  assert.equal(reader.connection, "c,d");
});

test("reset forgets what was noted and gives a new array, since the old one was given away", () => {
  const reader = new FieldReader("head", LIMITS);
  reader.read("Host: a\r\nConnection: close\r\n\r\n", 0, 0, true);
  const before = reader.fields;
  reader.reset();
  reader.read("Host: b\r\n\r\n", 0, 0, true);
  assert.deepEqual(before, ["host", "a", "connection", "close"]);
  assert.deepEqual(reader.fields, ["host", "b"]);
  assert.equal(reader.connection, undefined);
  assert.equal(reader.fault, undefined);
});

test("trailers may hold no field that belongs in the head", () => {
  for (const name of ["Host", "content-length", "Cookie", "Date", "User-Agent"]) {
    const reader = new FieldReader("trailers", LIMITS);
    reader.read(`X: 1\r\n${name}: 1\r\n\r\n`, 0, 50, false);
    assert.deepEqual(reader.fault, { code: "http1.forbidden-trailer", status: 400, at: 56 });
    assert.deepEqual(reader.fields, ["x", "1"]);
  }
});

test("white space before the first line is named after its section", () => {
  for (const [section, code] of [
    ["head", "http1.space-before-fields"],
    ["trailers", "http1.folded-field"],
  ] as const) {
    const reader = new FieldReader(section, LIMITS);
    reader.read(" X: 1\r\n\r\n", 0, 0, false);
    assert.equal(reader.fault?.code, code);
  }
});

test("a partial line is judged by its size alone, and only when it is too long", () => {
  const reader = new FieldReader("head", { ...LIMITS, fieldSize: 4 });
  const buffer = new ReceiveBuffer();
  buffer.append(Buffer.from("abcd\r"));
  reader.readPartial(buffer, 10);
  assert.equal(reader.fault, undefined);
  buffer.append(Buffer.from("e"));
  reader.readPartial(buffer, 10);
  assert.deepEqual(reader.fault, { code: "http1.field-too-long", status: 431, at: 14 });
});

test("contentEnd stops before CR LF, and before an LF that stands alone", () => {
  assert.equal(contentEnd("ab\r\n", 0, 3), 2);
  assert.equal(contentEnd("ab\n", 0, 2), 2);
  assert.equal(contentEnd("\n", 0, 0), 0);
  // The CR belongs to the line before.
  assert.equal(contentEnd("\r\n\n", 2, 2), 2);
});

test("lineFault names the first byte of a line that may not stand there, whatever follows", () => {
  const at = (line: string) => lineFault(`ok\r\n${line}x\0\r\n`, 4, 4 + line.indexOf("\n"), 6);
  assert.equal(at("a\tb\xe9\r\n"), undefined);
  assert.deepEqual(at("ab\n"), { code: "http1.bare-lf", status: 400, at: 12 });
  assert.deepEqual(at("a\rb\r\n"), { code: "http1.bare-cr", status: 400, at: 11 });
  assert.deepEqual(at("ab\r\r\n"), { code: "http1.bare-cr", status: 400, at: 12 });
  assert.deepEqual(at("a\0b\rc\n"), { code: "http1.control-byte", status: 400, at: 11 });
});
