// Where middlewares must stand, judged from the list of the settings.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ImproperlyConfigured } from "../../../src/application/exceptions.ts";
import { Middleware } from "../../../src/application/middleware.ts";
import { checkCookie, mustPrecede, needsSecretKey, placeOf } from "../../../src/application/middlewares/order.ts";
import { setup } from "../../../src/application/settings.ts";
import type { MiddlewareEntry } from "../../../src/application/types.ts";

class Outer extends Middleware {}
class Inner extends Middleware {}
class FromInner extends Inner {}

const settings = (...middleware: MiddlewareEntry[]) => setup({ urls: [], middleware });

test("a class is found, and one that was made from it", () => {
  assert.equal(placeOf(settings(Outer, Inner), Inner), 1);
  assert.equal(
    placeOf(
      settings(() => (request) => request as never, FromInner),
      Inner,
    ),
    1,
  );
  assert.equal(placeOf(settings(Outer), Inner), -1);
});

test("the wrong order names both; one that is not there is in nobody's way", () => {
  mustPrecede(settings(Outer, FromInner), Outer, Inner);
  mustPrecede(settings(Inner), Outer, Inner);
  mustPrecede(settings(Outer), Outer, Inner);
  assert.throws(
    () => mustPrecede(settings(FromInner, Outer), Outer, Inner),
    (error) =>
      error instanceof ImproperlyConfigured && /Outer \(at 1\) must come before Inner \(at 0\)/.test(error.message),
  );
});

test("a missing secret key names who needs it", () => {
  assert.throws(() => needsSecretKey(settings(), "SomeMiddleware"), /SomeMiddleware.*settings\.secretKey is empty/);
  needsSecretKey(setup({ urls: [], secretKey: "x" }), "SomeMiddleware");
});

test("cookies that a browser would drop without a word are refused by name", () => {
  const cookie = { cookieName: "a", cookiePath: "/", cookieDomain: null, cookieSecure: null, cookieSameSite: "Lax" };
  checkCookie(cookie, "csrf");
  checkCookie({ ...cookie, cookieName: "__Host-a", cookieSecure: true, cookieSameSite: "None" }, "csrf");
  for (const [change, message] of [
    [{ cookieSameSite: "None" }, /settings\.csrf: cookieSameSite "None" needs cookieSecure: true/],
    [{ cookieName: "__Secure-a", cookieSecure: false }, /"__Secure-a" needs cookieSecure: true/],
    [{ cookieName: "__Host-a", cookieSecure: true, cookiePath: "/x" }, /needs cookiePath "\/" and no cookieDomain/],
    [{ cookieName: "__Host-a", cookieSecure: true, cookieDomain: "a.b" }, /needs cookiePath "\/" and no cookieDomain/],
  ] as const) {
    assert.throws(
      () => checkCookie({ ...cookie, ...change }, "csrf"),
      (error) => error instanceof ImproperlyConfigured && message.test(error.message),
    );
  }
});
