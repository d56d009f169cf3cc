// What is believed of a trusted peer, with plain values. 192.0.2.7 is the peer, 10/8 and fd00::/8 are hops that are trusted too.

import assert from "node:assert/strict";
import { test } from "node:test";
import { believe } from "../../src/gateway/forwarded.ts";
import { type ForwarderOptions, Forwarders } from "../../src/gateway/forwarders.ts";
import type { FaultCode } from "../../src/protocol/faults.ts";
import { headOf, INFO, type RequestLike } from "../support/exchange.ts";

const OPTIONS: ForwarderOptions = {
  allow: ["192.0.2.7", "10.0.0.0/8", "fd00::/8"],
  header: "x-forwarded",
  underscores: "drop",
  fields: ["SCRIPT_NAME", "PATH_INFO"],
};
const X = new Forwarders(OPTIONS);
const STANDARD = new Forwarders({ ...OPTIONS, header: "forwarded" });

/** What is told: the client as address and port in a row, scheme, host, the listener's port, script name. Only what differs from the connection. */
interface Told {
  client?: string;
  scheme?: string;
  host?: string;
  port?: string;
  script?: string;
  inPath?: boolean;
}

function told(request: RequestLike, forwarders: Forwarders): Told | FaultCode {
  const claims = believe(headOf(request), request.info ?? INFO, forwarders);
  if (typeof claims === "string") return claims;
  const { info, host, scriptName, inPath } = claims;
  const client = `${info.remoteAddress} ${info.remotePort}`.trimEnd();
  return {
    ...(client === "192.0.2.7 50123" ? {} : { client }),
    ...(info.scheme === "http" ? {} : { scheme: info.scheme }),
    ...(host === undefined ? {} : { host }),
    ...(info.localPort === "8000" ? {} : { port: info.localPort }),
    ...(scriptName === "" ? {} : { script: scriptName }),
    ...(inPath ? { inPath } : {}),
  };
}

type Case = [lines: string | readonly string[], told: Told | FaultCode];

