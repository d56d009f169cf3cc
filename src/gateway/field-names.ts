// What each request field is called in the environ (RFC 3875 section 4.1.18), and which fields somebody has to look at.
// Knows names only; what a field says, and who is believed, is decided elsewhere.

/** No field of a request has a mark: then there is nothing to look at, which is the rule for a server without a proxy. */
export const FORWARDED = 1;
export const X_FORWARDED = 2;
export const UNDERSCORE = 4;

export interface FieldName {
  /** The key in the environ; null for names that no application may see, or not without being asked about. */
  readonly key: string | null;
  /** 0 for most. */
  readonly mark: number;
  /** The key of a name with an underscore, should it be let through. */
  readonly underscored: string | undefined;
}

const plain = (key: string | null, mark = 0): FieldName => ({ key, mark, underscored: undefined });
const keyOf = (name: string): string => `HTTP_${name.toUpperCase().replaceAll("-", "_")}`;

/** Names that were seen. Bounded, because clients choose them. */
const known = new Map<string, FieldName>([
  ["content-type", plain("CONTENT_TYPE")],
  ["content-length", plain("CONTENT_LENGTH")],
  // httpoxy: HTTP_PROXY would be read as a setting by client libraries.
  ["proxy", plain(null)],
  ["forwarded", plain("HTTP_FORWARDED", FORWARDED)],
  ...["for", "proto", "host", "port", "prefix"].map(
    (what) => [`x-forwarded-${what}`, plain(keyOf(`x-forwarded-${what}`), X_FORWARDED)] as const,
  ),
]);
const CACHE_SIZE = 1_000;
const CACHED_NAME_LENGTH = 64;

/** @param name In lower case. */
export function fieldName(name: string): FieldName {
  return known.get(name) ?? learn(name);
}

function learn(name: string): FieldName {
  // An underscore would make X_Forwarded_For and X-Forwarded-For one name, and the first is the client's to forge.
  const learned = name.includes("_") ? { key: null, mark: UNDERSCORE, underscored: keyOf(name) } : plain(keyOf(name));
  if (known.size < CACHE_SIZE && name.length <= CACHED_NAME_LENGTH) known.set(name, learned);
  return learned;
}
