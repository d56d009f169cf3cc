import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import type { ProtocolEvent, RequestHead } from "../../../src/protocol/events.ts";
import { Http1Codec } from "../../../src/protocol/http1/codec.ts";
import { HeadMemory, isText, type Recalled } from "../../../src/protocol/http1/recall.ts";
import { answer, LIMITS, play, wireCases } from "../../support/wire.ts";

const recalled = (text: string): Recalled => ({
  text,
  fields: ["host", "h"],
  length: 0,
  expectContinue: false,
  keepAlive: true,
});

test("what is kept is found where it stands in a longer text, and nothing that differs in one byte is", () => {
  const memory = new HeadMemory();
  const text = "Host: h\r\n\r\n";
  const known = recalled(text);
  assert.equal(memory.recall(text, 0), undefined);
  memory.keep(known);
  assert.equal(memory.recall(`GET / HTTP/1.1\r\n${text}`, 16), known);
  for (let at = 0; at < text.length; at += 1) {
    assert.equal(memory.recall(`${text.slice(0, at)}~${text.slice(at + 1)}`, 0), undefined);
  }
  assert.deepEqual([isText(`x${text}rest`, 1, known), isText(text.slice(0, -1), 0, known)], [true, false]);
});

test("a text is worth keeping when it comes again, and never when it is long", () => {
  const memory = new HeadMemory();
  assert.deepEqual(
    [memory.isWorthKeeping("Host: h\r\n\r\n", 0), memory.isWorthKeeping("Host: h\r\n\r\n", 0)],
    [false, true],
  );
  const long = `Cookie: ${"c".repeat(2_048)}\r\n\r\n`;
  assert.deepEqual([memory.isWorthKeeping(long, 0), memory.isWorthKeeping(long, 0)], [false, false]);
});

test("texts that differ where nobody looks are kept more and more rarely, until one of them is recalled", () => {
  const memory = new HeadMemory();
  // Two of a thousand bytes are looked at in this stretch; the differing one is not.
  const text = (i: number): string => `${"a".repeat(101)}${String.fromCharCode(97 + (i % 26))}${"a".repeat(898)}`;
  let kept = 0;
  const feed = (from: number, to: number): void => {
    for (let i = from; i < to; i += 1) {
      if (memory.recall(text(i), 0) !== undefined || !memory.isWorthKeeping(text(i), 0)) continue;
      memory.keep(recalled(text(i)));
      kept += 1;
    }
  };
  feed(0, 26);
  assert.ok(kept >= 1 && kept <= 5, String(kept));
});

/** The heads that one codec reports of wires that come one after another. */
function headsOf(codec: Http1Codec, wires: readonly Buffer[]): RequestHead[] {
  const heads: RequestHead[] = [];
  for (const wire of wires) {
    codec.receive(wire);
    for (let event: ProtocolEvent = codec.nextEvent(); event.type !== "need-data"; event = codec.nextEvent()) {
      if (event.type === "request") heads.push(event.head);
      if (event.type !== "paused") continue;
      codec.send(answer(), []);
      codec.startNextCycle();
    }
  }
  return heads;
}

test("the fifth request with the same fields has the head that the first one had, with its own method and target", () => {
  const wire = (line: string) =>
    Buffer.from(`${line}\r\nHost: h\r\nX-A: 1\r\nx-a: \t2 \r\nContent-Length: 0\r\n\r\n`, "latin1");
  const lines = ["GET /1 HTTP/1.1", "GET /2?q HTTP/1.1", "PUT /\xff HTTP/1.1", "HEAD / HTTP/1.1", "GET /5 HTTP/1.1"];
  const heads = headsOf(new Http1Codec({ limits: { ...LIMITS }, server: "" }), lines.map(wire));
  assert.deepEqual(
    heads.map(({ method, target }) => `${method} ${target} HTTP/1.1`),
    lines,
  );
  const [first, ...others] = heads.map(({ method: _m, target: _t, ...rest }) => rest);
  for (const other of others) assert.deepEqual(other, first);
});

test("recalled fields are recalled in a pipeline too, and by another connection", () => {
  const limits = { ...LIMITS };
  const one = Buffer.from("GET / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n");
  headsOf(new Http1Codec({ limits, server: "" }), [one, one, one]);
  const heads = headsOf(new Http1Codec({ limits, server: "" }), [one, Buffer.concat([one, one, one])]);
  assert.deepEqual(
    heads.map(({ fields }) => fields === heads[0]!.fields),
    [true, true, true, true],
  );
});

for (const folder of ["http1/accept", "http1/refuse"]) {
  test(`every case of ${folder} is heard the same when its fields are known already`, () => {
    for (const { name, wire, limits, events } of wireCases(folder)) {
      // One set of limits, so one memory.
      const shared = { ...limits };
      for (let round = 0; round < 4; round += 1) {
        assert.deepEqual(play(new Http1Codec({ limits: shared, server: "" }), [wire]), events, name);
      }
    }
  });
}

test("recalled fields do not excuse a wrong or special request line", () => {
  const limits = { ...LIMITS, requestLine: 40 };
  const fields = "Host: h\r\n\r\n";
  const good = Buffer.from(`GET / HTTP/1.1\r\n${fields}`);
  headsOf(new Http1Codec({ limits, server: "" }), [good, good, good]);
  for (const [line, code] of [
    [`GET /${"x".repeat(40)} HTTP/1.1`, "http1.request-line-too-long"],
    ["GET  / HTTP/1.1", "http1.bad-request-line"],
    ["CONNECT /x HTTP/1.1", "http1.bad-target-form"],
    ["GET * HTTP/1.1", "http1.bad-target-form"],
    ["GET /a#b HTTP/1.1", "http1.bad-target"],
    ["GET / HTTP/2.0", "http1.unsupported-version"],
    ["GET / HTTP/1.1\r", "http1.bare-cr"],
  ] as const) {
    const codec = new Http1Codec({ limits, server: "" });
    codec.receive(Buffer.from(`${line}\r\n${fields}`));
    const event = codec.nextEvent();
    assert.equal(event.type === "fault" && event.fault.code, code, line);
  }
  const old = new Http1Codec({ limits, server: "" });
  old.receive(Buffer.from(`GET / HTTP/1.0\r\n${fields}`));
  const event = old.nextEvent();
  assert.deepEqual(event.type === "request" && [event.head.version, event.head.keepAlive], ["1.0", false]);
});
