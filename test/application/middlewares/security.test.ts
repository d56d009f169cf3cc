// The security headers by their settings, and the way to https.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SecurityMiddleware } from "../../../src/application/middlewares/security.ts";
import { Response } from "../../../src/application/response.ts";
import { site } from "../../support/site.ts";

const NAMES = [
  "X-Content-Type-Options",
  "Referrer-Policy",
  "Cross-Origin-Opener-Policy",
  "X-Frame-Options",
  "Content-Security-Policy",
  "Strict-Transport-Security",
];

test("the defaults are there, and each can be left out or set", async () => {
  const rows = [
    [{}, ["nosniff", "same-origin", "same-origin", "DENY", undefined, undefined]],
    [
      { contentTypeNosniff: false, referrerPolicy: null, crossOriginOpenerPolicy: null, frameOptions: null },
      [undefined, undefined, undefined, undefined, undefined, undefined],
    ],
    [
      { referrerPolicy: "no-referrer", frameOptions: "SAMEORIGIN", contentSecurityPolicy: "default-src 'self'" },
      ["nosniff", "no-referrer", "same-origin", "SAMEORIGIN", "default-src 'self'", undefined],
    ],
  ] as const;
  for (const [security, values] of rows) {
    const { headers } = await site([SecurityMiddleware], { security }).get("/");
    assert.deepEqual(
      NAMES.map((name) => headers.get(name)),
      values,
    );
  }
});

test("Strict-Transport-Security goes out over HTTPS only", async () => {
  const security = { hstsSeconds: 3600, hstsIncludeSubdomains: true, hstsPreload: true };
  const client = site([SecurityMiddleware], { security });
  assert.equal((await client.get("/")).headers.has("Strict-Transport-Security"), false);
  const { headers } = await client.get("/", { secure: true });
  assert.equal(headers.get("Strict-Transport-Security"), "max-age=3600; includeSubDomains; preload");
});

test("what a view set stays; errors have the headers too", async () => {
  const views = { "": () => new Response("", { headers: { "x-frame-options": "SAMEORIGIN" } }) };
  const client = site([SecurityMiddleware], { views });
  assert.deepEqual((await client.get("/")).headers.getAll("X-Frame-Options"), ["SAMEORIGIN"]);
  assert.equal((await client.get("/missing")).headers.get("X-Frame-Options"), "DENY");
});

test("sslRedirect leads to https, keeps the method of a form, and leaves exempt paths alone", async () => {
  const security = { sslRedirect: true, redirectExempt: [/^health$/], hstsSeconds: 60 };
  const client = site([SecurityMiddleware], { security });
  const moved = await client.get("/a%20b", { query: { c: "d" }, host: "example.org:8000" });
  assert.deepEqual([moved.status, moved.headers.get("Location")], [301, "https://example.org:8000/a%20b?c=d"]);
  assert.equal(moved.headers.get("X-Content-Type-Options"), "nosniff");
  assert.equal((await client.post("/", { form: {} })).status, 308);
  assert.equal((await client.get("/", { secure: true })).status, 200);
  assert.equal((await client.get("/health")).status, 404);
  const other = site([SecurityMiddleware], { security: { sslRedirect: true, sslHost: "secure.example" } });
  assert.equal((await other.get("/")).headers.get("Location"), "https://secure.example/");
});

test("a value that no header can have is refused when it is loaded", () => {
  assert.throws(
    () => site([SecurityMiddleware], { security: { contentSecurityPolicy: "default-src \u2018self\u2019" } }),
    /^ImproperlyConfigured: SecurityMiddleware.*Content-Security-Policy/,
  );
});
