// Paths and addresses as they are written in headers: quoting, and no more. Decides nothing about where they lead.

import { toUSVString } from "node:util";

const SAFE_PATH = /^[\w/.~-]*$/;

/** A decoded path as it goes into a URL. Slashes stay, `?`, `#` and `%` do not. */
export function quotePath(path: string): string {
  if (SAFE_PATH.test(path)) return path;
  return encodeURI(toUSVString(path)).replaceAll("?", "%3F").replaceAll("#", "%23");
}

/** A path with its query. Two slashes at its start would name another host (Django's escape_leading_slashes). */
export function fullPathOf(path: string, query: string): string {
  const quoted = quotePath(path);
  const safe = quoted.startsWith("//") ? `/%2F${quoted.slice(2)}` : quoted;
  return query === "" ? safe : `${safe}?${quoteQuery(query)}`;
}

// What a URL may not have is quoted, what is quoted already stays (RFC 3986 section 2).
const UNSAFE = /[^\w\-.~:/?#[\]@!$&'()*+,;=%]/gu;

/** A query, or a whole address, with what it may not have quoted. */
export function quoteQuery(text: string): string {
  return toUSVString(text).replace(UNSAFE, (char) => encodeURIComponent(char));
}
