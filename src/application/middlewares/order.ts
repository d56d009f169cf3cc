// Where one middleware must stand as seen from another, judged once when they are loaded. Knows the list of the settings, no request.

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