/** One field, by what it says; several lines as a list. */
const TABLES: Readonly<Record<string, readonly Case[]>> = {
  "x-forwarded-for": [
    ["203.0.113.9", { client: "203.0.113.9" }],
    [" 203.0.113.9\t", { client: "203.0.113.9" }],
    ["203.0.113.9:4711", { client: "203.0.113.9 4711" }],
    ["2001:DB8::9", { client: "2001:db8::9" }],
    ["[2001:db8::9]", { client: "2001:db8::9" }],
    ["[2001:db8::9]:4711", { client: "2001:db8::9 4711" }],
    ["::ffff:203.0.113.9", { client: "203.0.113.9" }],
    // The client's own words stand left of what was added.
    ["6.6.6.6, 203.0.113.9", { client: "203.0.113.9" }],
    ["6.6.6.6, 10.0.0.1, 203.0.113.9", { client: "203.0.113.9" }],
    ["<script>, 203.0.113.9", { client: "203.0.113.9" }],
    // Through hops that are trusted.
    ["203.0.113.9, 10.0.0.1", { client: "203.0.113.9" }],
    ["6.6.6.6, 203.0.113.9, 10.0.0.1, fd00::2, 10.0.0.3", { client: "203.0.113.9" }],
    ["203.0.113.9, ::ffff:10.0.0.1", { client: "203.0.113.9" }],
    ["10.0.0.9, 10.0.0.1", { client: "10.0.0.9" }],
    // Several lines are one list.
    [["6.6.6.6", "203.0.113.9"], { client: "203.0.113.9" }],
    [["203.0.113.9", "10.0.0.1", "10.0.0.2"], { client: "203.0.113.9" }],
    // RFC 9110 section 5.6.1: empty members are no members.
    [", 203.0.113.9,", { client: "203.0.113.9" }],
    ["", {}],
    [" , ", {}],
    // Not known, or not told: the nearest hop that is known.
    ["unknown", {}],
    ["_hidden", {}],
    ["unknown, 10.0.0.1", { client: "10.0.0.1" }],
    ["6.6.6.6, _x, 10.0.0.1:81", { client: "10.0.0.1 81" }],
    // What a trusted hop must not write.
    ["203.0.113.9, localhost", "edge.bad-forwarded-for"],
    ["203.0.113.9, 010.0.0.1", "edge.bad-forwarded-for"],
    ["203.0.113.9:99999", "edge.bad-forwarded-for"],
    ["example.com, 10.0.0.1", "edge.bad-forwarded-for"],
    ["[203.0.113.9]", "edge.bad-forwarded-for"],
    ['"203.0.113.9"', "edge.bad-forwarded-for"],
    ["203.0.113.9 10.0.0.1", "edge.bad-forwarded-for"],
  ],
  "x-forwarded-proto": [
    ["https", { scheme: "https" }],
    ["HTTPS", { scheme: "https" }],
    ["http", {}],
    ["wss", { scheme: "https" }],
    ["ws", {}],
    ["", {}],
    // The last member is the peer's own.
    ["http, https", { scheme: "https" }],
    ["https,http", {}],
    ["javascript, https", { scheme: "https" }],
    [["https", "HTTPS"], { scheme: "https" }],
    [["https", ""], { scheme: "https" }],
    [["https", "http"], "edge.forwarded-conflict"],
    [["http", "https"], "edge.forwarded-conflict"],
    ["ftp", "edge.bad-forwarded-proto"],
    ["https://", "edge.bad-forwarded-proto"],
    ["https;", "edge.bad-forwarded-proto"],
    ["on", "edge.bad-forwarded-proto"],
  ],
  "x-forwarded-host": [
    ["shop.example", { host: "shop.example" }],
    ["Shop.Example:8443", { host: "Shop.Example:8443" }],
    ["shop.example:", { host: "shop.example" }],
    ["[2001:db8::1]", { host: "[2001:db8::1]" }],
    ["[2001:db8::1]:81", { host: "[2001:db8::1]:81" }],
    ["evil.example, shop.example", { host: "shop.example" }],
    ["evil/../, shop.example", { host: "shop.example" }],
    [["shop.example", "SHOP.example"], { host: "SHOP.example" }],
    ["", {}],
    [["evil.example", "shop.example"], "edge.forwarded-conflict"],
    ["shop.example/x", "edge.bad-forwarded-host"],
    ["ann@shop.example", "edge.bad-forwarded-host"],
    ["http://shop.example", "edge.bad-forwarded-host"],
    ["shop.example:65536", "edge.bad-forwarded-host"],
    ["shop.example:0", "edge.bad-forwarded-host"],
    ["shop.example:x", "edge.bad-forwarded-host"],
    ["a b", "edge.bad-forwarded-host"],
    ["2001:db8::1", "edge.bad-forwarded-host"],
    [":80", "edge.bad-forwarded-host"],
  ],
  // The Host field of these requests is "example.com".
  "x-forwarded-port": [
    ["8443", { host: "example.com:8443", port: "8443" }],
    ["08443", { host: "example.com:8443", port: "8443" }],
    ["80", { host: "example.com", port: "80" }],
    ["443", { host: "example.com:443", port: "443" }],
    ["80, 8443", { host: "example.com:8443", port: "8443" }],
    ["", {}],
    [["80", "443"], "edge.forwarded-conflict"],
    ["0", "edge.bad-forwarded-port"],
    ["65536", "edge.bad-forwarded-port"],
    ["-1", "edge.bad-forwarded-port"],
    ["8e1", "edge.bad-forwarded-port"],
    ["https", "edge.bad-forwarded-port"],
  ],
  "x-forwarded-prefix": [
    ["/shop", { script: "/shop" }],
    ["/a/b-c_d.e~f", { script: "/a/b-c_d.e~f" }],
    ["/caf%C3%A9", { script: "/café" }],
    ["/caf\xc3\xa9", { script: "/café" }],
    ["/evil, /shop", { script: "/shop" }],
    ["/", {}],
    ["", {}],
    [["/shop", "/shop"], { script: "/shop" }],
    [["/a", "/b"], "edge.forwarded-conflict"],
    ...["shop", "/shop/", "//evil.example", "/a//b", "/..", "/a/../b", "/.", "/%2e%2e/x", "/a%2F%2Fb", "/%2Fevil"].map(
      (text): Case => [text, "edge.bad-script-name"],
    ),
    ...[
      "/a b",
      "/a%20b",
      "/\\evil",
      "/%5Cevil",
      "/a?x",
      "/a#x",
      '/"',
      "/<",
      "/%00",
      "/%7f",
      "/a%0d%0a",
      "http://x",
    ].map((text): Case => [text, "edge.bad-script-name"]),
  ],
  script_name: [
    ["/shop", { script: "/shop", inPath: true }],
    ["", { inPath: true }],
    ["/", { inPath: true }],
    [["/shop", "/shop"], { script: "/shop", inPath: true }],
    [["/a", "/b"], "edge.forwarded-conflict"],
    ["/shop/", "edge.bad-script-name"],
    ["//shop", "edge.bad-script-name"],
    ["/a, /b", "edge.bad-script-name"],
  ],
  forwarded: [
    ["for=203.0.113.9", { client: "203.0.113.9" }],
    ['for="203.0.113.9:4711"', { client: "203.0.113.9 4711" }],
    ['For="[2001:DB8::9]:4711";Proto=HTTPS;Host="Shop.example:81"', client9()],
    ["for=203.0.113.9;proto=https;host=shop.example", shop()],
    // What stands left of the hop that is not trusted is the client's.
    ["for=6.6.6.6;proto=http;host=evil.example, for=203.0.113.9;proto=https;host=shop.example", shop()],
    [["for=6.6.6.6;host=evil.example", "for=203.0.113.9;proto=https;host=shop.example"], shop()],
    // A trusted hop in between: the element nearest to the client decides what it says, and the next one the rest.
    ["for=203.0.113.9;proto=https;host=shop.example, for=10.0.0.1;proto=http;host=inner", shop()],
    ["for=203.0.113.9;host=shop.example, for=10.0.0.1;proto=https;host=inner", shop()],
    ["for=203.0.113.9, for=10.0.0.1;proto=https;host=shop.example", shop()],
    [["for=203.0.113.9;proto=https", 'for="[fd00::1]";host=shop.example'], shop()],
    // Malformed where nobody looks.
    [['for="', "for=203.0.113.9;proto=https;host=shop.example"], shop()],
    // Not known, or not told.
    ["for=unknown;proto=https", { scheme: "https" }],
    ["proto=https", { scheme: "https" }],
    ["for=6.6.6.6;proto=http, proto=https", { scheme: "https" }],
    ["for=6.6.6.6, for=_hidden", {}],
    ["for=6.6.6.6, for=unknown, for=10.0.0.1", { client: "10.0.0.1" }],
    ["for=10.0.0.9, for=10.0.0.1", { client: "10.0.0.9" }],
    ["by=10.0.0.1;secret=x", {}],
    ["", {}],
    // What a trusted hop must not write, and a quote that the client left open.
    ["for=203.0.113.9:80", "edge.bad-forwarded"],
    ["for=[2001:db8::9]", "edge.bad-forwarded"],
    ["for=a;for=b", "edge.bad-forwarded"],
    ['for=", for=203.0.113.9', "edge.bad-forwarded"],
    [["for=203.0.113.9", 'for="'], "edge.bad-forwarded"],
    ['for="2001:db8::9"', "edge.bad-forwarded-for"],
    ["for=localhost", "edge.bad-forwarded-for"],
    ['for=""', "edge.bad-forwarded-for"],
    ["for=203.0.113.9;proto=ftp", "edge.bad-forwarded-proto"],
    ['for=203.0.113.9;proto=""', "edge.bad-forwarded-proto"],
    ['for=203.0.113.9;host="a/b"', "edge.bad-forwarded-host"],
    ['for=203.0.113.9;host=""', "edge.bad-forwarded-host"],
  ],
};

