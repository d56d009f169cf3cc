// The jar of the test client: what a browser would keep, send and forget.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CookieJar, readSetCookie } from "../../src/application/client-cookies.ts";

const store = (jar: CookieJar, field: string, path = "/", now = 0): void => jar.store(readSetCookie(field, path, now)!);

test("the attributes of a Set-Cookie are read in any case and order", () => {
  assert.deepEqual(
    readSetCookie('a="b c"; path=/x; HTTPONLY; Max-Age=10; Secure; samesite=Lax; Domain=h', "/y/z", 1000),
    {
      name: "a",
      value: "b c",
      path: "/x",
      domain: "h",
      expiresAt: 11_000,
      maxAge: 10,
      secure: true,
      httpOnly: true,
      sameSite: "Lax",
    },
  );
  assert.equal(readSetCookie("no pair", "/", 0), undefined);
});

test("Max-Age counts more than Expires, and a cookie without either stays", () => {
  const at = (field: string): number | undefined => readSetCookie(field, "/", 0)?.expiresAt;
  assert.equal(at("a=1; Expires=Thu, 01 Jan 1970 00:01:00 GMT"), 60_000);
  assert.equal(at("a=1; Max-Age=1; Expires=Thu, 01 Jan 1970 00:01:00 GMT"), 1000);
  assert.equal(at("a=1"), undefined);
});

test("cookies go where their path leads, the longer path first", () => {
  const jar = new CookieJar();
  store(jar, "root=1; Path=/");
  store(jar, "shop=2; Path=/shop");
  store(jar, "here=3", "/shop/cart/list");
  assert.equal(jar.header("/", false), "root=1");
  assert.equal(jar.header("/shopping", false), "root=1");
  assert.equal(jar.header("/shop", false), "shop=2; root=1");
  assert.equal(jar.header("/shop/cart/", false), "here=3; shop=2; root=1");
});

test("a Secure cookie goes over HTTPS only", () => {
  const jar = new CookieJar();
  store(jar, "a=1; Secure");
  assert.equal(jar.header("/", false), undefined);
  assert.equal(jar.header("/", true), "a=1");
});

test("a cookie is replaced by its name and path, deleted by one that is over, and forgotten when its time comes", () => {
  let now = 0;
  const jar = new CookieJar(() => now);
  store(jar, "a=1; Max-Age=10");
  store(jar, "a=2; Max-Age=10");
  store(jar, "b=1");
  assert.equal(jar.header("/", false), "a=2; b=1");
  store(jar, "b=; Max-Age=0", "/", now);
  assert.equal(jar.header("/", false), "a=2");
  now = 10_000;
  assert.equal(jar.header("/", false), undefined);
  assert.deepEqual([...jar], []);
});

test("a test may set, look up and delete cookies; what no client could send is refused", () => {
  const jar = new CookieJar();
  jar.set("a", "1");
  assert.equal(jar.get("a"), "1");
  jar.delete("a");
  assert.equal(jar.get("a"), undefined);
  jar.set("b", "2");
  jar.clear();
  assert.equal(jar.header("/", true), undefined);
  assert.throws(() => jar.set("a b", "1"), /expected a token/);
  assert.throws(() => jar.set("a", "1;2"), /"a=1;2"/);
});
