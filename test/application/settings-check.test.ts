import assert from "node:assert/strict";
import { test } from "node:test";
import { ImproperlyConfigured } from "../../src/application/exceptions.ts";
import { include, path } from "../../src/application/paths.ts";
import { completed } from "../../src/application/settings-check.ts";

const urls = [path("", () => assert.fail("not called"))];

const refused = (input: unknown, ...texts: readonly (string | RegExp)[]): void =>
  assert.throws(
    () => completed(input),
    (error) => {
      assert.ok(error instanceof ImproperlyConfigured);
      for (const text of texts) assert.ok(error.message.match(text) !== null, `${error.message}\nlacks ${text}`);
      return true;
    },
  );

test("each wrong setting is refused with its name, what was given and what fits", () => {
  for (const [name, value, fits] of [
    ["debug", "yes", "true or false"],
    ["secretKey", 1, "a text of one line"],
    ["allowedHosts", "example.org", "a list of host names"],
    ["allowedHosts", ["example.org:8000"], "without a port"],
    ["allowedHosts", ["https://example.org"], "without a port"],
    ["session", { cookieDomain: "https://example.org" }, "a host name"],
    ["csrf", { cookieDomain: "example.org; Secure" }, "a host name"],
    ["csrf", { cookieDomain: "" }, "a host name"],
    ["security", { sslHost: "https://example.org" }, "a host"],
    ["security", { sslHost: "example.org/" }, "a host"],
    ["handlers", { "404.0": () => undefined }, "no such page"],
    ["middleware", [1], "a list of middleware classes or factories"],
    ["middleware", [undefined], "entry 0 is undefined .is there an export of that name"],
    ["middleware", [() => 1, "common"], 'entry 1 is "common"; it takes a list of middleware classes'],
    ["middleware", [new URLSearchParams()], "entry 0 is an object of URLSearchParams: give the class"],
    ["middleware", [{ foo: 1 }], 'entry 0 is {"foo":1}; it takes'],
    ["middleware", [null], "entry 0 is null"],
    ["middleware", "common", '"common" does not fit'],
    ["appendSlash", 1, "true or false"],
    ["forceScriptName", "shop", "a path as"],
    ["forceScriptName", "/shop/", "a path as"],
    ["dataUploadMaxMemorySize", -1, "a whole number from 0, or null"],
    ["dataUploadMaxNumberFields", 1.5, "a whole number from 0, or null"],
    ["fileUploadMaxMemorySize", null, "a whole number from 0"],
    ["fileUploadTempDir", "", "a folder"],
    ["urls", {}, "settings.urls takes a list of routes"],
    ["session", { cookieName: "a b" }, "session.cookieName.*a name without blanks"],
    ["session", { cookieSameSite: "lax" }, 'session.cookieSameSite: "lax" does not fit; it takes "Strict" or "Lax"'],
    ["session", { cookieAge: -1 }, "session.cookieAge"],
    ["session", { cookiePath: "shop" }, "session.cookiePath"],
    ["session", [], "an object of cookieName"],
    ["csrf", { trustedOrigins: ["example.org"] }, "a list of origins"],
    ["security", { frameOptions: "ALLOW" }, '"DENY" or "SAMEORIGIN" or null'],
    ["security", { referrerPolicy: "a\r\nX: y" }, "security.referrerPolicy"],
    ["security", { redirectExempt: [/^x/g] }, "without the flags g and y"],
    ["static", { url: "static" }, "begins and ends with a slash"],
    ["static", { dirs: "public" }, "a list of folders"],
    ["compress", { gzipLevel: 10 }, "a whole number from 1 to 9"],
    ["handlers", { 418: () => undefined }, "handlers.418: no such page; there are 400, 403, 404"],
    ["handlers", { 404: "page" }, "takes a function"],
    ["extra", "x", "it takes an object"],
  ] as const) {
    refused({ urls, [name]: value }, name, new RegExp(fits));
  }
});

test("an unknown setting is asked about, at the top and in a group", () => {
  refused({ urls, debgu: true }, "debgu: there is no such setting; did you mean debug?");
  refused({ urls, session: { cookieNmae: "x" } }, "did you mean session.cookieName");
  refused({ urls, mailServer: "x" }, "its own settings an application keeps under extra");
});

test("everything that is wrong is said at once", () => {
  refused({ debug: 1, appendSlash: "x" }, "urls: missing", "debug: 1 does not fit", 'appendSlash: "x" does not fit');
});

test("what is no object of settings is refused", () => {
  for (const input of [undefined, null, [], "settings", new Map()]) refused(input, "settings are an object");
});

test("an entry of urls that was not made by path() is named by its place", () => {
  refused({ urls: [...urls, include([])] }, "settings.urls: entry 1", 'path\\("prefix/", include\\(...\\)\\)');
});

test("a secret never stands in a message", () => {
  assert.throws(
    () => completed({ urls, secretKey: "hunter2\n", secretKeyFallbacks: ["", "hunter3"] }),
    (error: Error) => error.message.includes("secretKey") && !/hunter/.test(error.message),
  );
});

test("session and CSRF must not write over each other's cookie", () => {
  refused(
    { urls, csrf: { cookieName: "sessionid" } },
    /settings\.csrf\.cookieName: "sessionid" is session\.cookieName/,
  );
});
