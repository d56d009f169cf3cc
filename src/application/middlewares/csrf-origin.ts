// Whether a request that changes something comes from a page of ours, by what the browser says of the page (Django, CsrfViewMiddleware): Origin,
// or over HTTPS the Referer. A page cannot forge either. Knows no token.

import type { Request } from "../request.ts";

/** Why not; undefined when it is fine, or nothing can be said. @throws DisallowedHost */
export function originObjection(request: Request, trusted: readonly string[]): string | undefined {
  const origin = request.headers.get("Origin");
  if (origin !== undefined) {
    return isTrusted(origin, request, trusted) ? undefined : `the origin ${JSON.stringify(origin)} is not trusted`;
  }
  // Over http anybody on the way could have put the token there as well: the Referer would protect nothing.
  if (!request.isSecure) return undefined;
  const referer = request.headers.get("Referer");
  if (referer === undefined) return "there is neither an Origin nor a Referer, which browsers send over HTTPS";
  const page = URL.canParse(referer) ? new URL(referer) : undefined;
  if (page === undefined) return `the Referer ${JSON.stringify(referer)} is no address`;
  if (page.protocol !== "https:") return `the Referer ${JSON.stringify(referer)} is not secure, and this host is`;
  if (isTrusted(page.origin, request, trusted)) return undefined;
  return `the Referer ${JSON.stringify(referer)} is of another site`;
}

function isTrusted(origin: string, request: Request, trusted: readonly string[]): boolean {
  if (origin === canonical(`${request.scheme}://${request.host}`)) return true;
  return trusted.some((pattern) => fits(origin, pattern));
}

/** As a browser writes an origin: lower case, without the scheme's own port (RFC 6454 section 6.2). */
const canonical = (origin: string): string => (URL.canParse(origin) ? new URL(origin).origin : origin);

/** `https://*.example.org` is each host below it, and itself, as in Django. */
function fits(origin: string, pattern: string): boolean {
  const at = pattern.indexOf("://*.");
  if (at < 0) return origin === canonical(pattern);
  const scheme = pattern.slice(0, at + 3);
  // What a browser sends is an origin and no more: in "https://evil/.example.org" the end is not that of the host.
  if (!origin.startsWith(scheme) || canonical(origin) !== origin) return false;
  const host = origin.slice(scheme.length);
  const domain = pattern.slice(at + 5).toLowerCase();
  return host === domain || host.endsWith(`.${domain}`);
}
