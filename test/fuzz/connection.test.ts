// A whole connection under any bytes: the worker's own connection, gateway and codec, with an application that echoes. What comes out is read
// by a strict client: one answer for each request that was right, one refusal for what was not, and nothing after it.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { after, type TestContext, test } from "node:test";
import type { Application } from "../../src/gateway/types.ts";
import { Http1Codec } from "../../src/protocol/index.ts";
import { Connection } from "../../src/worker/connection.ts";
import { Random } from "../support/random.ts";
import { type Answer, fieldOf, responsesOf } from "../support/responses.ts";
import { play } from "../support/wire.ts";
import { serveInProcess } from "../support/worker.ts";
import { encodeWire, stored } from "./corpus.ts";
import { anyInput, type Input, PROFILES, type Profile } from "./inputs.ts";
import { MemoryTransport } from "./memory-transport.ts";
import { fuzz, SEED } from "./runs.ts";

/** Far more than the longest input needs; what is not over then hangs. */
const MOST_TURNS = 50_000;

/** A "-" for nothing, since the value of a field has no blank at its end. */
const told = (...words: readonly string[]): string =>
  words.map((word) => Buffer.from(word, "latin1").toString("base64") || "-").join(" ");

/** Tells the request in a field, which an answer to HEAD has too, and gives the body back whole or in pieces. */
const echo: Application = async (environ, startResponse) => {
  const body = await environ["tsgi.input"].read();
  startResponse("200 OK", [["X-Echo", told(environ.REQUEST_METHOD, environ.RAW_URI, body.toString("latin1"))]]);
  if (body.length % 3 === 0) return [body];
  return (async function* () {
    for (let at = 0; at < body.length; at += 4) {
      if (at % 8 === 0) await new Promise(setImmediate);
      yield body.subarray(at, at + 4);
    }
  })();
};

/** Answers at once and reads nothing, so that the connection must find the end of the body by itself. */
const deaf: Application = (environ, startResponse) => {
  startResponse("200 OK", [["X-Echo", told(environ.REQUEST_METHOD, environ.RAW_URI)]]);
  return [];
};

const serverOf = (application: Application, profile: Profile) => {
  const { requestLine, fields, fieldSize, allFields, body } = PROFILES[profile];
  const server = serveInProcess(application, {
    limitRequestLine: requestLine,
    limitFields: fields,
    limitFieldSize: fieldSize,
    limitFieldsSize: allFields,
    limitBody: body,
  });
  after(() => server.close());
  // No deadline passes: a slow machine must not change what is answered.
  server.worker.deadlines.close();
  return server;
};
const serversOf = (application: Application) => ({
  usual: serverOf(application, "usual"),
  small: serverOf(application, "small"),
  none: serverOf(application, "none"),
});
const ECHO = serversOf(echo);
const DEAF = serversOf(deaf);

interface Asked {
  readonly method: string;
  readonly target: string;
  readonly version: "1.0" | "1.1";
  readonly length: number | "chunked";
  readonly expectContinue: boolean;
  body: string;
  whole: boolean;
}

/** What the codec alone makes of an input: the connection adds an answer to each request, and nothing else. */
function askedBy({ profile, wire }: Input): { readonly asked: readonly Asked[]; readonly fault: number | undefined } {
  const asked: Asked[] = [];
  let fault: number | undefined;
  for (const event of play(new Http1Codec({ limits: PROFILES[profile], server: "" }), [wire])) {
    const last = asked.at(-1);
    if (event.type === "request") asked.push({ ...event.head, body: "", whole: false });
    else if (event.type === "data") last!.body += event.bytes;
    else if (event.type === "end") last!.whole = true;
    else if (event.type === "fault") fault = event.fault.status;
  }
  return { asked, fault };
}

/** Plays the loop for one connection until it is closed; everything that was answered. */
async function converse(
  server: ReturnType<typeof serverOf>,
  pieces: readonly Uint8Array[],
  random: Random,
  methods: readonly string[],
): Promise<readonly Answer[]> {
  const transport = new MemoryTransport(pieces, random);
  transport.open(new Connection(transport, server.worker));
  for (let turns = 0; !transport.closed; turns += 1) {
    assert.ok(turns < MOST_TURNS, `the connection hangs, ${transport.outcome}`);
    transport.turn();
    // The application answers in turns of the real loop.
    if (transport.quiet || random.chance(0.2)) await new Promise(setImmediate);
  }
  assert.equal(transport.outcome, "ended");
  assert.equal(server.worker.inFlight, 0, "a request was begun and never ended");
  assert.deepEqual(server.troubles, []);
  return responsesOf(transport.wire, methods);
}

const closes = (answer: Answer): boolean => fieldOf(answer, "connection") === "close";

function judge(answers: readonly Answer[], input: Input, isEcho: boolean): void {
  const { asked, fault } = askedBy(input);
  const rest = [...answers];
  for (const { method, target, version, length, body, whole, expectContinue } of asked) {
    if (rest[0]?.status === 100) assert.ok(expectContinue && isEcho && rest.shift() !== undefined);
    const answer = rest.shift();
    assert.ok(answer !== undefined, `${method} ${target} was not answered`);
    assert.notEqual(answer.framing, "cut");
    if (isEcho && !whole) assert.equal(answer.status, fault);
    else {
      assert.equal(answer.status, 200);
      assert.equal(fieldOf(answer, "x-echo"), isEcho ? told(method, target, body) : told(method, target));
      if (isEcho && method !== "HEAD") assert.equal(answer.body, body);
    }
    // Of a body that nobody read, the end may be unknown when the answer begins: the client waits for 100, or has ended its side.
    const isUnknown = !isEcho && length !== 0;
    // The only frame of a stream that a 1.0 client knows.
    const isStream = version === "1.0" && answer.framing === "close";
    const mayClose = !whole || isUnknown || isStream;
    if (mayClose && (closes(answer) || rest.length === 0)) {
      assert.deepEqual(rest, [], "something came after the last answer");
      return;
    }
    if (closes(answer)) assert.ok(answer === answers.at(-1), "something came after an answer that closes");
  }
  if (fault !== undefined) {
    const refusal = rest.shift();
    assert.ok(refusal !== undefined && refusal.status === fault && closes(refusal), "the refusal is missing");
    // Of a HEAD it has no body.
    assert.ok(refusal.framing === "length" || refusal.body === "");
  }
  assert.deepEqual(rest, [], "more answers than requests");
}

async function holds(input: Input, random: Random): Promise<number> {
  try {
    const methods = askedBy(input).asked.map(({ method }) => method);
    let count = 0;
    for (const isEcho of [true, false]) {
      const pieces = random.pieces(input.wire, random.pick([1, 10, 100, 10_000]));
      const answers = await converse((isEcho ? ECHO : DEAF)[input.profile], pieces, random, methods);
      judge(answers, input, isEcho);
      count += answers.length;
    }
    return count;
  } catch (error) {
    throw new Error(`${input.profile} ${encodeWire(input.wire)}`, { cause: error });
  }
}

test("each stored input is answered as the codec reads it", async () => {
  for (const input of stored()) await holds(input, new Random(1));
});

test("any bytes get one answer for each request that was right, at most one refusal, and nothing after it", async (t: TestContext) => {
  t.diagnostic(`TSGI_FUZZ_SEED=${SEED}`);
  let answers = 0;
  await fuzz(1_500, async (random) => {
    answers += await holds(anyInput(random), random);
  });
  t.diagnostic(`${answers} answers`);
});
