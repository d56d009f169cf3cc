// Any bytes in any pieces: the codec gives events, a fault or a wait as its contract says, the same for all pieces, and never an exception.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type TestContext, test } from "node:test";
import type { Limits } from "../../src/protocol/codec.ts";
import { FAULTS, type FaultCode, Http1Codec } from "../../src/protocol/index.ts";
import { Random } from "../support/random.ts";
import type { Heard } from "../support/wire.ts";
import { encodeWire, stored } from "./corpus.ts";
import { anyInput, type Input, PROFILES } from "./inputs.ts";
import { Judge } from "./judge.ts";
import { fuzz, SEED } from "./runs.ts";

/** With `reused`, the pieces come in one read buffer that is overwritten after each of them, as a transport's is. */
function hear(limits: Limits, pieces: readonly Uint8Array[], reused: boolean): readonly Heard[] {
  const judge = new Judge(new Http1Codec({ limits, server: "" }), limits);
  const shared = Buffer.alloc(reused ? pieces.reduce((most, { length }) => Math.max(most, length), 0) : 0);
  for (const piece of pieces) {
    if (reused) shared.set(piece);
    judge.receive(reused ? shared.subarray(0, piece.length) : piece);
    if (!reused) continue;
    judge.retain();
    shared.fill(0xee);
  }
  judge.end();
  return judge.heard;
}

/** What an input gives, whole; it gives the same in any other pieces. */
function holds({ profile, wire }: Input, random: Random): readonly Heard[] {
  const limits = PROFILES[profile];
  try {
    const whole = hear(limits, [wire], false);
    assert.deepEqual(hear(limits, [wire], true), whole, "whole, in a read buffer");
    assert.deepEqual(hear(limits, random.pieces(wire, 1), true), whole, "byte by byte");
    for (const most of [3, 40]) {
      const pieces = random.pieces(wire, most);
      assert.deepEqual(hear(limits, pieces, random.chance(0.8)), whole, `cut as ${pieces.map(({ length }) => length)}`);
    }
    return whole;
  } catch (error) {
    throw new Error(`${profile} ${encodeWire(wire)}`, { cause: error });
  }
}

const faultsOf = (heard: readonly Heard[]): readonly FaultCode[] =>
  heard.flatMap((event) => (event.type === "fault" ? [event.fault.code] : []));

test("each stored input holds the contract, and together they meet every fault but the one that takes 16 KiB", () => {
  const met = new Set(stored().flatMap((input) => faultsOf(holds(input, new Random(1)))));
  const missing = (Object.keys(FAULTS) as FaultCode[]).filter((code) => code.startsWith("http1.") && !met.has(code));
  assert.deepEqual(missing, ["http1.too-many-chunk-extensions"]);
});

test("any bytes in any pieces give events, a fault or a wait: the same for all pieces, and never an exception", async (t: TestContext) => {
  t.diagnostic(`TSGI_FUZZ_SEED=${SEED}`);
  const met = new Map<string, number>();
  await fuzz(10_000, (random) => {
    for (const { type } of holds(anyInput(random), random)) met.set(type, (met.get(type) ?? 0) + 1);
  });
  t.diagnostic([...met].map(([type, count]) => `${type} ${count}`).join(", "));
});
