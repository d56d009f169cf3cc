// No bytes cost more for being many: the steps per byte are those of a quarter or an eighth of them. Steps are counted, never timed.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { after, test } from "node:test";
import { Http1Codec, NEED_DATA, PAUSED, type Piece } from "../../src/protocol/index.ts";
import { Steps } from "../support/steps.ts";
import { answer } from "../support/wire.ts";
import { PROFILES } from "./inputs.ts";

/** Nobody stops what is long but the codec's own constants: where a limit helps, growth would not show. */
const NO_LIMITS = PROFILES.none;
const SMALLEST = 2_000;
const TIMES = [1, 8] as const;
/** What a byte may cost more in a large input than in a small one. */
const GROWTH = 1.3;

const HOST = "GET / HTTP/1.1\r\nHost: a\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\n";
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
const REQUEST = `${HOST}\r\n`;

/** `unit` again and again, about `size` bytes of it, between a beginning and an end. */
const many =
  (before: string, unit: string, end = "") =>
  (size: number): string =>
    before + unit.repeat(Math.ceil(size / unit.length)) + end;

/** Each name says what goes on for long; most of them have been a denial of service of some server. */
const FAMILIES: Readonly<Record<string, (size: number) => string>> = {
  "a head of many fields": many(HOST, "X-Name: value\r\n", "\r\n"),
  "a head of many fields that never ends": many(HOST, "X-Name: value\r\n"),
  "a head of many fields with other names": (size) =>
    `${HOST}${Array.from({ length: size / 12 }, (_zero, i) => `X-${1_000_000 + i}: a\r\n`).join("")}\r\n`,
  "the shortest fields": many(HOST, "a:\r\n", "\r\n"),
  "a field that comes many times and counts": many(HOST, "Connection: x\r\n", "\r\n"),
  "a list of many members": many(`${HOST}Connection: `, "x,", "\r\n\r\n"),
  "codings on many lines": many(HOST, "Transfer-Encoding: x\r\n", "\r\n"),
  "a value of blanks": many(`${HOST}X: `, " ", "\r\n\r\n"),
  "blanks around a coding": many(`${POST}Transfer-Encoding: chunked`, " \t", "\r\n\r\n0\r\n\r\n"),
  "a long value": many(`${HOST}X: `, "v", "\r\n\r\n"),
  "a long value, then a bad byte": many(`${HOST}X: `, "v", "\0\r\n\r\n"),
  "a long value without an end": many(`${HOST}X: `, "v"),
  "a long name": many(HOST, "n", ": v\r\n\r\n"),
  "a long line without a colon": many(HOST, "n", "\r\n\r\n"),
  "a long length": many(`${POST}Content-Length: `, "0", "1\r\n\r\nx"),
  "a long host": many("GET / HTTP/1.1\r\nHost: ", "h", "\r\n\r\n"),
  "a host of escapes": many("GET / HTTP/1.1\r\nHost: ", "%41", "%4\r\n\r\n"),
  "a host of colons": many("GET / HTTP/1.1\r\nHost: [", ":1", "x\r\n\r\n"),
  "a long target": many("GET /", "t", " HTTP/1.1\r\nHost: a\r\n\r\n"),
  "a long target, then a bad byte": many("GET /", "t", "# HTTP/1.1\r\nHost: a\r\n\r\n"),
  "a long authority": many("CONNECT [", ":1", "]:1 HTTP/1.1\r\nHost: a\r\n\r\n"),
  "a long method": many("", "M", " / HTTP/1.1\r\nHost: a\r\n\r\n"),
  "a request line of spaces": many("GET ", " ", "\r\n"),
  "carriage returns": many("GET /", "\r"),
  "empty lines before a request": many("", "\r\n"),
  "an empty line before each request": many("", `\r\n${REQUEST}`),
  "pipelined requests": many("", REQUEST),
  "pipelined requests with many fields": many("", `${HOST}${"X: y\r\n".repeat(40)}\r\n`),
  "pipelined requests with a body": many("", `${POST}Content-Length: 5\r\n\r\nhello`),
  "pipelined requests with a body of line ends": many("", `${POST}Content-Length: 8\r\n\r\n\r\n\r\n\r\n\r\n`),
  "pipelined requests with chunks": many("", `${CHUNKED}1\r\nx\r\n0\r\n\r\n`),
  "pipelined requests, then half of one": many("", REQUEST, "GET / HT"),
  "pipelined requests, then a bad one": many("", REQUEST, "GET\r\n\r\n"),
  "a body with a length": (size) => `${POST}Content-Length: ${size}\r\n\r\n${"b".repeat(size)}`,
  "a body of line ends": (size) => `${POST}Content-Length: ${size}\r\n\r\n${"\r\n".repeat(size / 2)}`,
  "a body in one chunk": (size) => `${CHUNKED}${size.toString(16)}\r\n${"b".repeat(size)}\r\n0\r\n\r\n`,
  "chunks of one byte": many(CHUNKED, "1\r\nx\r\n", "0\r\n\r\n"),
  "chunks with an extension": many(CHUNKED, "1;a=b\r\nx\r\n", "0\r\n\r\n"),
  "chunks with a long extension": many(CHUNKED, `400;${"e".repeat(500)}\r\n${"x".repeat(1024)}\r\n`, "0\r\n\r\n"),
  "chunks with zeros in front": many(CHUNKED, "0000000000000001\r\nx\r\n", "0\r\n\r\n"),
  "endless zeros": many(CHUNKED, "0"),
  "an endless extension": many(`${CHUNKED}1;`, "a"),
  "an extension of blanks": many(`${CHUNKED}1`, " ", ";a\r\n"),
  "an extension with an endless quote": many(`${CHUNKED}1;a="`, "\\\\"),
  "many trailers": many(`${CHUNKED}0\r\n`, "X: y\r\n", "\r\n"),
  "a trailer that never ends": many(`${CHUNKED}0\r\nX: `, "y"),
};

/** A caller that answers each request, with one read buffer that it uses again; it does nothing that costs by itself. */
function serve(wire: Buffer, most: number): void {
  const codec = new Http1Codec({ limits: NO_LIMITS, server: "" });
  const out: Piece[] = [];
  for (let at = 0; at < wire.length; at += most) {
    codec.receive(wire.subarray(at, at + most));
    for (let event = codec.nextEvent(); event !== NEED_DATA; event = codec.nextEvent()) {
      if (event.type === "fault" || event.type === "closed") return;
      if (event !== PAUSED) continue;
      codec.send(answer(), out);
      out.length = 0;
      codec.startNextCycle();
    }
    codec.retain();
  }
}

const steps = new Steps(/\/src\/protocol\//);
after(() => steps.close());

/** Steps per byte for each size. */
function rates(family: (size: number) => string, most: number): readonly number[] {
  return TIMES.map((times) => {
    const wire = Buffer.from(family(SMALLEST * times), "latin1");
    return steps.of(() => serve(wire, most)) / wire.length;
  });
}

for (const [name, family] of Object.entries(FAMILIES)) {
  test(`${name}: a byte costs no more where there are eight times as many, however they are cut`, () => {
    for (const most of [Number.POSITIVE_INFINITY, 1, 7, 1_460]) {
      const found = rates(family, most);
      assert.ok(found[0]! > 0);
      assert.ok(found.at(-1)! <= found[0]! * GROWTH, `in pieces of ${most}: ${found.map((rate) => rate.toFixed(1))}`);
    }
  });
}
