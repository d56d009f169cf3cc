// What stock middlewares ask of the settings, judged once when they are loaded: where they stand in the list, the key, cookies that a browser
// would keep. Knows no request.

import { ImproperlyConfigured } from "../exceptions.ts";
import type { Settings } from "../settings.ts";
import type { MiddlewareClass } from "../types.ts";

/** The place of a class, or of one made from it, in settings.middleware; -1 when it is not there. */
export const placeOf = (settings: Settings, middleware: MiddlewareClass): number =>
  settings.middleware.findIndex(
    (entry) => entry === middleware || entry.prototype instanceof (middleware as unknown as new () => object),
  );

/** @throws ImproperlyConfigured when both are there and `outer` is not before `inner`. */
export function mustPrecede(settings: Settings, outer: MiddlewareClass, inner: MiddlewareClass): void {
  const [first, second] = [placeOf(settings, outer), placeOf(settings, inner)];
  if (first >= 0 && second >= 0 && first > second) {
    throw new ImproperlyConfigured(
      `settings.middleware: ${outer.name} (at ${first}) must come before ${inner.name} (at ${second})`,
    );
  }
}

/** @throws ImproperlyConfigured */
export function needsSecretKey(settings: Settings, who: string): void {
  if (settings.secretKey === "") {
    throw new ImproperlyConfigured(
      `${who} signs cookies: settings.secretKey is empty, expected a long random text that nobody else knows`,
    );
  }
}

interface CookieSettings {
  readonly cookieName: string;
  readonly cookiePath: string;
  readonly cookieDomain: string | null;
  readonly cookieSecure: boolean | null;
  readonly cookieSameSite: string;
}

/**
 * Browsers drop such cookies without a word (RFC 6265bis sections 4.1.3 and 5.7).
 * @param group Where they are in the settings: `"session"`.
 * @throws ImproperlyConfigured
 */
export function checkCookie(cookie: CookieSettings, group: "session" | "csrf"): void {
  const { cookieName, cookiePath, cookieDomain, cookieSecure, cookieSameSite } = cookie;
  const wrong = (what: string): never => {
    throw new ImproperlyConfigured(`settings.${group}: ${what}`);
  };
  if (cookieSecure !== true) {
    if (cookieSameSite === "None") wrong('cookieSameSite "None" needs cookieSecure: true');
    if (/^__(?:Secure|Host)-/i.test(cookieName)) wrong(`cookieName "${cookieName}" needs cookieSecure: true`);
  }
  if (/^__Host-/i.test(cookieName) && (cookiePath !== "/" || cookieDomain !== null)) {
    wrong(`cookieName "${cookieName}" needs cookiePath "/" and no cookieDomain`);
  }
}
