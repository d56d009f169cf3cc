import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import type { Limits } from "../../../src/protocol/codec.ts";
import { FAULTS, type FaultCode } from "../../../src/protocol/faults.ts";
import { Http1Codec, MisuseError, NEED_DATA, PAUSED, type Piece, refusal } from "../../../src/protocol/index.ts";
import { chunkings, randomPieces } from "../../support/chunkings.ts";
import { answer, LIMITS, play, type WireCase, wireCases } from "../../support/wire.ts";

const codecOf = (limits: Limits = LIMITS): Http1Codec => new Http1Codec({ limits, server: "" });
const wireOf = (text: string): Buffer => Buffer.from(text, "latin1");
const misuse = (message: RegExp) => (error: unknown) => error instanceof MisuseError && message.test(error.message);

const ACCEPT = wireCases("http1/accept");
const REFUSE = wireCases("http1/refuse");
const ONE = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
const TWO = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";

test("the corpus has at least 400 cases", () => assert.ok(ACCEPT.length + REFUSE.length >= 400));

function holds({ name, wire, limits, events }: WireCase): void {
  for (const pieces of chunkings(wire)) {
    assert.deepEqual(play(codecOf(limits), pieces), events, `${name}, cut as ${pieces.map((piece) => piece.length)}`);
  }
}

for (const wireCase of ACCEPT) {
  test(`accept/${wireCase.name}: ${wireCase.says}`, () => {
    assert.equal(wireCase.events.at(-1)?.type, "closed");
    holds(wireCase);
  });
}

for (const wireCase of REFUSE) {
  test(`refuse/${wireCase.name}: ${wireCase.says}`, () => {
    const faults = wireCase.events.filter((event) => event.type === "fault");
    assert.equal(faults.length, 1);
    assert.equal(wireCase.events.at(-1)?.type, "closed");
    holds(wireCase);
  });
}

const NEVER = wireOf("GET /no! HTTP/1.1\r\nHost: a\r\n\r\n");

/** What is heard of a case with a request behind it, whole and with that request in a piece of its own. */
const withNever = ({ wire, limits }: WireCase) =>
  [[Buffer.concat([wire, NEVER])], [wire, NEVER]].map((pieces) => play(codecOf(limits), pieces));

test("no request behind a refused one is ever heard of", () => {
  const cut = ({ events }: WireCase) =>
    events.some((event) => event.type === "fault" && /\.cut-/.test(event.fault.code));
  const refused = REFUSE.filter((wireCase) => !cut(wireCase));
  assert.ok(refused.length > 300);
  for (const wireCase of refused) {
    for (const heard of withNever(wireCase)) assert.deepEqual(heard, wireCase.events, wireCase.name);
  }
});

test("no request behind one that closes is ever heard of, and every other is", () => {
  for (const wireCase of ACCEPT) {
    const last = wireCase.events.findLast(({ type }) => type === "request");
    const stays = last?.type !== "request" || last.head.keepAlive;
    for (const heard of withNever(wireCase)) {
      const targets = heard.map((event) => event.type === "request" && event.head.target);
      assert.equal(targets.includes("/no!"), stays, wireCase.name);
    }
  }
});

test("every fault that a codec finds has a case in the corpus, but for the one whose wire is 16 KiB long", () => {
  const strangers = ["edge.tls-hello", "edge.http2-preface", "edge.uwsgi-packet", "edge.proxy-line"];

  const shown = new Set(
    REFUSE.flatMap(({ events }) => events.map((event) => event.type === "fault" && event.fault.code)),
  );
  const found = (Object.keys(FAULTS) as FaultCode[]).filter(
    (code) => code.startsWith("http1.") || strangers.includes(code),
  );
  const missing = found.filter((code) => !shown.has(code));
  assert.deepEqual(missing, ["http1.too-many-chunk-extensions"]);
});

