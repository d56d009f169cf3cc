import assert from "node:assert/strict";
import { test } from "node:test";
import { parseForwarded, parseForwardedFor, parseNode } from "../../src/gateway/rfc7239.ts";
import { formatAddress } from "../../src/protocol/address.ts";

const lines: [line: string, elements: Record<string, string>[]][] = [
  ["for=192.0.2.43", [{ for: "192.0.2.43" }]],
  ['For="[2001:db8:cafe::17]:4711"', [{ for: "[2001:db8:cafe::17]:4711" }]],
  ["for=192.0.2.60;proto=http;by=203.0.113.43", [{ for: "192.0.2.60", proto: "http", by: "203.0.113.43" }]],
  ["for=192.0.2.43, for=198.51.100.17", [{ for: "192.0.2.43" }, { for: "198.51.100.17" }]],
  ['for=_gazonk;secret="a,b;c\\"d\\\\"', [{ for: "_gazonk", secret: 'a,b;c"d\\' }]],
  ["for=unknown ; proto=https\t,\thost=a", [{ for: "unknown", proto: "https" }, { host: "a" }]],
  ["", []],
  [" ,, ", []],
  [",for=a,", [{ for: "a" }]],
  [";for=a;;proto=http;", [{ for: "a", proto: "http" }]],
  ['for=""', [{ for: "" }]],
  ["for=a,for=a", [{ for: "a" }, { for: "a" }]],
];
for (const [line, elements] of lines) {
  test(`Forwarded: ${line} is ${elements.length} elements`, () => {
    assert.deepEqual(
      parseForwarded(line)?.map((element) => Object.fromEntries(element)),
      elements,
    );
  });
}

const malformed = [
  ...[
    "for",
    "for=",
    "=a",
    "for = a",
    "for= a",
    "for=a b",
    "for=192.0.2.43:80",
    "for=[::1]",
    "for=a;for=b",
    "for=a;FOR=b",
  ],
  ...[
    'for="',
    'for="a',
    'for="a"b',
    'for="a" "b"',
    'for="\\',
    "for=a/b",
    "for=a@b",
    "for=caf\xe9",
    'fo"r=a',
    "for=a=b",
  ],
  // A quote that the client leaves open, and the element that the proxy has written behind it.
  ...['for=", for=192.0.2.1', 'x=", for="[2001:db8::1]";proto=https'],
];
for (const line of malformed) {
  test(`Forwarded: ${line} is malformed`, () => assert.equal(parseForwarded(line), undefined));
}

const nodes: [text: string, address: string | undefined, port: string][] = [
  ["192.0.2.43", "192.0.2.43", ""],
  ["192.0.2.43:4711", "192.0.2.43", "4711"],
  ["192.0.2.43:_hidden", "192.0.2.43", ""],
  ["[2001:DB8::17]", "2001:db8::17", ""],
  ["[2001:db8::17]:0", "2001:db8::17", "0"],
  ["[::ffff:192.0.2.43]:80", "192.0.2.43", "80"],
  ["[fe80::1%eth0]:80", "fe80::1", "80"],
  ["unknown", undefined, ""],
  ["Unknown:80", undefined, ""],
  ["_SEVKISEK", undefined, ""],
  ["_a.b-c_d:_port", undefined, ""],
];
for (const [text, address, port] of nodes) {
  test(`node ${text} is ${address ?? "hidden"}, port ${port || "unknown"}`, () => {
    for (const parse of [parseNode, parseForwardedFor]) {
      const node = parse(text);
      assert.ok(node !== undefined);
      assert.deepEqual([node.address && formatAddress(node.address), node.port], [address, port]);
    }
  });
}

const strangers = [
  ...["", "_", "a", "example.com", "192.0.2.43:", "192.0.2.43:65536", "192.0.2.43:123456", "192.0.2.43:80:80"],
  ...[
    "[192.0.2.43]",
    "[::1",
    "::1]",
    "[]",
    "[::1]80",
    "[::1]:",
    "_a b",
    "unknown,",
    "-",
    "192.0.2.43:x",
    "[::1%]",
    ":80",
  ],
];
for (const text of strangers) {
  test(`${JSON.stringify(text)} is no node`, () => {
    assert.deepEqual([parseNode(text), parseForwardedFor(text)], [undefined, undefined]);
  });
}

for (const [text, address] of [
  ["2001:db8::17", "2001:db8::17"],
  ["::1", "::1"],
  ["::", "::"],
  ["fe80::1%eth0", "fe80::1"],
  ["::ffff:192.0.2.43", "192.0.2.43"],
  // With eight groups the last one is a group, never a port.
  ["1:2:3:4:5:6:7:80", "1:2:3:4:5:6:7:80"],
] as const) {
  test(`${text} needs no brackets in X-Forwarded-For, and is no node of RFC 7239`, () => {
    const node = parseForwardedFor(text);
    assert.deepEqual([node?.address && formatAddress(node.address), node?.port], [address, ""]);
    assert.equal(parseNode(text), undefined);
  });
}

test("1::2::3 is no member of X-Forwarded-For", () => assert.equal(parseForwardedFor("1::2::3"), undefined));
