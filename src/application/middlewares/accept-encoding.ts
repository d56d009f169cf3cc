// Which compression a client takes (RFC 9110 section 12.5.3), of those that there are. Brotli where the client does not mind: it is smaller
// at the same cost.

import Negotiator from "negotiator";

export type Coding = "br" | "gzip";

const CODINGS = ["br", "gzip", "identity"];
const PREFERRED = ["br", "gzip"];

/** Its types lack the order among what the client likes equally. */
interface Preferring {
  encoding(available: readonly string[], options: { readonly preferred: readonly string[] }): string | undefined;
}

// Browsers send the same few values for ever. Bounded, since a client can send anything.
const KNOWN_SIZE = 200;
const known = new Map<string, Coding | undefined>();

/** @returns Undefined where the body stays as it is: nothing was asked for, or the client would rather have it so. */
export function chooseCoding(acceptEncoding: string | undefined): Coding | undefined {
  if (acceptEncoding === undefined || acceptEncoding === "") return undefined;
  if (known.has(acceptEncoding)) return known.get(acceptEncoding);
  const negotiator = new Negotiator({ headers: { "accept-encoding": acceptEncoding } }) as unknown as Preferring;
  const chosen = negotiator.encoding(CODINGS, { preferred: PREFERRED });
  const coding = chosen === "br" || chosen === "gzip" ? chosen : undefined;
  if (known.size < KNOWN_SIZE) known.set(acceptEncoding, coding);
  return coding;
}
