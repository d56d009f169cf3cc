// Names for requests: short, unique among the workers of a server and over its restarts, in the order they came within one
// worker. Not secret.

const DIGITS = 32;
/** All pairs of digits: turning a counter into text for each request would cost more than everything else here. */
const PAIRS = Array.from({ length: DIGITS * DIGITS }, (_none, i) => i.toString(DIGITS).padStart(2, "0"));

// Node's crypto takes 6 ms to load, and nobody has to be unable to guess it.
const tenDigits = (): string =>
  Math.floor(Math.random() * 16 ** 10)
    .toString(16)
    .padStart(10, "0");

/** @param prefix What sets this worker apart; ten random characters unless said otherwise. */
export function requestIds(prefix: string = tenDigits()): () => string {
  let block = 0;
  let start = `${prefix}-0`;
  let next = 0;
  return () => {
    if (next === PAIRS.length) {
      block += 1;
      start = `${prefix}-${block.toString(DIGITS)}`;
      next = 0;
    }
    const id = start + PAIRS[next]!;
    next += 1;
    return id;
  };
}
