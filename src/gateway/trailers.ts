// `tsgi.trailers`: fields that an application knows only when its body is over, such as a checksum or a verdict. Names are judged
// in the call, values when they are there. Whether the client can be sent any is decided by the codec.

import type { FlatFields } from "../protocol/events.ts";
import { isFieldValue } from "../protocol/grammar.ts";
import { mayTrail } from "../protocol/http1/names.ts";
import { isHopByHop, show } from "./said.ts";
import type { TrailerList } from "./types.ts";

/** Stands for no trailers, which is the rule: no array for a response that needs none. */
export const NO_TRAILERS: TrailerList = Object.freeze([]);

/**
 * A copy of the list, so that one the application changes later changes nothing here.
 *
 * @throws TypeError that names the trailer and what fits.
 */
export function checkTrailers(given: unknown): TrailerList {
  if (!Array.isArray(given)) {
    throw new TypeError(`tsgi.trailers: ${show(given)}: expected an array of [name, value] pairs`);
  }
  return given.map((pair: unknown, i) => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new TypeError(`tsgi.trailers: trailer ${i} is ${show(pair)}: expected a [name, value] pair`);
    }
    const [name, value] = pair as [unknown, unknown];
    if (typeof name !== "string" || !mayTrail(name) || isHopByHop(name)) {
      throw new TypeError(
        `tsgi.trailers: ${show(name)} may not be a trailer: expected a field name that does not frame, route, control or authenticate a message`,
      );
    }
    return [name, typeof value === "function" ? (value as () => string) : checkValue(name, value)] as const;
  });
}

/** What goes out, now that the body is over. Functions are asked here. */
export const trailerFields = (trailers: TrailerList): FlatFields =>
  trailers.flatMap(([name, value]) => [name, typeof value === "function" ? checkValue(name, value()) : value]);

export const trailerNames = (trailers: TrailerList): readonly string[] => trailers.map(([name]) => name);

function checkValue(name: string, value: unknown): string {
  if (typeof value === "string" && isFieldValue(value)) return value;
  throw new TypeError(
    `tsgi.trailers: trailer ${name} is ${show(value)}: expected a string of latin-1 characters without control characters`,
  );
}
