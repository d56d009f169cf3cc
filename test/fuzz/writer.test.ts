// Anything that a caller may ask the codec to put out is misuse, which puts out nothing, or bytes that a strict client reads as the same response.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type TestContext, test } from "node:test";
import type { InformationEvent, ResponseEvent } from "../../src/protocol/events.ts";
import { Http1Codec, MisuseError, type Piece, type SendEvent } from "../../src/protocol/index.ts";
import type { Random } from "../support/random.ts";
import { type Answer, fieldOf, responsesOf } from "../support/responses.ts";
import { LIMITS } from "../support/wire.ts";
import { fuzz, SEED } from "./runs.ts";

const NAMES = ["X-One", "x-two", "Date", "Server", "Set-Cookie", "Vary", "Content-Type"];
const BAD_NAMES = ["", "a b", "a:", "a\r\nb", "é", "Content-Length", "transfer-encoding", "CONNECTION"];
const VALUES = ["", "v", "a, b", "é\xff", "\t x", '"quoted"', "x".repeat(300)];
const BAD_VALUES = ["a\r\nX-Split: 1", "a\nb", "\r", "\0", "\u0100", "\u2028", "\x7f"];

const mostly = <T>(random: Random, right: readonly T[], wrong: readonly T[]): T =>
  random.pick(random.chance(0.97) ? right : wrong);

/** A list that its owner uses again and again, with other fields in it. */
const reused: string[] = [];

function fieldsFor(random: Random): readonly string[] {
  const fields = random.chance(0.3) ? reused : [];
  fields.length = 0;
  while (random.chance(0.6)) fields.push(mostly(random, NAMES, BAD_NAMES), mostly(random, VALUES, BAD_VALUES));
  if (random.chance(0.01)) fields.push("X-Odd");
  return fields !== reused && random.chance(0.5) ? Object.freeze(fields) : fields;
}

function bytesFor(random: Random): Piece {
  const size = random.pick([0, 0, 1, 5, 16, 255, 4_096, 4_097, 70_000]);
  const text = random
    .pick(["x", "\r\n", "0\r\n\r\n", "é\xff\0", "HTTP/1.1 200 OK\r\n\r\n"])
    .repeat(size)
    .slice(0, size);
  return random.chance(0.5) ? text : Buffer.from(text, "latin1");
}

function responseFor(random: Random): ResponseEvent {
  const body = random.chance(0.4) ? undefined : bytesFor(random);
  const more = random.chance(0.5);
  const size = body?.length ?? 0;
  return {
    type: "response",
    status: mostly(
      random,
      [200, 200, 201, 204, 206, 301, 304, 404, 500, 999],
      [0, 100, 101, 199, 1_000, 200.5, Number.NaN],
    ),
    reason: mostly(random, ["OK", "", "Not so good", "é"], ["a\r\nb", "\0", "\u0100"]),
    fields: fieldsFor(random),
    length: mostly(
      random,
      [undefined, size, more ? size + random.below(20) : size],
      [-1, 1.5, Number.NaN, size + 1, 0],
    ),
    date: mostly(random, ["", "Sat, 21 Nov 2026 10:00:00 GMT"], ["\r\n"]),
    close: random.chance(0.1),
    body,
    more,
  };
}

const eventFor = (random: Random, isFirst: boolean): SendEvent => {
  const kind = random.below(10);
  const status = random.pick([100, 102, 103] as const);
  if (kind === 0) return { type: "information", status, fields: fieldsFor(random) } satisfies InformationEvent;
  if (isFirst ? kind < 9 : kind < 2) return responseFor(random);
  return kind < 6 ? { type: "data", bytes: bytesFor(random) } : { type: "end" };
};

const textOf = (piece: Piece | undefined): string =>
  piece === undefined ? "" : typeof piece === "string" ? piece : Buffer.from(piece).toString("latin1");

/** What a client of a request should read. */
interface Expected {
  readonly method: string;
  readonly version: "1.0" | "1.1";
  readonly interim: InformationEvent[];
  response: ResponseEvent | undefined;
  body: string;
  over: boolean;
}

/** What becomes of an event that was put out. */
function note(expected: Expected, event: SendEvent): void {
  if (event.type === "information") expected.interim.push({ ...event, fields: [...event.fields] });
  else if (event.type === "response") {
    assert.equal(expected.response, undefined, "two responses to one request");
    expected.response = { ...event, fields: [...event.fields] };
    expected.body = textOf(event.body);
    expected.over = !event.more;
  } else {
    assert.ok(expected.response !== undefined && !expected.over, `${event.type} outside of a body`);
    if (event.type === "data") expected.body += textOf(event.bytes);
    else expected.over = true;
  }
}

