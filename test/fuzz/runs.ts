// How long the fuzzers run and where their chance comes from. Counts bound them, not a clock: the same seed does the same on any machine.
// TSGI_FUZZ_SEED gives another seed (a number, or `new` for one that nobody knows), TSGI_FUZZ_RUNS multiplies the counts.

import process from "node:process";
import { Random } from "../support/random.ts";

const said = process.env["TSGI_FUZZ_SEED"] ?? "1";

export const SEED = said === "new" ? Date.now() >>> 0 : Number(said);
export const TIMES = Number(process.env["TSGI_FUZZ_RUNS"] ?? "1");

if (!Number.isSafeInteger(SEED)) throw new RangeError(`TSGI_FUZZ_SEED is not a number: ${said}`);
if (!(TIMES > 0)) throw new RangeError("TSGI_FUZZ_RUNS is not a number above 0");

/** Does something with fresh chance as often as is asked for; a failure says how to have it again. */
export async function fuzz(runs: number, once: (random: Random) => void | Promise<void>): Promise<void> {
  const count = Math.ceil(runs * TIMES);
  for (let run = 0; run < count; run += 1) {
    // Each run has a seed of its own, so that one of them can be repeated without those before it.
    const seed = (SEED + run) >>> 0;
    try {
      await once(new Random(seed));
    } catch (error) {
      throw new Error(`run ${run} of ${count} failed; again: TSGI_FUZZ_SEED=${seed} TSGI_FUZZ_RUNS=${1 / runs}`, {
        cause: error,
      });
    }
  }
}
