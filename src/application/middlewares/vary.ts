// What nearly every middleware here does to headers, made cheap: pairs that are the same objects for each response.

import { headerPair, type ResponseHeaders } from "../response-headers.ts";

const COOKIE = headerPair("Vary", "Cookie");
const ENCODING = headerPair("Vary", "Accept-Encoding");

/** The response depends on the request's cookies: a cache must ask again for another visitor. */
export function varyOnCookie(headers: ResponseHeaders): void {
  if (headers.has("Vary")) headers.vary("Cookie");
  else headers.setPair(COOKIE);
}

export function varyOnEncoding(headers: ResponseHeaders): void {
  if (headers.has("Vary")) headers.vary("Accept-Encoding");
  else headers.setPair(ENCODING);
}
