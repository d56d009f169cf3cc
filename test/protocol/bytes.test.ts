import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { latin1, ReceiveBuffer } from "../../src/protocol/bytes.ts";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const rest = (buffer: ReceiveBuffer): string => latin1(buffer.takeUpTo(buffer.length));

test("latin1 gives one code unit for each byte, of a Buffer and of any Uint8Array", () => {
  assert.equal(latin1(Buffer.from([0x41, 0xe9, 0xff, 0])), "Aéÿ\0");
  const whole = new Uint8Array([1, 0x41, 0xe9, 2]);
  assert.equal(latin1(whole.subarray(1, 3)), "Aé");
});

test("append does not copy when everything before was taken, and copies when something was not", () => {
  const buffer = new ReceiveBuffer();
  const first = bytes("abc");
  buffer.append(first);
  assert.equal(buffer.takeUpTo(3), first);
  const second = bytes("def");
  buffer.append(second);
  assert.equal(buffer.bytes, second);
  assert.equal(latin1(buffer.takeUpTo(1)), "d");
  buffer.append(bytes("ghi"));
  second.fill(0);
  assert.equal(rest(buffer), "efghi");
});

test("append takes a Uint8Array that is no Buffer", () => {
  const buffer = new ReceiveBuffer();
  buffer.append(new Uint8Array([0x61, 0x0a]));
  assert.equal(buffer.takeLine(), "a\n");
});

test("retain keeps what is not taken when the caller overwrites its bytes, and nothing otherwise", () => {
  const buffer = new ReceiveBuffer();
  const shared = bytes("one two");
  buffer.append(shared);
  buffer.takeUpTo(4);
  buffer.retain();
  shared.fill("x");
  assert.equal(buffer.length, 3);
  buffer.retain();
  assert.equal(rest(buffer), "two");

  buffer.append(shared);
  buffer.takeUpTo(7);
  buffer.retain();
  assert.equal(buffer.bytes.length, 0);
});

test("takeUpTo gives what is asked for, or what there is", () => {
  const buffer = new ReceiveBuffer();
  buffer.append(bytes("abcdef"));
  assert.equal(latin1(buffer.takeUpTo(2)), "ab");
  assert.equal(latin1(buffer.takeUpTo(9)), "cdef");
  assert.equal(buffer.takeUpTo(9).length, 0);
});

test("takeLine gives a line with its end, and undefined while the end is missing", () => {
  const buffer = new ReceiveBuffer();
  buffer.append(bytes("a\r\nb"));
  assert.equal(buffer.takeLine(), "a\r\n");
  assert.equal(buffer.takeLine(), undefined);
  buffer.append(bytes("c\n\nd"));
  assert.equal(buffer.takeLine(), "bc\n");
  assert.equal(buffer.takeLine(), "\n");
  assert.equal(buffer.takeLine(), undefined);
  assert.equal(rest(buffer), "d");
});

test("partialLine counts what is here of a line, without a CR that may belong to its end", () => {
  const buffer = new ReceiveBuffer();
  assert.equal(buffer.partialLine, 0);
  buffer.append(bytes("ab\r"));
  assert.equal(buffer.partialLine, 2);
  buffer.append(bytes("c"));
  assert.equal(buffer.partialLine, 4);
});

test("a megabyte in small pieces comes out as it went in, with lines taken in between and without", () => {
  const line = `${"x".repeat(996)}\r\n`;
  for (const pieceSize of [1, 7, 1_500]) {
    const wire = bytes(line.repeat(pieceSize === 1 ? 50 : 1_000));
    const shared = Buffer.alloc(pieceSize);
    const all = new ReceiveBuffer();
    const lines = new ReceiveBuffer();
    let seen = 0;
    for (let at = 0; at < wire.length; at += pieceSize) {
      const size = wire.copy(shared, 0, at, at + pieceSize);
      for (const buffer of [all, lines]) {
        buffer.append(shared.subarray(0, size));
        buffer.retain();
      }
      shared.fill(0);
      for (let text = lines.takeLine(); text !== undefined; text = lines.takeLine()) {
        assert.equal(text, line);
        seen += 1;
      }
    }
    assert.equal(seen, wire.length / line.length);
    assert.ok(wire.equals(all.takeUpTo(wire.length)));
  }
});

test("storage does not grow with what has passed through it, only with what is held", () => {
  const buffer = new ReceiveBuffer();
  buffer.append(bytes("a"));
  for (let i = 0; i < 100_000; i += 1) {
    buffer.append(bytes("bc"));
    buffer.takeUpTo(2);
  }
  assert.equal(buffer.length, 1);
  assert.ok(buffer.bytes.length <= 1_024, `${buffer.bytes.length} bytes held for one`);
});

test("clear forgets everything", () => {
  const buffer = new ReceiveBuffer();
  buffer.append(bytes("abc"));
  buffer.clear();
  assert.equal(buffer.length, 0);
  assert.equal(buffer.lineEnd(), -1);
});
