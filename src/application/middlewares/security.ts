// The headers that tell a browser to be careful, and the way from http to https (Django's SecurityMiddleware and XFrameOptionsMiddleware). All
// is decided when it is loaded; what a view has set itself stays.

import { ImproperlyConfigured } from "../exceptions.ts";
import { Middleware } from "../middleware.ts";
import type { Request } from "../request.ts";
import { Redirect, type Response } from "../response.ts";
import { headerPair, type Pair } from "../response-headers.ts";
import type { SecuritySettings, Settings } from "../settings.ts";
import type { GetResponse } from "../types.ts";

export class SecurityMiddleware extends Middleware {
  readonly #pairs: readonly Pair[];
  /** For secure requests only: over http it means nothing, and anybody could have put it there (RFC 6797 section 7.2). */
  readonly #hsts: Pair | undefined;
  readonly #security: SecuritySettings;

  /** @throws ImproperlyConfigured for a value that no header can have. */
  constructor(getResponse: GetResponse, settings: Settings) {
    super(getResponse, settings);
    this.#security = settings.security;
    this.#pairs = pairsOf(settings.security);
    this.#hsts = hstsOf(settings.security);
  }

  override processRequest(request: Request): Redirect | undefined {
    return this.#security.sslRedirect && !request.isSecure ? this.#redirect(request) : undefined;
  }

  override processResponse(request: Request, response: Response): Response {
    const { headers } = response;
    if (this.#hsts !== undefined && request.isSecure && !headers.has(this.#hsts[0])) headers.setPair(this.#hsts);
    const pairs = this.#pairs;
    for (let i = 0; i < pairs.length; i += 1) {
      const pair = pairs[i]!;
      if (!headers.has(pair[0])) headers.setPair(pair);
    }
    return response;
  }

  #redirect(request: Request): Redirect | undefined {
    const path = request.path.replace(/^\/+/, "");
    if (this.#security.redirectExempt.some((exempt) => exempt.test(path))) return undefined;
    const host = this.#security.sslHost ?? request.host;
    // A form that is sent again must be the same form.
    const preserve = request.method !== "GET" && request.method !== "HEAD";
    return new Redirect(`https://${host}${request.fullPath}`, { permanent: true, preserve });
  }
}

function pairsOf(security: SecuritySettings): readonly Pair[] {
  const values: readonly (readonly [name: string, value: string | null])[] = [
    ["X-Content-Type-Options", security.contentTypeNosniff ? "nosniff" : null],
    ["Referrer-Policy", security.referrerPolicy],
    ["Cross-Origin-Opener-Policy", security.crossOriginOpenerPolicy],
    ["X-Frame-Options", security.frameOptions],
    ["Content-Security-Policy", security.contentSecurityPolicy],
  ];
  return values.flatMap(([name, value]) => (value === null ? [] : [pairOf(name, value)]));
}

function pairOf(name: string, value: string): Pair {
  try {
    return headerPair(name, value);
  } catch (error) {
    throw new ImproperlyConfigured(`SecurityMiddleware, settings.security: ${(error as Error).message}`);
  }
}

function hstsOf({ hstsSeconds, hstsIncludeSubdomains, hstsPreload }: SecuritySettings): Pair | undefined {
  if (hstsSeconds === 0) return undefined;
  const parts = [`max-age=${hstsSeconds}`];
  if (hstsIncludeSubdomains) parts.push("includeSubDomains");
  if (hstsPreload) parts.push("preload");
  return headerPair("Strict-Transport-Security", parts.join("; "));
}
