import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { FAULTS } from "../../src/protocol/faults.ts";
import { type Stranger, strangerByBytes, strangerByEmptyLine, strangerByLine } from "../../src/protocol/strangers.ts";

type Judge = (bytes: Uint8Array, start: number) => Stranger;

/** The answer to every beginning of the bytes, which may be "perhaps" at first and then never changes again. */
function verdict(judge: Judge, text: string): { readonly code: Stranger; readonly after: number } {
  const bytes = Buffer.from(`xx${text}`, "latin1");
  const answers = Array.from(text, (_byte, i) => judge(bytes.subarray(0, 2 + i + 1), 2));
  const after = answers.findIndex((answer) => answer !== "perhaps");
  const code = answers.at(-1);
  if (after >= 0) assert.ok(answers.slice(after).every((answer) => answer === code));
  return { code, after: after + 1 };
}

test("a TLS greeting is a handshake record of version 3 whose message is ClientHello, known after six bytes", () => {
  for (const minor of [0, 1, 2, 3, 4]) {
    const text = `\x16\x03${String.fromCharCode(minor)}\x02\x00\x01\x00\x01\xfc`;
    assert.deepEqual(verdict(strangerByBytes, text), { code: "edge.tls-hello", after: 6 });
  }
  assert.deepEqual(verdict(strangerByBytes, "\x16\x03\x01\x02\x00"), { code: "perhaps", after: 0 });
  assert.deepEqual(verdict(strangerByBytes, "\x16\x02\x01\x02\x00\x01"), { code: undefined, after: 2 });
  assert.deepEqual(verdict(strangerByBytes, "\x16\x03\x05\x02\x00\x01"), { code: undefined, after: 3 });
  assert.deepEqual(verdict(strangerByBytes, "\x16\x03\x01\x02\x00\x02"), { code: undefined, after: 6 });
  assert.deepEqual(verdict(strangerByBytes, "\x15\x03\x01\x00\x02\x02"), { code: undefined, after: 1 });
});

test("a uwsgi packet holds a first name that fits into it and begins with a letter, known after seven bytes", () => {
  const packet = "\x00\x1c\x00\x00\x0c\x00QUERY_STRING\x00\x00";
  assert.deepEqual(verdict(strangerByBytes, packet), { code: "edge.uwsgi-packet", after: 7 });
  assert.deepEqual(verdict(strangerByBytes, "\x00\x00\x01\x00\xfc\x00h"), { code: "edge.uwsgi-packet", after: 7 });
  for (const [text, after] of [
    ["\x00\x00\x00\x00\x00\x00\x00", 3], // zeros
    ["\x00\x04\x00\x00\x01\x00A", 3], // no room for a name and a value
    ["\x00\x1c\x00\x01\x0c\x00Q", 4], // another modifier
    ["\x00\x1c\x00\x00\x00\x00Q", 6], // an empty name
    ["\x00\x1c\x00\x00\x19\x00Q", 6], // a name larger than the packet
    ["\x00\x1c\x00\x00\x0c\x001", 7], // no name at all
    ["\x00\x1c\x00\x00\x0c\x00\x7f", 7],
  ] as const) {
    assert.deepEqual(verdict(strangerByBytes, text), { code: undefined, after }, JSON.stringify(text));
  }
  assert.deepEqual(verdict(strangerByBytes, "\x00\x1c\x00\x00\x18\x00Q"), { code: "edge.uwsgi-packet", after: 7 });
  assert.deepEqual(verdict(strangerByBytes, "\x00\x1c\x00\x00\x0c\x00"), { code: "perhaps", after: 0 });
});

test("a second empty line is PROXY v2 when the rest of its signature follows, and no longer than that", () => {
  assert.deepEqual(verdict(strangerByEmptyLine, "\r\n\0\r\nQUIT\n\x21"), { code: "edge.proxy-line", after: 10 });
  assert.deepEqual(verdict(strangerByEmptyLine, "\r\nGET"), { code: undefined, after: 3 });
  assert.deepEqual(verdict(strangerByEmptyLine, "\r\n\0\r\nQUIT\r"), { code: undefined, after: 10 });
  assert.deepEqual(verdict(strangerByEmptyLine, "\r\n\0"), { code: "perhaps", after: 0 });
});

test("a line is HTTP/2's preface or a PROXY line when it is that and nothing like it", () => {
  assert.equal(strangerByLine("PRI * HTTP/2.0"), "edge.http2-preface");
  for (const line of ["PRI * HTTP/2", "pri * HTTP/2.0", "GET * HTTP/2.0", " PRI * HTTP/2.0"]) {
    assert.equal(strangerByLine(line), undefined, line);
  }
  for (const line of ["PROXY TCP4 192.0.2.1 192.0.2.2 1 80", "PROXY TCP6 ::1 ::1 1 80", "PROXY UNKNOWN"]) {
    assert.equal(strangerByLine(line), "edge.proxy-line", line);
  }
  for (const line of ["PROXY", "PROXY TCP5 a b", "PROXY TCP46 a", "PROXY / HTTP/3.0", "proxy TCP4 a b"]) {
    assert.equal(strangerByLine(line), undefined, line);
  }
});

test("each stranger is told what this port speaks and what came instead", () => {
  for (const code of ["edge.tls-hello", "edge.http2-preface", "edge.uwsgi-packet", "edge.proxy-line"] as const) {
    assert.match(
      FAULTS[code].why,
      /^(?:this port speaks (?:plain HTTP|HTTP\/1\.1)|HTTPS sent to an HTTP port): an? .+ came, so /,
    );
  }
});