function send(codec: Http1Codec, event: SendEvent, out: Piece[], expected: Expected): void {
  const before = out.length;
  try {
    codec.send(event, out);
  } catch (error) {
    assert.ok(error instanceof MisuseError, `${(error as Error).stack}`);
    assert.equal(out.length, before, "misuse put something out");
    return;
  }
  note(expected, event);
}

/** Whether these fields are among those, in this order. */
function holdsFields(answer: Answer, fields: readonly string[]): boolean {
  let at = 0;
  for (let i = 0; i < answer.fields.length && at < fields.length; i += 2) {
    const same = answer.fields[i] === fields[at]!.toLowerCase();
    if (same && answer.fields[i + 1] === fields[at + 1]!.replace(/^[\t ]+/, "")) at += 2;
  }
  return at === fields.length;
}

function judge(answers: Answer[], expected: Expected, keepAlive: boolean): void {
  const { response, interim, method, version } = expected;
  for (const { status, fields } of version === "1.1" ? interim : []) {
    const answer = answers.shift();
    assert.ok(
      answer !== undefined && answer.status === status && holdsFields(answer, fields),
      "an interim response is missing",
    );
  }
  if (response === undefined) return;
  const answer = answers.shift();
  assert.ok(answer !== undefined, "the response is missing");
  assert.deepEqual([answer.status, answer.reason], [response.status, response.reason]);
  assert.ok(holdsFields(answer, response.fields), "fields are missing");
  const bodyless = method === "HEAD" || response.status === 204 || response.status === 304;
  assert.equal(answer.body, bodyless ? "" : expected.body);
  const says = fieldOf(answer, "connection");
  if (bodyless) assert.equal(answer.framing, "none");
  else if (!expected.over && answer.framing !== "close") {
    // What is not over is seen to be cut, but for a body that has all its bytes and lacks no more than our `end`.
    assert.equal(answer.framing, expected.body.length === response.length ? "length" : "cut");
  } else if (keepAlive) assert.match(answer.framing, /^(?:length|chunked)$/);
  else assert.notEqual(answer.framing, "cut");
  if (keepAlive) assert.equal(says, version === "1.0" ? "keep-alive" : undefined);
  else assert.equal(says, "close");
  if (version === "1.0") assert.notEqual(answer.framing, "chunked");
}

function converse(random: Random): string {
  const codec = new Http1Codec({ limits: LIMITS, server: random.pick(["", "tsgi/1"]) });
  const out: Piece[] = [];
  const all: { readonly expected: Expected; readonly keepAlive: boolean }[] = [];
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const method = random.pick(["GET", "HEAD", "POST"]);
    const version = random.pick(["1.1", "1.1", "1.0"] as const);
    const stay = random.chance(0.9) ? "keep-alive" : "close";
    codec.receive(Buffer.from(`${method} / HTTP/${version}\r\nHost: a\r\nConnection: ${stay}\r\n\r\n`, "latin1"));
    assert.equal(codec.nextEvent().type, "request");
    const expected: Expected = { method, version, interim: [], response: undefined, body: "", over: false };
    for (let tries = 0; tries < 12 && !(expected.over && random.chance(0.7)); tries += 1) {
      send(codec, eventFor(random, expected.response === undefined), out, expected);
    }
    const { keepAlive } = codec;
    all.push({ expected, keepAlive });
    if (!expected.over || !keepAlive) break;
    codec.startNextCycle();
  }
  const wire = out.map(textOf).join("");
  const answers = responsesOf(
    wire,
    all.map(({ expected }) => expected.method),
  );
  for (const { expected, keepAlive } of all) judge(answers, expected, keepAlive);
  assert.deepEqual(answers, [], "more came than was put out");
  return all.map(({ expected }) => (expected.over ? "whole" : "unfinished")).join(", ");
}

test("what is put out is read by a strict client as what was asked for, and what cannot be is misuse", async (t: TestContext) => {
  t.diagnostic(`TSGI_FUZZ_SEED=${SEED}`);
  const ends = new Map<string, number>();
  await fuzz(8_000, (random) => {
    const end = converse(random);
    ends.set(end, (ends.get(end) ?? 0) + 1);
  });
  t.diagnostic([...ends].map(([end, count]) => `${end}: ${count}`).join("; "));
});
