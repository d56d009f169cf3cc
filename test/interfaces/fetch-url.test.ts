// The URL of a request, compared with what the platform's own class makes of the same parts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Claims } from "../../src/gateway/forwarded.ts";
import { urlOf } from "../../src/interfaces/fetch-url.ts";
import type { ConnectionInfo, RequestHead } from "../../src/protocol/events.ts";

const INFO: ConnectionInfo = {
  remoteAddress: "192.0.2.1",
  remotePort: "1",
  localAddress: "192.0.2.2",
  localPort: "8000",
  scheme: "http",
};

const head = (target: string, host?: string): RequestHead => ({
  ...{ method: "GET", target, version: "1.1", fields: host === undefined ? [] : ["accept", "x", "host", host] },
  ...{ length: 0, expectContinue: false, keepAlive: true },
});

const HOSTS = [
  "example.com",
  "EXAMPLE.com",
  "a",
  "a:80",
  "a:443",
  "a:8000",
  "a:65535",
  "a:65536",
  "a:99999",
  "a:08",
  "a:",
  "127.0.0.1",
  "127.1",
  "0x7f.1",
  "[::1]:8000",
  "xn--ls8h.la",
  "a.1",
  "a..b",
  "1a",
  "a_b",
  "a%41",
  "a-.b",
];
const TARGETS = [
  "/",
  "/a/b?c=d&e",
  "/?",
  "/a?b?c",
  "/a b",
  "/%zz",
  "/./a",
  "/a/../b",
  "/.well-known/x",
  "/a/.",
  "/%2e%2E/b",
  "/a/%2e",
  "//b/c",
  "/a'b?c'd",
  '/"<>',
  "/a|b^c`{}",
  "/\\a",
  "/a;b=c,d",
  "/@:!$&()*+",
];

for (const host of HOSTS) {
  test(`the URLs of host ${host} are what URL makes of them`, () => {
    for (const target of TARGETS) {
      const text = `http://${host}${target}`;
      assert.equal(
        urlOf(head(target, host), INFO, undefined),
        URL.canParse(text) ? new URL(text).href : undefined,
        text,
      );
    }
  });
}

for (const [what, given, info, claims, url] of [
  ["an absolute target replaces Host", head("http://b.test/x?y", "a.test"), INFO, undefined, "http://b.test/x?y"],
  ["an absolute target without a path", head("http://b.test?y", "a.test"), INFO, undefined, "http://b.test/?y"],
  ["the whole server", head("*", "a.test"), INFO, undefined, "http://a.test/"],
  ["CONNECT", head("b.test:443", "a.test"), INFO, undefined, "http://b.test:443/"],
  ["no Host", head("/x"), INFO, undefined, "http://192.0.2.2:8000/x"],
  ["no Host on IPv6", head("/x"), { ...INFO, localAddress: "::1" }, undefined, "http://[::1]:8000/x"],
  [
    "no Host on a Unix socket",
    head("/x"),
    { ...INFO, localAddress: "", localPort: "" },
    undefined,
    "http://localhost/x",
  ],
  ["TLS", head("/x", "a.test:443"), { ...INFO, scheme: "https" }, undefined, "https://a.test/x"],
  [
    "what a trusted proxy says",
    head("/x", "a.test"),
    INFO,
    { info: { ...INFO, scheme: "https" }, host: "c.test", scriptName: "/p", inPath: false },
    "https://c.test/x",
  ],
] as readonly [string, RequestHead, ConnectionInfo, Claims | undefined, string][]) {
  test(`the URL of a request: ${what}`, () => {
    assert.equal(urlOf(given, info, claims), url);
  });
}

test("a byte that is not escaped stays that byte: UTF-8 is read as UTF-8, and what is none is kept", () => {
  const utf8 = Buffer.from("/ä?é").toString("latin1");
  assert.equal(urlOf(head(utf8, "a"), INFO, undefined), "http://a/%C3%A4?%C3%A9");
  assert.equal(urlOf(head("/\xe4", "a"), INFO, undefined), "http://a/%E4");
});
