// Field names and what each of them means to a codec. A lookup proves that a name is a token and gives its lower-case form,
// for the price of one hash.

import { Buffer } from "node:buffer";
import { isToken } from "../grammar.ts";

/** The names that somebody here must notice. `no-trailer` is for the rest that RFC 9110 section 6.5.1 keeps out of trailers. */
export type NameKind =
  | "host"
  | "content-length"
  | "transfer-encoding"
  | "connection"
  | "expect"
  | "date"
  | "server"
  | "no-trailer";

export interface FieldName {
  readonly lower: string;
  /** undefined for a name that means nothing special. */
  readonly kind: NameKind | undefined;
}

/** The cache is bounded, because clients choose the names. */
const CACHE_SIZE = 1_000;
const CACHED_NAME_BYTES = 64;

/** What frames, routes, controls or authenticates a message is decided before its body is read, never after. */
const NO_TRAILER = [
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
  "x-requested-with accept-ranges access-control-allow-origin allow content-disposition content-language",
  "content-location content-security-policy etag last-modified link strict-transport-security x-content-type-options",
  "x-frame-options",
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

const KINDS = new Map<string, NameKind>([
  ...MARKED.map((name) => [name, name] as const),
  ...NO_TRAILER.map((name) => [name, "no-trailer"] as const),
]);

const cache = new Map<string, FieldName>();
for (const lower of [...COMMON, ...KINDS.keys()]) {
  const name = { lower, kind: KINDS.get(lower) };
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

/** Whether a field of this name may stand in a trailer section: a token that decides nothing about its message (RFC 9110 section 6.5.1). */
export function mayTrail(raw: string): boolean {
  const name = fieldName(raw);
  return name !== undefined && name.kind === undefined;
}

function learn(raw: string): FieldName | undefined {
  if (!isToken(raw)) return undefined;
  const small = raw.length <= CACHED_NAME_BYTES && cache.size < CACHE_SIZE;
  // `raw` may be a slice that keeps the whole head alive; a copy of its own keeps 64 bytes.
  const own = small ? Buffer.from(raw, "latin1").toString("latin1") : raw;
  const lower = own.toLowerCase();
  const name = { lower, kind: KINDS.get(lower) };
  if (small) cache.set(own, name);
  return name;
}
