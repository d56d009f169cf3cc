import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProtocolEvent, RequestHead } from "../../src/protocol/events.ts";
import { Http1Codec } from "../../src/protocol/http1/codec.ts";
import { Deadlines } from "../../src/worker/deadlines.ts";
import { Inflow } from "../../src/worker/inflow.ts";
import { Intake } from "../../src/worker/intake.ts";
import { Outlet } from "../../src/worker/outlet.ts";
import { Patience } from "../../src/worker/patience.ts";
import { RequestBody } from "../../src/worker/request-body.ts";
import type { Transport } from "../../src/worker/transport.ts";
import { INFO } from "../support/exchange.ts";
import { SETTINGS } from "../support/settings.ts";

const LIMITS = { requestLine: 8_190, fields: 100, fieldSize: 8_190, allFields: 65_536, body: 0 };
const nothing = () => {};

/** The way in of a connection that has read the head of a request with a body of ten bytes. */
function inflowOf() {
  const written: string[] = [];
  const faults: string[] = [];
  const wanted: number[] = [];
  const transport = {
    ...{ info: INFO, unsent: 0, pause: nothing, resume: nothing },
    wantBytes: (count: number) => void wanted.push(count),
    take: () => undefined,
    write: (pieces: readonly unknown[]) => written.push(...pieces.map(String)) > 0,
  } as unknown as Transport;
  const codec = new Http1Codec({ limits: LIMITS, server: "" });
  const deadlines = new Deadlines();
  deadlines.close();
  deadlines.now = 0;
  const patience = new Patience(deadlines, SETTINGS, { late: nothing, stalled: nothing, overdue: nothing });
  const intake = new Intake(codec, transport);
  const outlet = new Outlet(codec, transport, patience);
  const host = { refused: ({ code }: { readonly code: string }) => void faults.push(code) };
  const inflow = new Inflow(intake, outlet, patience, transport, host);
  const receive = (text: string) => intake.receive(Buffer.from(text, "latin1"));
  return { written, faults, wanted, outlet, patience, intake, inflow, receive };
}

function headOf(event: ProtocolEvent): RequestHead {
  assert.ok(event.type === "request");
  return event.head;
}

const HEAD = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n";

test("the client's time runs while somebody waits for the body, and rests when bytes came", async () => {
  const { inflow, intake, patience, receive } = inflowOf();
  receive(HEAD);
  intake.next();
  const body = new RequestBody(inflow, false);
  assert.equal(patience.deadlineAt, Number.POSITIVE_INFINITY);
  const read = body.read();
  // Five seconds of grace before the rate counts.
  assert.equal(patience.deadlineAt, 5_000);
  inflow.feed(body);
  assert.equal(patience.deadlineAt, 5_000);
  receive("0123456789");
  inflow.feed(body);
  assert.equal(String(await read), "0123456789");
  assert.equal(patience.deadlineAt, Number.POSITIVE_INFINITY);
});

test("as many bytes are wanted as are missing of a length that is known", async () => {
  const { inflow, intake, receive, wanted } = inflowOf();
  receive(HEAD);
  const body = inflow.bodyOf(headOf(intake.next()))!;
  assert.deepEqual(wanted, []);
  const read = body.read();
  assert.deepEqual(wanted, [10]);
  receive("0123");
  inflow.feed(body);
  await read;
  void body.read();
  assert.deepEqual(wanted, [10, 6]);
  const chunked = inflowOf();
  chunked.receive("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  void chunked.inflow.bodyOf(headOf(chunked.intake.next()))!.read();
  assert.deepEqual(chunked.wanted, []);
  const none = inflowOf();
  none.receive("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  assert.equal(none.inflow.bodyOf(headOf(none.intake.next())), undefined);
});

test("100 Continue goes out at once, but not when the response has begun", () => {
  const { inflow, intake, outlet, receive, written } = inflowOf();
  receive(HEAD);
  intake.next();
  void new RequestBody(inflow, true).read();
  assert.deepEqual(written, ["HTTP/1.1 100 Continue\r\n\r\n"]);
  const late = inflowOf();
  late.receive(HEAD);
  late.intake.next();
  late.outlet.response = outlet.response = {} as NonNullable<Outlet["response"]>;
  void new RequestBody(late.inflow, true).read();
  assert.deepEqual(late.written, []);
});

test("what a client does wrong in its body is taken down, and passed on", () => {
  const { inflow, intake, receive, faults } = inflowOf();
  receive("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n");
  intake.next();
  assert.equal(inflow.pull().type, "fault");
  assert.deepEqual(faults, ["http1.bad-chunk-size"]);
});