function shop(): Told {
  return { client: "203.0.113.9", scheme: "https", host: "shop.example" };
}

function client9(): Told {
  return { client: "2001:db8::9 4711", scheme: "https", host: "Shop.example:81" };
}

const flat = (name: string, lines: string | readonly string[]): string[] =>
  [lines].flat().flatMap((line) => [name, line]);

for (const [name, cases] of Object.entries(TABLES)) {
  for (const [lines, expected] of cases) {
    test(`${name}: ${[lines].flat().join(" | ")} tells ${JSON.stringify(expected)}`, () => {
      const fields = ["host", "example.com", ...flat(name, lines)];
      assert.deepEqual(told({ fields }, name === "forwarded" ? STANDARD : X), expected);
    });
  }
}

test("the family that is not chosen tells nothing, whatever it says", () => {
  for (const [name, cases] of Object.entries(TABLES)) {
    if (name === "script_name") continue;
    for (const [lines] of cases) {
      const fields = ["host", "example.com", ...flat(name, lines)];
      assert.deepEqual(told({ fields }, name === "forwarded" ? X : STANDARD), {}, name);
    }
  }
});

const together: [title: string, request: RequestLike, told: Told | FaultCode][] = [
  [
    "X-Forwarded-Port with a scheme of which it is the default is not shown in the host",
    { fields: ["host", "example.com", "x-forwarded-port", "443", "x-forwarded-proto", "https"] },
    { scheme: "https", host: "example.com", port: "443" },
  ],
  [
    "X-Forwarded-Port goes to X-Forwarded-Host rather than to Host",
    { fields: ["host", "inner", "x-forwarded-port", "81", "x-forwarded-host", "shop.example"] },
    { host: "shop.example:81", port: "81" },
  ],
  [
    "a port in X-Forwarded-Host wins over X-Forwarded-Port",
    { fields: ["host", "inner", "x-forwarded-port", "81", "x-forwarded-host", "shop.example:8080"] },
    { host: "shop.example:8080", port: "81" },
  ],
  [
    "a port in Host wins over X-Forwarded-Port",
    { fields: ["host", "example.com:8443", "x-forwarded-port", "443"] },
    { host: "example.com:8443", port: "443" },
  ],
  [
    "X-Forwarded-Port goes to the authority of an absolute target",
    { target: "http://example.com/x", fields: ["host", "other", "x-forwarded-port", "81"] },
    { host: "example.com:81", port: "81" },
  ],
  [
    "X-Forwarded-Port goes to an IPv6 host, and to one with an empty port",
    { fields: ["host", "[::1]:", "x-forwarded-port", "81"] },
    { host: "[::1]:81", port: "81" },
  ],
  [
    "X-Forwarded-Port without any host is the port alone",
    { version: "1.0", fields: ["x-forwarded-port", "81"] },
    { port: "81" },
  ],
  [
    "a script name and a prefix that agree are a script name",
    { fields: ["host", "h", "x-forwarded-prefix", "/x", "script_name", "/x"] },
    { script: "/x", inPath: true },
  ],
  [
    "a script name and a prefix that differ are a conflict",
    { fields: ["host", "h", "x-forwarded-prefix", "/x", "script_name", "/y"] },
    "edge.forwarded-conflict",
  ],
  [
    "a script name and an empty prefix are a conflict",
    { fields: ["host", "h", "x-forwarded-prefix", "/", "script_name", "/y"] },
    "edge.forwarded-conflict",
  ],
  [
    "a proxy that says http of a connection with TLS is believed",
    { info: { ...INFO, scheme: "https" }, fields: ["host", "h", "x-forwarded-proto", "http"] },
    {},
  ],
  [
    "on a Unix socket there is no port to replace, and the client is who the field names",
    {
      info: { ...INFO, remoteAddress: "", remotePort: "", localAddress: "", localPort: "" },
      fields: ["host", "h", "x-forwarded-port", "81", "x-forwarded-for", "203.0.113.9"],
    },
    { client: "203.0.113.9", host: "h:81", port: "" },
  ],
];
for (const [title, request, expected] of together) {
  test(title, () => assert.deepEqual(told(request, X), expected));
}

test("with * the last member is the client, since the client could have written the others", () => {
  const any = new Forwarders({ ...OPTIONS, allow: ["*"] });
  const fields = ["host", "h", "x-forwarded-for", "6.6.6.6, 203.0.113.9"];
  assert.deepEqual(told({ fields }, any), { client: "203.0.113.9" });
});

test("SCRIPT_NAME is believed only where it is one of the forwarder fields", () => {
  const fields = ["host", "h", "script_name", "/x"];
  for (const [names, script] of [
    [["*"], { script: "/x", inPath: true }],
    [["REMOTE_USER"], {}],
    [[], {}],
  ] as const) {
    for (const header of ["x-forwarded", "forwarded"] as const) {
      assert.deepEqual(told({ fields }, new Forwarders({ ...OPTIONS, header, fields: names })), script);
    }
  }
});
