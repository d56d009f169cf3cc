import assert from "node:assert/strict";
import { test } from "node:test";
import { Http1Codec } from "../../src/protocol/http1/codec.ts";
import { Intake } from "../../src/worker/intake.ts";
import type { Transport } from "../../src/worker/transport.ts";

const LIMITS = { requestLine: 8_190, fields: 100, fieldSize: 8_190, allFields: 65_536, body: 0 };

function intakeOf(limits = LIMITS) {
  const calls: string[] = [];
  const transport = { pause: () => void calls.push("pause"), resume: () => void calls.push("resume") };
  const codec = new Http1Codec({ limits, server: "" });
  return { calls, codec, intake: new Intake(codec, transport as unknown as Transport) };
}

test("reading stops when 64 KiB wait for whoever asks, and goes on when they were taken", () => {
  const { calls, intake } = intakeOf();
  intake.receive(Buffer.from("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n"));
  assert.equal(intake.next().type, "request");
  intake.keep();
  intake.receive(Buffer.alloc(65_535));
  intake.keep();
  assert.deepEqual(calls, []);
  intake.receive(Buffer.alloc(1));
  intake.keep();
  intake.keep();
  assert.deepEqual(calls, ["pause"]);
  assert.equal(intake.next().type, "data");
  assert.deepEqual(calls, ["pause", "resume"]);
});

test("a head is read on, however large: what its limits let through would else wait for ever", () => {
  const { calls, codec, intake } = intakeOf({ ...LIMITS, allFields: 0 });
  intake.receive(Buffer.from(`GET / HTTP/1.1\r\nHost: h\r\n${`X: ${"v".repeat(8_000)}\r\n`.repeat(9)}`));
  assert.equal(intake.next().type, "need-data");
  intake.keep();
  assert.ok(codec.buffered > 65_536);
  assert.deepEqual(calls, []);
  intake.receive(Buffer.from("\r\n"));
  assert.equal(intake.next().type, "request");
});

test("whoever asked and got nothing, and does not ask again, does not hold the bound up", () => {
  const { calls, intake } = intakeOf();
  intake.receive(Buffer.from("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n"));
  assert.deepEqual([intake.next().type, intake.next().type], ["request", "need-data"]);
  intake.keep();
  intake.receive(Buffer.alloc(65_536));
  intake.keep();
  assert.deepEqual(calls, ["pause"]);
});

test("a closing connection reads a mebibyte that nobody looks at, then leaves the rest in the kernel", () => {
  const { calls, intake } = intakeOf();
  intake.drop(1_048_576);
  assert.deepEqual(calls, []);
  intake.drop(1);
  assert.deepEqual(calls, ["pause"]);
});

test("a connection that brings events by the thousand is not read again before the others had their turn", async () => {
  const { calls, intake } = intakeOf();
  intake.receive(Buffer.from("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"));
  intake.next();
  const chunks = (count: number): void => {
    intake.receive(Buffer.from("1\r\nx\r\n".repeat(count)));
    for (let i = 0; i < count; i += 1) assert.equal(intake.next().type, "data");
    intake.keep();
  };
  chunks(511);
  assert.deepEqual(calls, []);
  chunks(1);
  assert.deepEqual(calls, ["pause"]);
  await new Promise((turn) => setImmediate(turn));
  assert.deepEqual(calls, ["pause", "resume"]);
});

test("what is paused for its size stays paused after the turn of the others, and the other way round", async () => {
  const { calls, intake } = intakeOf();
  intake.receive(Buffer.from("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"));
  intake.receive(Buffer.from("1\r\nx\r\n".repeat(20_000)));
  for (let i = 0; i < 600; i += 1) intake.next();
  intake.keep();
  assert.deepEqual(calls, ["pause", "pause"]);
  await new Promise((turn) => setImmediate(turn));
  assert.deepEqual(calls, ["pause", "pause"]);
  while (intake.next().type !== "need-data");
  assert.deepEqual(calls, ["pause", "pause", "resume"]);
});
