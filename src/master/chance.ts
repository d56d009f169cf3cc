// Chance as a value: the same seed gives the same numbers, so that a plan that needs jitter stays a function of its state.

/** A number from 0 to 1, 1 excluded, and the seed of the next one. */
export interface Draw {
  readonly value: number;
  readonly seed: number;
}

/** Mulberry32: 32 bits of state, good enough to keep workers apart. */
export function draw(seed: number): Draw {
  const next = (seed + 0x6d2b79f5) | 0;
  let bits = Math.imul(next ^ (next >>> 15), next | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return { value: ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32, seed: next };
}
