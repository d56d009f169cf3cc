// The responses that are a status and a header: redirects, 304 and 405 (RFC 9110 sections 15.4 and 15.5.6).

import { DisallowedRedirect } from "./exceptions.ts";
import { Response, type ResponseInit } from "./response-base.ts";
import { show } from "./response-headers.ts";
import { quoteQuery } from "./uri.ts";

export interface RedirectInit extends ResponseInit {
  /** The address moved for good, and browsers may keep that; default false. */
  readonly permanent?: boolean;
  /** The same method and body again, where a form would become a GET (RFC 9110 section 15.4.8); default false. */
  readonly preserve?: boolean;
}

/** 302, or 301, 307, 308 as `permanent` and `preserve` say. */
export class Redirect extends Response {
  /** @throws DisallowedRedirect for an address that is not relative, `http:` or `https:`; TypeError for what is no address. */
  constructor(to: string | URL, { permanent = false, preserve = false, ...init }: RedirectInit = {}) {
    if (typeof to !== "string" && !(to instanceof URL)) {
      throw new TypeError(`Redirect: ${show(to)}: expected a path, or an address with http: or https:`);
    }
    super("", { status: preserve ? (permanent ? 308 : 307) : permanent ? 301 : 302, ...init });
    this.headers.set("Location", locationOf(String(to)));
  }

  get url(): string {
    return this.headers.get("Location")!;
  }
}

// What browsers skip in an address (WHATWG URL: control characters and blanks around it) could hide a scheme.
function locationOf(to: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(to)?.[1]?.toLowerCase();
  if (/^\s|[\x00-\x1f\x7f]/.test(to) || (scheme !== undefined && scheme !== "http" && scheme !== "https")) {
    throw new DisallowedRedirect(`Redirect: ${show(to)}: expected a path, or an address with http: or https:`);
  }
  return quoteQuery(to);
}

// RFC 9110 section 15.4.5: what a cache must hear again; the rest describes a body that is not sent.
const KEPT_BY_304 = ["Cache-Control", "Content-Location", "Date", "ETag", "Expires", "Last-Modified", "Vary"] as const;

/** 304, without a body. */
export class NotModified extends Response {
  constructor(init: Omit<ResponseInit, "status" | "contentType"> = {}) {
    super("", { ...init, status: 304 }, null);
  }

  /** In the place of a whole response, with its cookies; the caller closes that one. */
  static of(response: Response): NotModified {
    const made = new NotModified();
    for (const name of KEPT_BY_304) for (const value of response.headers.getAll(name)) made.headers.append(name, value);
    for (const { name, value, options } of response.cookies) made.setCookie(name, value, options);
    return made;
  }
}

/** 405, with the methods that are allowed. */
export class NotAllowed extends Response {
  constructor(methods: readonly string[], init: Omit<ResponseInit, "status"> = {}) {
    super("", { ...init, status: 405 });
    this.headers.set("Allow", methods.join(", "));
  }
}
