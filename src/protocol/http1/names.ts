// Field names and what each of them means to a codec. A lookup proves that a name is a token and gives its lower-case form,
// for the price of one hash.

import { flat } from "../bytes.ts";
import { isToken } from "../grammar.ts";

/** The names that somebody here must notice. */
export type NameKind = "host" | "content-length" | "transfer-encoding" | "connection" | "expect" | "date" | "server";

export interface FieldName {
  readonly lower: string;
  /** undefined for a name that means nothing special. */
  readonly kind: NameKind | undefined;
  /** Whether it may stand in a trailer section. */
  readonly trails: boolean;
}

/** The cache is bounded, because clients choose the names. */
const CACHE_SIZE = 1_000;
const CACHED_NAME_BYTES = 64;

/**
 * Of the fields that are known, those whose definition lets them trail (RFC 9110 section 6.5.1; RFC 9421, RFC 9530, Server-Timing).
 * Every other known field frames, routes, controls or authenticates a message, or tells how to answer it: that is decided before
 * its body is read, never after. Names that no standard defines mean what an application says they mean, so they may trail.
 */
const TRAIL = [
  "accept-ranges authentication-info content-digest digest etag proxy-authentication-info repr-digest server-timing signature",
  "signature-input",
].flatMap((names) => names.split(" "));

const HEAD_ONLY = [
  "age authorization cache-control content-encoding content-range content-type cookie early-data expires forwarded",
  "if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive location max-forwards origin pragma",
  "proxy-authenticate proxy-authorization proxy-connection range referer retry-after set-cookie te trailer upgrade",
  "vary via warning www-authenticate x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-prefix",
  "x-forwarded-proto x-real-ip",
].flatMap((names) => names.split(" "));

const COMMON = [
  "accept accept-charset accept-encoding accept-language access-control-request-headers access-control-request-method",
  "alt-used baggage dnt priority purpose sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode",
  "sec-fetch-site sec-fetch-user sec-gpc sec-websocket-extensions sec-websocket-key sec-websocket-protocol",
  "sec-websocket-version traceparent tracestate upgrade-insecure-requests user-agent x-correlation-id x-csrf-token",
  "x-requested-with access-control-allow-origin allow content-disposition content-language content-location",
  "content-security-policy last-modified link strict-transport-security x-content-type-options x-frame-options",
].flatMap((names) => names.split(" "));

const MARKED: readonly NameKind[] = [
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "expect",
  "date",
  "server",
];

const KINDS = new Map<string, NameKind>(MARKED.map((name) => [name, name]));
const IN_HEAD_ONLY = new Set<string>([...MARKED, ...HEAD_ONLY, ...COMMON]);

const about = (lower: string): FieldName => ({ lower, kind: KINDS.get(lower), trails: !IN_HEAD_ONLY.has(lower) });

const cache = new Map<string, FieldName>();
for (const lower of [...TRAIL, ...IN_HEAD_ONLY]) {
  const name = about(lower);
  cache.set(lower, name);
  cache.set(
    lower.replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase()),
    name,
  );
}

/** What is known of a field name as it was sent, or undefined when it is not a token. */
export function fieldName(raw: string): FieldName | undefined {
  return cache.get(raw) ?? learn(raw);
}

/** Whether a field of this name may stand in a trailer section (RFC 9110 section 6.5.1). */
export const mayTrail = (raw: string): boolean => fieldName(raw)?.trails === true;

function learn(raw: string): FieldName | undefined {
  if (!isToken(raw)) return undefined;
  const small = raw.length <= CACHED_NAME_BYTES && cache.size < CACHE_SIZE;
  // `raw` may be a slice that keeps the whole head alive; a copy of its own keeps 64 bytes.
  const own = small ? flat(raw) : raw;
  const name = about(own.toLowerCase());
  if (small) cache.set(own, name);
  return name;
}