/** Numbers from 0 to 1, the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const NASTY = [
  "\r",
  "\n",
  "\r\n",
  "\r\n\r\n",
  "\0",
  " ",
  "\t",
  ":",
  ",",
  ";",
  '"',
  "0",
  "5",
  "\xa0",
  "\xff",
  "chunked",
  "Host: a\r\n",
];

test("any bytes in any pieces give events, a fault or a wait: the same for all pieces, and never an exception", () => {
  const random = seeded(20_240_229);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const wires = [...ACCEPT, ...REFUSE]
    .filter(({ wire }) => wire.length < 400)
    .map(({ wire }) => wire.toString("latin1"));
  const faults = new Set<string>();
  for (let round = 0; round < 6_000; round += 1) {
    let text = pick(wires) + (random() < 0.3 ? pick(wires) : "");
    for (let change = Math.floor(random() * 4); change >= 0; change -= 1) {
      const at = Math.floor(random() * (text.length + 1));
      const insert = random() < 0.7 ? pick(NASTY) : String.fromCharCode(Math.floor(random() * 256));
      text = text.slice(0, at) + insert + text.slice(at + Math.floor(random() * 3));
    }
    const limits = {
      ...LIMITS,
      fieldSize: pick([0, 40, 8_190]),
      allFields: pick([0, 70]),
      fields: pick([2, 100]),
      body: pick([0, 3]),
    };
    const wire = wireOf(text);
    const whole = play(codecOf(limits), [wire]);
    for (const most of [1, 3, 40]) {
      assert.deepEqual(play(codecOf(limits), randomPieces(wire, random, most)), whole, JSON.stringify(text));
    }
    assert.equal(whole.at(-1)?.type, "closed", JSON.stringify(text));
    for (const event of whole) if (event.type === "fault") faults.add(event.fault.code);
  }
  assert.ok(faults.size > 25, `only ${faults.size} kinds of fault were met`);
});

test("bytes without any form give a fault or a wait", () => {
  const random = seeded(7);
  for (let round = 0; round < 2_000; round += 1) {
    const wire = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 60) }, () => Math.floor(random() * 256)));
    const whole = play(codecOf(), [wire]);
    assert.deepEqual(play(codecOf(), randomPieces(wire, random, 5)), whole);
    assert.ok(whole.every(({ type }) => type === "fault" || type === "closed"));
  }
});

test("two messages from one read buffer do not overwrite each other", () => {
  const codec = codecOf();
  const shared = Buffer.alloc(64);
  const receive = (text: string) => {
    const size = shared.write(text, "latin1");
    codec.receive(shared.subarray(0, size));
  };
  receive(`${ONE}GET /2`);
  const first = codec.nextEvent();
  codec.retain();
  receive(" HTTP/1.1\r\nHost: b\r\n\r\n");
  codec.retain();
  shared.fill("X");
  codec.send(answer(), []);
  codec.startNextCycle();
  const second = codec.nextEvent();
  assert.ok(first.type === "request" && second.type === "request");
  assert.equal(first.head.target, "/1");
  assert.equal(second.head.target, "/2");
  assert.deepEqual(second.head.fields, ["host", "b"]);
});

test("the same buffer object with other bytes in it is read anew", () => {
  const codec = codecOf();
  const shared = wireOf(ONE);
  for (const target of ["/1", "/2", "/3"]) {
    shared.write(target, 4, "latin1");
    codec.receive(shared);
    const event = codec.nextEvent();
    assert.ok(event.type === "request");
    assert.equal(event.head.target, target);
    codec.send(answer(), []);
    codec.startNextCycle();
  }
});

test("a request without a body is done at once, one with a body when its last byte is reported", () => {
  const codec = codecOf();
  assert.equal(codec.requestDone, false);
  codec.receive(wireOf(ONE));
  codec.nextEvent();
  assert.equal(codec.requestDone, true);
  assert.deepEqual(codec.nextEvent(), { type: "end", trailers: [] });
  assert.equal(codec.nextEvent(), PAUSED);
  assert.equal(codec.requestDone, true);
  codec.send(answer(), []);
  codec.startNextCycle();
  assert.equal(codec.requestDone, false);

  codec.receive(wireOf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na"));
  codec.nextEvent();
  assert.equal(codec.nextEvent().type, "data");
  assert.equal(codec.requestDone, false);
  assert.equal(codec.nextEvent(), NEED_DATA);
  codec.receive(wireOf("b"));
  codec.nextEvent();
  assert.equal(codec.requestDone, true);
});

test("buffered counts what is not reported: a part of a head too, an empty line before it not", () => {
  const codec = codecOf();
  const after = (text: string): number => {
    codec.receive(wireOf(text));
    codec.nextEvent();
    codec.retain();
    return codec.buffered;
  };
  assert.equal(codec.buffered, 0);
  assert.equal(after("\r\n"), 0);
  assert.equal(after("POST / HTTP/1.1\r\nHo"), 19);
  assert.equal(after("st: a\r\nContent-Length: 5\r\n"), 45);
  assert.equal(after("\r\nhello world"), 11);
  codec.nextEvent();
  assert.equal(codec.buffered, 6);
});

test("nothing is read ahead of the next cycle, and what was pipelined is still there then", () => {
  const codec = codecOf();
  codec.receive(wireOf(ONE + TWO));
  codec.nextEvent();
  codec.nextEvent();
  assert.equal(codec.nextEvent(), PAUSED);
  codec.send(answer(), []);
  assert.equal(codec.nextEvent(), PAUSED);
  codec.startNextCycle();
  const event = codec.nextEvent();
  assert.equal(event.type === "request" && event.head.target, "/2");
});

test("the next cycle may start without the end having been asked for", () => {
  const codec = codecOf();
  codec.receive(wireOf(ONE + TWO));
  codec.nextEvent();
  codec.send(answer(), []);
  codec.startNextCycle();
  assert.equal(codec.nextEvent().type, "request");
});

test("starting the next cycle too early, or on a connection that ends, is misuse", () => {
  const codec = codecOf();
  assert.throws(() => codec.startNextCycle(), misuse(/before the request was read whole/));
  codec.receive(wireOf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"));
  codec.nextEvent();
  codec.send(answer(), []);
  assert.throws(() => codec.startNextCycle(), misuse(/before the request was read whole/));
  codec.receive(wireOf("x"));
  codec.nextEvent();
  codec.startNextCycle();

  codec.receive(wireOf(ONE));
  codec.nextEvent();
  assert.throws(() => codec.startNextCycle(), misuse(/before the response was over/));
  codec.send({ ...answer(), close: true }, []);
  assert.throws(() => codec.startNextCycle(), misuse(/ends with this one/));
  assert.equal(codec.nextEvent().type, "end");
  assert.equal(codec.nextEvent().type, "closed");
});

test("keepAlive is false once a response closes, or only the end of the connection delimits it", () => {
  const after = (request: string, change: object): boolean => {
    const codec = codecOf();
    codec.receive(wireOf(request));
    codec.nextEvent();
    assert.equal(codec.keepAlive, true);
    codec.send({ ...answer(), ...change }, []);
    return codec.keepAlive;
  };
  const old = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  assert.equal(after(ONE, {}), true);
  assert.equal(after(ONE, { close: true }), false);
  assert.equal(after(ONE, { length: undefined, more: true }), true);
  assert.equal(after(old, {}), true);
  assert.equal(after(old, { length: undefined, more: true }), false);
});

test("after a fault nothing is read, kept or reported, and one refusal can be sent", () => {
  const codec = codecOf();
  codec.receive(wireOf(`GET / HTTP/1.1\r\n\r\n${ONE}`));
  const event = codec.nextEvent();
  assert.ok(event.type === "fault");
  assert.equal(event.fault.code, "http1.no-host");
  assert.equal(codec.keepAlive, false);
  assert.equal(codec.buffered, 0);
  codec.receive(wireOf(TWO));
  assert.equal(codec.buffered, 0);
  assert.equal(codec.nextEvent().type, "closed");
  assert.equal(codec.requestDone, false);
  const out: Piece[] = [];
  codec.send(refusal(event.fault, ""), out);
  assert.deepEqual(out, [
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 55\r\nConnection: close\r\n\r\n" +
      "400 Bad Request: an HTTP/1.1 request has no Host field\n",
  ]);
  assert.equal(codec.nextEvent().type, "closed");
  assert.throws(() => codec.send(refusal(event.fault, ""), out), misuse(/after the response was over/));
});

test("a refusal of a HEAD request has no body", () => {
  const codec = codecOf();
  codec.receive(wireOf("HEAD / HTTP/1.1\r\n\r\n"));
  const event = codec.nextEvent();
  assert.ok(event.type === "fault");
  const out: Piece[] = [];
  codec.send(refusal(event.fault, ""), out);
  assert.ok((out[0] as string).endsWith("Content-Length: 55\r\nConnection: close\r\n\r\n"));
});

test("a fault in a body leaves the response in progress to be finished, and ends the connection after it", () => {
  const codec = codecOf();
  codec.receive(wireOf("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz"));
  codec.nextEvent();
  const out: Piece[] = [];
  codec.send({ ...answer(), length: undefined, more: true, body: "a" }, out);
  assert.equal(codec.nextEvent().type, "fault");
  codec.send({ type: "data", bytes: "b" }, out);
  codec.send({ type: "end" }, out);
  assert.equal(out.join(""), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
  assert.equal(codec.keepAlive, false);
});

test("a response nobody asked for must close, and ends the reading: a head may come too slowly", () => {
  const codec = codecOf();
  codec.receive(wireOf("GET / HT"));
  assert.equal(codec.nextEvent(), NEED_DATA);
  const out: Piece[] = [];
  assert.throws(() => codec.send(answer(), out), misuse(/before there was a request/));
  codec.send(refusal({ code: "edge.head-too-slow", status: 408, at: 8 }, ""), out);
  assert.match(out[0] as string, /^HTTP\/1\.1 408 Request Timeout\r\n.*\r\nConnection: close\r\n\r\n408 /s);
  codec.receive(wireOf("TP/1.1\r\nHost: a\r\n\r\n"));
  assert.equal(codec.nextEvent().type, "closed");
});

test("information and data go through the codec in their order", () => {
  const codec = codecOf();
  const out: Piece[] = [];
  codec.receive(wireOf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"));
  codec.nextEvent();
  codec.send({ type: "information", status: 100, fields: [] }, out);
  codec.send({ ...answer(), length: 2, more: true }, out);
  codec.send({ type: "data", bytes: "ab" }, out);
  codec.send({ type: "end" }, out);
  assert.deepEqual(out, ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "ab"]);
});

test("trailers of a response reach the client that asked for them on this request, and not one that asked before", () => {
  const codec = codecOf();
  for (const [extra, tail] of [
    ["TE: trailers\r\nConnection: TE\r\n", "0\r\nX-Sum: 1\r\n\r\n"],
    ["", "0\r\n\r\n"],
  ] as const) {
    const out: Piece[] = [];
    codec.receive(wireOf(`GET / HTTP/1.1\r\nHost: a\r\n${extra}\r\n`));
    codec.nextEvent();
    codec.send({ ...answer(), length: undefined, more: true }, out);
    codec.send({ type: "end", trailers: ["X-Sum", "1"] }, out);
    assert.equal(out.at(-1), tail);
    codec.startNextCycle();
  }
});

test("after the peer's end, what it had sent is answered, and the last answer closes", () => {
  const codec = codecOf();
  codec.receive(wireOf(ONE + TWO));
  codec.receiveEof();
  codec.nextEvent();
  const out: Piece[] = [];
  codec.send(answer(), out);
  assert.equal(codec.keepAlive, true);
  codec.startNextCycle();
  assert.equal(codec.nextEvent().type, "request");
  assert.equal(codec.keepAlive, false);
  codec.send(answer(), out);
  assert.equal(codec.nextEvent().type, "end");
  assert.equal(codec.nextEvent().type, "closed");
  assert.deepEqual(out, [
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
  ]);
  assert.throws(() => codec.receive(wireOf("x")), misuse(/after the end/));
});

test("a connection that is surrendered gives the bytes behind its request, wherever they were cut, and is over", () => {
  const wire = wireOf(`${ONE}\x81\x00rest`);
  for (const pieces of chunkings(wire)) {
    const codec = codecOf();
    let rest: Uint8Array = new Uint8Array();
    let isOver = false;
    for (const piece of pieces) {
      // What comes after is for whoever has the connection then.
      if (isOver) rest = Buffer.concat([rest, piece]);
      else {
        codec.receive(piece);
        isOver = codec.nextEvent().type === "request";
        if (isOver) rest = codec.surrender();
      }
    }
    assert.equal(Buffer.from(rest).toString("latin1"), "\x81\x00rest");
    assert.deepEqual([codec.nextEvent().type, codec.keepAlive, codec.buffered], ["closed", false, 0]);
  }
});

test("what was surrendered is a copy: a later read into the same memory does not change it", () => {
  const codec = codecOf();
  const memory = wireOf(`${ONE}rest`);
  codec.receive(memory);
  codec.nextEvent();
  const rest = codec.surrender();
  memory.fill(0);
  assert.equal(Buffer.from(rest).toString("latin1"), "rest");
});

test("a connection is surrendered only for a request that was read whole and has no answer yet", () => {
  const early = codecOf();
  early.receive(wireOf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx"));
  early.nextEvent();
  assert.throws(() => early.surrender(), misuse(/before the request was read whole/));
  assert.throws(() => codecOf().surrender(), misuse(/before the request was read whole/));
  const late = codecOf();
  late.receive(wireOf(ONE));
  late.nextEvent();
  late.send(answer(), []);
  assert.throws(() => late.surrender(), misuse(/after a response began/));
});

test("nothing can be sent on a connection that was surrendered", () => {
  const codec = codecOf();
  codec.receive(wireOf(ONE));
  codec.nextEvent();
  codec.surrender();
  assert.throws(() => codec.send(answer(), []), MisuseError);
});

test("what is here of the next request can be taken out, wherever it was cut, and given again", () => {
  for (let cut = 1; cut < TWO.length; cut += 1) {
    const codec = codecOf();
    const memory = wireOf(ONE + TWO.slice(0, cut));
    codec.receive(memory);
    codec.nextEvent();
    codec.send(answer(), []);
    codec.startNextCycle();
    const rest = codec.takeRest();
    memory.fill(0);
    assert.deepEqual([Buffer.from(rest).toString("latin1"), codec.buffered], [TWO.slice(0, cut), 0]);
    assert.equal(codec.nextEvent(), NEED_DATA);
    codec.receive(rest);
    codec.receive(wireOf(TWO.slice(cut)));
    const event = codec.nextEvent();
    assert.equal(event.type === "request" && event.head.target, "/2");
  }
});

test("the rest is not taken while a request is in progress, nor when a part of the next head was understood", () => {
  const busy = codecOf();
  busy.receive(wireOf(ONE + TWO));
  busy.nextEvent();
  assert.throws(() => busy.takeRest(), misuse(/while a request is in progress/));
  const half = codecOf();
  half.receive(wireOf("GET /1 HTTP/1.1\r\nHost: a\r\nX"));
  half.nextEvent();
  assert.throws(() => half.takeRest(), misuse(/while a request is in progress/));
});
