// What a worker says of the error that ends it: the error with its causes, in the lines that the program was written in, and the place
// in it. Never throws, whatever was thrown.

import type { LastWords, RequestInFlight } from "../ipc/messages.ts";
import { SourceMaps } from "../modules/source-map.ts";
import { callsText, placeOf, positionOf, read, stackText, summary } from "../modules/stack.ts";

/** `cause` may lead round in a circle. */
const CAUSES = 4;

export function lastWords(
  thrown: unknown,
  origin: LastWords["origin"],
  requests: readonly RequestInFlight[],
  maps = new SourceMaps(),
): LastWords {
  const stack = maps.translate(withCauses(thrown, 0));
  const place = placeOf({ stack: maps.translate(callsText(thrown)) });
  const [message = ""] = summary(thrown).split("\n");
  return { tsgi: "crashed", origin, message, stack, place: place === null ? null : positionOf(place), requests };
}

function withCauses(thrown: unknown, depth: number): string {
  const own = stackText(thrown) || summary(thrown);
  if (depth === CAUSES) return own;
  const errors = read(thrown, "errors");
  const inner = Array.isArray(errors) ? errors.slice(0, CAUSES) : [];
  const cause = read(thrown, "cause");
  return [
    own,
    ...inner.map((error) => `among them: ${withCauses(error, depth + 1)}`),
    ...(cause === undefined ? [] : [`caused by: ${withCauses(cause, depth + 1)}`]),
  ].join("\n");
}
