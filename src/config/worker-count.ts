// How many workers: one number, what the machine has, or the bounds between which the number follows the load.
// Decides what may be said. Does not know how the number is moved; master/scaling.ts does.

import type { Kind } from "./parsers.ts";
import { quote } from "./quote.ts";

/** How many workers there may be. Equal where the number is fixed. */
export interface WorkerBounds {
  readonly min: number;
  readonly max: number;
}

type Bound = number | `${number}` | "auto";

/** A number, `auto`, which becomes one, or a range of them. */
export const workerCount: Kind<WorkerBounds, number | "auto" | `${number}` | `${Bound}..${Bound}`> = {
  type: "whole number, auto, or a range",
  fits: "a whole number of at least 1, auto, or a range such as 2..8",
  repeats: false,
  read(given, around) {
    const [low, high = low, ...rest] = typeof given === "string" ? given.split("..") : [given];
    const count = (said: unknown): number | undefined =>
      said === "auto" ? around.availableWorkers() : readCount(said);
    const [min, max] = [count(low), count(high)];
    if (min === undefined || max === undefined || rest.length > 0) return { ok: false, part: given };
    // `4..auto` on a machine with two processors: the number that was named is meant.
    if (min > max && high !== "auto") {
      return {
        ok: false,
        part: given,
        why: `${quote(given)} ends before it begins; a range goes up, such as ${max}..${min}`,
      };
    }
    return { ok: true, value: { min, max: Math.max(min, max) } };
  },
  show: ({ min, max }) => (min === max ? String(min) : `${min}..${max}`),
};

function readCount(said: unknown): number | undefined {
  const value = typeof said === "string" && /^[0-9]{1,9}$/.test(said) ? Number(said) : said;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 ? value : undefined;
}
