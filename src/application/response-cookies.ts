// The cookies of a response, one Set-Cookie each (RFC 6265 section 4.1). What a browser would drop without a word is refused with one.

import { type SetCookie, stringifySetCookie } from "cookie";
import { show } from "./response-headers.ts";
import type { SameSite } from "./settings.ts";

export interface CookieOptions {
  /** Seconds. Without it, and without `expires`, the cookie goes when the browser closes. 0 deletes it. */
  readonly maxAge?: number | undefined;
  readonly expires?: Date | undefined;
  /** Default `"/"`. */
  readonly path?: string | undefined;
  /** Default: the host that sets it, and none below it. */
  readonly domain?: string | null | undefined;
  /** Default false. */
  readonly secure?: boolean | undefined;
  /** Default false. */
  readonly httpOnly?: boolean | undefined;
  /** Default: what the browser takes for it, mostly Lax. */
  readonly sameSite?: SameSite | undefined;
  /** A jar of its own for each site that embeds this one (CHIPS); needs `secure`. Default false. */
  readonly partitioned?: boolean | undefined;
}

/** What says which cookie it is: one with the same three takes its place. */
export type CookieScope = Pick<CookieOptions, "path" | "domain" | "secure" | "sameSite" | "partitioned">;

export interface ResponseCookie {
  readonly name: string;
  readonly value: string;
  readonly options: CookieOptions;
}

const EPOCH = new Date(0);

export class ResponseCookies implements Iterable<ResponseCookie> {
  readonly #cookies = new Map<string, { readonly cookie: ResponseCookie; readonly line: string }>();

  get size(): number {
    return this.#cookies.size;
  }

  /** The last one of that name. */
  get(name: string): ResponseCookie | undefined {
    let found: ResponseCookie | undefined;
    for (const { cookie } of this.#cookies.values()) if (cookie.name === name) found = cookie;
    return found;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** The value may be any text: what a cookie may not have is percent-encoded. @throws TypeError for what may not be set. */
  set(name: string, value: string, options: CookieOptions = {}): void {
    const line = lineOf(name, value, options);
    const key = `${name}\0${options.domain ?? ""}\0${options.path ?? "/"}`;
    // At the end, as a browser reads them.
    this.#cookies.delete(key);
    this.#cookies.set(key, { cookie: { name, value, options }, line });
  }

  /** Tells the browser to forget it. Path and domain must be those it was set with. */
  delete(name: string, scope: CookieScope = {}): void {
    const secure = scope.secure ?? /^__(?:Secure|Host)-/i.test(name);
    this.set(name, "", { ...scope, secure: secure || scope.sameSite === "None", maxAge: 0, expires: EPOCH });
  }

  *[Symbol.iterator](): Generator<ResponseCookie, void, void> {
    for (const { cookie } of this.#cookies.values()) yield cookie;
  }

  /** The values of the Set-Cookie fields. */
  *lines(): Generator<string, void, void> {
    for (const { line } of this.#cookies.values()) yield line;
  }
}

function lineOf(name: string, value: string, options: CookieOptions): string {
  const wrong = mistakeIn(name, value, options);
  if (wrong !== undefined) throw new TypeError(`the cookie ${JSON.stringify(name)}: ${wrong}`);
  const { maxAge, expires, path = "/", domain, secure, httpOnly, sameSite, partitioned } = options;
  const cookie: SetCookie = { name, value, path };
  if (maxAge !== undefined) cookie.maxAge = Math.floor(maxAge);
  if (expires !== undefined) cookie.expires = expires;
  if (domain !== undefined && domain !== null) cookie.domain = domain;
  if (secure === true) cookie.secure = true;
  if (httpOnly === true) cookie.httpOnly = true;
  if (sameSite !== undefined) cookie.sameSite = sameSite.toLowerCase() as "lax" | "strict" | "none";
  if (partitioned === true) cookie.partitioned = true;
  let line: string;
  try {
    line = stringifySetCookie(cookie);
  } catch (error) {
    throw new TypeError(`the cookie ${JSON.stringify(name)}: ${(error as Error).message}`, { cause: error });
  }
  // There is always a path behind the value, and no ";" in it. The "=" does not count.
  const size = line.length > MOST_BYTES ? line.indexOf(";") - 1 : 0;
  if (size <= MOST_BYTES) return line;
  throw new TypeError(
    `the cookie ${JSON.stringify(name)}: it has ${size} bytes with its name, and browsers keep ${MOST_BYTES}`,
  );
}

/** Name and value, encoded: what browsers keep (RFC 6265bis section 5.6). */
const MOST_BYTES = 4096;

// RFC 6265 section 4.1.1, RFC 9110 section 5.6.2.
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

// RFC 6265bis sections 4.1.2.7, 4.1.3 and 5.6: browsers drop such cookies without a word.
function mistakeIn(name: string, value: string, options: CookieOptions): string | undefined {
  const { maxAge, sameSite, secure, domain, path = "/" } = options;
  if (typeof name !== "string" || !TOKEN.test(name))
    return "its name: expected letters, digits and any of !#$%&'*+-.^_`|~";
  if (typeof value !== "string") return `its value is ${show(value)}: expected a string`;
  if (maxAge !== undefined && !Number.isFinite(maxAge)) return `maxAge ${show(maxAge)}: expected a number of seconds`;
  if (sameSite !== undefined && !/^(?:Strict|Lax|None)$/i.test(sameSite)) {
    return `sameSite ${JSON.stringify(sameSite)}: expected "Strict", "Lax" or "None"`;
  }
  if (secure !== true) {
    if (sameSite?.toLowerCase() === "none") return 'sameSite "None" needs secure: true';
    if (options.partitioned === true) return "partitioned needs secure: true";
    if (/^__(?:Secure|Host)-/i.test(name)) return "a name with this prefix needs secure: true";
  }
  if (/^__Host-/i.test(name) && (path !== "/" || (domain !== undefined && domain !== null))) {
    return 'a name with the prefix "__Host-" has the path "/" and no domain';
  }
  return undefined;
}
