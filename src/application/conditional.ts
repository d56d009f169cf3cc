// Conditional requests: what the preconditions of a request come to, in the order of RFC 9110 section 13.2.2. Knows neither files nor responses.

import { parseHttpDate } from "./http-date.ts";
import type { RequestHeaders } from "./request-headers.ts";

/** What is known of what would be sent. */
export interface Validators {
  /** With its quotes, `W/` before a weak one. */
  readonly etag?: string | undefined;
  /** Milliseconds. */
  readonly lastModified?: number | undefined;
}

export interface ConditionalRequest {
  readonly method: string;
  readonly headers: Pick<RequestHeaders, "get">;
}

/** Go on, or answer 304, or 412. */
export type Verdict = "go-on" | 304 | 412;

export function evaluateConditions(request: ConditionalRequest, validators: Validators): Verdict {
  const { headers } = request;
  const safe = request.method === "GET" || request.method === "HEAD";
  const ifMatch = headers.get("If-Match");
  if (ifMatch !== undefined) {
    if (!anyMatches(ifMatch, validators.etag, strongly)) return 412;
  } else {
    const unmodifiedSince = parseHttpDate(headers.get("If-Unmodified-Since"));
    if (unmodifiedSince !== undefined && seconds(validators.lastModified) > unmodifiedSince) return 412;
  }
  const ifNoneMatch = headers.get("If-None-Match");
  if (ifNoneMatch !== undefined) {
    if (anyMatches(ifNoneMatch, validators.etag, weakly)) return safe ? 304 : 412;
  } else if (safe) {
    const modifiedSince = parseHttpDate(headers.get("If-Modified-Since"));
    if (modifiedSince !== undefined && seconds(validators.lastModified) <= modifiedSince) return 304;
  }
  return "go-on";
}

/**
 * Whether Range may be looked at: without If-Range always; else when it names what is there now, by a strong ETag or by the very date of
 * Last-Modified (RFC 9110 section 13.1.5).
 */
export function ifRangeHolds(headers: Pick<RequestHeaders, "get">, validators: Validators): boolean {
  const value = headers.get("If-Range")?.trim();
  if (value === undefined) return true;
  if (value.startsWith('"') || value.startsWith("W/")) {
    return validators.etag !== undefined && strongly(value, validators.etag);
  }
  const date = parseHttpDate(value);
  return date !== undefined && date === seconds(validators.lastModified);
}

/**
 * Whole seconds, in milliseconds: that is all that a header can say. NaN, which compares with nothing, where there is none: conditions on a
 * date that is not known are ignored (RFC 9110 sections 13.1.3 and 13.1.4).
 */
const seconds = (time: number | undefined): number =>
  time === undefined ? Number.NaN : Math.floor(time / 1000) * 1000;

const ETAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/y;

/** The entity tags of a list; empty for one that is none (RFC 9110 section 8.8.3). */
export function parseEtags(list: string): string[] {
  const tags: string[] = [];
  let at = 0;
  for (;;) {
    while (list[at] === "," || list[at] === " " || list[at] === "\t") at += 1;
    if (at >= list.length) return tags;
    ETAG.lastIndex = at;
    const tag = ETAG.exec(list)?.[0];
    if (tag === undefined) return [];
    tags.push(tag);
    at += tag.length;
  }
}

const opaque = (tag: string): string => (tag.startsWith("W/") ? tag.slice(2) : tag);
const strongly = (one: string, other: string): boolean => one === other && !one.startsWith("W/");
const weakly = (one: string, other: string): boolean => opaque(one) === opaque(other);

/** `*` is anything that is there. */
function anyMatches(list: string, etag: string | undefined, same: (one: string, other: string) => boolean): boolean {
  if (list.trim() === "*") return true;
  return etag !== undefined && parseEtags(list).some((tag) => same(tag, etag));
}
