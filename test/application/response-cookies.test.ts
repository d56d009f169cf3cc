import assert from "node:assert/strict";
import { test } from "node:test";
import { type CookieOptions, ResponseCookies } from "../../src/application/response-cookies.ts";

const line = (name: string, value: string, options?: CookieOptions): string => {
  const cookies = new ResponseCookies();
  cookies.set(name, value, options);
  return [...cookies.lines()].join("\n");
};

test("a cookie is written with what was said of it", () => {
  assert.equal(line("a", "1"), "a=1; Path=/");
  assert.equal(line("a", 'é; x="y"'), "a=%C3%A9%3B%20x%3D%22y%22; Path=/");
  assert.equal(
    line("a", "1", {
      maxAge: 60.9,
      path: "/p",
      domain: "example.com",
      secure: true,
      httpOnly: true,
      sameSite: "None",
      partitioned: true,
    }),
    "a=1; Max-Age=60; Domain=example.com; Path=/p; HttpOnly; Secure; Partitioned; SameSite=None",
  );
  assert.equal(
    line("a", "1", { expires: new Date(0), domain: null, sameSite: "Lax" }),
    "a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax",
  );
});

test("one with the same name, path and domain takes the place of the former; others stand beside it", () => {
  const cookies = new ResponseCookies();
  cookies.set("a", "1");
  cookies.set("a", "2", { path: "/x" });
  cookies.set("b", "3");
  cookies.set("a", "4", { path: "/", httpOnly: true });
  assert.deepEqual([...cookies.lines()], ["a=2; Path=/x", "b=3; Path=/", "a=4; Path=/; HttpOnly"]);
  assert.equal(cookies.size, 3);
  assert.equal(cookies.get("a")?.value, "4");
  assert.equal(cookies.has("c"), false);
  assert.deepEqual(
    [...cookies].map(({ name, value }) => name + value),
    ["a2", "b3", "a4"],
  );
});

test("a deleted cookie is one that is over, secure where its name or SameSite asks for it", () => {
  const cookies = new ResponseCookies();
  cookies.delete("a", { path: "/x", domain: "example.com" });
  cookies.delete("__Host-b");
  cookies.delete("c", { sameSite: "None" });
  const over = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";
  assert.deepEqual(
    [...cookies.lines()],
    [
      `a=; Max-Age=0; Domain=example.com; Path=/x; ${over}`,
      `__Host-b=; Max-Age=0; Path=/; ${over}; Secure`,
      `c=; Max-Age=0; Path=/; ${over}; Secure; SameSite=None`,
    ],
  );
});

test("what a browser would drop, or what would split the header, is refused by name", () => {
  const rows: readonly (readonly [string, unknown, CookieOptions])[] = [
    ["a b", "1", {}],
    ["", "1", {}],
    ["a=b", "1", {}],
    ["a\r\n", "1", {}],
    ["a", "x".repeat(4096), {}],
    ["a", "€".repeat(456), {}],
    ["a", 5, {}],
    ["a", "1", { path: "/;x" }],
    ["a", "1", { path: "/\r\n" }],
    ["a", "1", { domain: "a b" }],
    ["a", "1", { maxAge: Number.NaN }],
    ["a", "1", { sameSite: "Never" as "Lax" }],
    ["a", "1", { sameSite: "None" }],
    ["a", "1", { partitioned: true }],
    ["__Secure-a", "1", {}],
    // RFC 6265bis section 5.7: in any case.
    ["__secure-a", "1", {}],
    ["__host-a", "1", { secure: true, path: "/x" }],
    ["__Host-a", "1", { secure: true, path: "/x" }],
    ["__Host-a", "1", { secure: true, domain: "example.com" }],
    ["a", "1", { expires: new Date(Number.NaN) }],
  ];
  // The most that is kept: 4096 bytes with the name.
  for (const value of ["x".repeat(4095), "€".repeat(455)]) assert.ok(line("a", value).startsWith("a="));
  for (const [name, value, options] of rows) {
    assert.throws(
      () => line(name, value as string, options),
      (e) => e instanceof TypeError && e.message.includes(JSON.stringify(name)),
      JSON.stringify([name, value, options]),
    );
  }
});
