// Finds inputs that make the codec do what no stored one does, and stores them. A block of src/protocol that was never executed so often
// (once, twice, up to four, eight ... times) for one input is new, and so is an order of events. Not a test: run it for as long as you like,
// `node --import tsx test/fuzz/hunt.ts`; TSGI_FUZZ_SEED and TSGI_FUZZ_RUNS say where it begins and how long it goes on.

import { writeSync } from "node:fs";
import type { Limits } from "../../src/protocol/codec.ts";
import { Http1Codec } from "../../src/protocol/index.ts";
import type { Random } from "../support/random.ts";
import { Steps } from "../support/steps.ts";
import { play, wireCases } from "../support/wire.ts";
import { store, stored } from "./corpus.ts";
import { anyInput, changed, type Input, PROFILES, type Profile } from "./inputs.ts";
import { fuzz, SEED } from "./runs.ts";

const RUNS = 5_000;

const steps = new Steps(/\/src\/protocol\//);
const met = new Set<string>();

/** What an input makes the codec do, as names that are the same for inputs that do the same. */
function marks({ wire }: Input, limits: Limits): string[] {
  steps.blocks();
  const heard = play(new Http1Codec({ limits, server: "" }), [wire]);
  const blocks = [...steps.blocks()].map(([block, count]) => `${block} ${Math.ceil(Math.log2(count))}`);
  const said = heard.map((event) => {
    if (event.type === "fault") return event.fault.code;
    if (event.type !== "request") return event.type;
    const { version, length, keepAlive } = event.head;
    return `request ${version} ${typeof length === "number" ? length > 0 : length} ${keepAlive}`;
  });
  // Three in a row: what came before a fault is a state of its own.
  return [...blocks, ...said.map((_one, i) => said.slice(Math.max(0, i - 2), i + 1).join(", "))];
}

function isNew(input: Input): boolean {
  const found = marks(input, PROFILES[input.profile]).filter((mark) => !met.has(mark));
  for (const mark of found) met.add(mark);
  return found.length > 0;
}

/** The same input with parts left out, as long as it still does what was new. Not the smallest there is: each try takes milliseconds. */
function smaller(input: Input, wanted: readonly string[]): Input {
  let best = input;
  let tries = 60;
  for (let size = best.wire.length >> 1; size > 1 && tries > 0; size >>= 1) {
    for (let at = 0; at + size <= best.wire.length && tries > 0; tries -= 1) {
      const wire = Buffer.concat([best.wire.subarray(0, at), best.wire.subarray(at + size)]);
      const has = new Set(marks({ ...best, wire }, PROFILES[best.profile]));
      if (wire.length > 0 && wanted.every((mark) => has.has(mark))) best = { ...best, wire };
      else at += size;
    }
  }
  return best;
}

function consider(input: Input): void {
  const wanted = marks(input, PROFILES[input.profile]).filter((mark) => !met.has(mark));
  if (wanted.length === 0) return;
  const small = smaller(input, wanted);
  isNew(small);
  kept.push(small);
}

// What a stored input does that an earlier one does too needs no second one.
const kept = stored().filter(isNew);
const before = kept.length;

// A case as it is, under each limit, may do what nothing stored does.
for (const { wire } of [...wireCases("http1/accept"), ...wireCases("http1/refuse")]) {
  for (const profile of Object.keys(PROFILES) as Profile[]) if (wire.length > 0) consider({ profile, wire });
}

await fuzz(RUNS, (random: Random) => {
  consider(kept.length > 0 && random.chance(0.5) ? changed(random.pick(kept), random, 1) : anyInput(random));
});

store(kept);
writeSync(1, `from seed ${SEED}: ${kept.length - before} inputs found, ${kept.length} stored\n`);
