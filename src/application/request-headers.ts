// The header fields of a request, read out of the environ by their own names. Nothing is copied: the environ is the only place where they
// are. Knows CGI's names (RFC 3875 section 4.1.18) and nothing of what a field means.

import type { Environ } from "../gateway/types.ts";

// An application asks for the same few names for ever. Bounded, because it may ask for names that a client sent.
const KEYS = new Map<string, string>();
const MAX_KEYS = 500;

/** `User-Agent` is `HTTP_USER_AGENT`; the two that CGI knows itself have no prefix. */
function keyOf(name: string): string {
  const known = KEYS.get(name);
  if (known !== undefined) return known;
  const upper = name.toUpperCase().replaceAll("-", "_");
  const key = upper === "CONTENT_TYPE" || upper === "CONTENT_LENGTH" ? upper : `HTTP_${upper}`;
  if (KEYS.size < MAX_KEYS) KEYS.set(name, key);
  return key;
}

/** The fields of a request; names in any case. A field that came several times is one, its values joined by the server. */
export class RequestHeaders implements Iterable<readonly [name: string, value: string]> {
  readonly #environ: Environ;

  constructor(environ: Environ) {
    this.#environ = environ;
  }

  get(name: string): string | undefined {
    const value = this.#environ[keyOf(name)];
    return typeof value === "string" ? value : undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Names in lower case, with dashes. */
  *[Symbol.iterator](): Generator<readonly [name: string, value: string], void, void> {
    const environ = this.#environ;
    for (const key of Object.keys(environ)) {
      const value = environ[key];
      if (typeof value !== "string") continue;
      const isField = key.startsWith("HTTP_");
      if (!isField && key !== "CONTENT_TYPE" && key !== "CONTENT_LENGTH") continue;
      yield [(isField ? key.slice("HTTP_".length) : key).toLowerCase().replaceAll("_", "-"), value];
    }
  }
}
