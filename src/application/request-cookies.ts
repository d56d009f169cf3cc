// The cookies that a client sent. A cookie that cannot be read is left out, and never fails the request: any page of the same site can set one
// (RFC 6265 section 5.4).

import { parseCookie } from "cookie";

export type Cookies = Readonly<Record<string, string>>;

const NO_COOKIES: Cookies = Object.freeze(Object.create(null));

/** Values by name, without inherited names; the first of two with one name (RFC 6265 section 5.4: the one with the longer path). */
export function cookiesOf(field: unknown): Cookies {
  if (typeof field !== "string" || field === "") return NO_COOKIES;
  return Object.freeze(parseCookie(field)) as Cookies;
}
