import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress, formatNetwork, holds, parseAddress, parseNetwork } from "../../src/protocol/address.ts";

const spellings: [text: string, canonical: string][] = [
  ["0.0.0.0", "0.0.0.0"],
  ["192.0.2.7", "192.0.2.7"],
  ["255.255.255.255", "255.255.255.255"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["2001:DB8::0:1", "2001:db8::1"],
  ["2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["0:0:1:0:0:0:1:0", "0:0:1::1:0"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::FFFF:c000:0207", "192.0.2.7"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
];
for (const [text, canonical] of spellings) {
  test(`${text} is an address, and is written ${canonical}`, () => {
    const address = parseAddress(text);
    assert.ok(address !== undefined);
    assert.equal(formatAddress(address), canonical);
    assert.deepEqual(parseAddress(canonical), address);
  });
}

const strangers = [
  ...[
    "",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "256.0.0.1",
    "010.0.0.1",
    "1.2.3.4 ",
    "1.2.3.4:80",
    "0x7f.0.0.1",
    "1.2.3.-4",
    "1.2.3.",
    ".1.2.3.4",
    "1..2.3",
    "00.0.0.0",
    "0.0.0.1000",
  ],
  ...[":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "1::2::3", ":1:2:3:4:5:6:7", "12345::"],
  ...["[::1]", "::1%eth0", "g::", "1.2.3.4::", "::1.2.3", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::1\n", "localhost"],
  "0".repeat(46),
];
for (const text of strangers) {
  test(`${JSON.stringify(text)} is no address`, () => assert.equal(parseAddress(text), undefined));
}

const networks: [text: string, means: string][] = [
  ["10.0.0.0/8", "10.0.0.0/8"],
  ["10.1.2.3/8", "10.0.0.0/8"],
  ["10.1.2.3", "10.1.2.3"],
  ["10.1.2.3/32", "10.1.2.3"],
  ["1.2.3.4/0", "0.0.0.0/0"],
  ["192.168.255.255/23", "192.168.254.0/23"],
  ["2001:db8::1/32", "2001:db8::/32"],
  ["fe80::/10", "fe80::/10"],
  ["::1/128", "::1"],
  ["::/0", "::/0"],
  ["2001:db8:ffff::/33", "2001:db8:8000::/33"],
  ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
];
for (const [text, means] of networks) {
  test(`${text} is the network ${means}`, () => assert.equal(formatNetwork(parseNetwork(text)!), means));
}

for (const text of [
  "",
  "/8",
  "10.0.0.0/",
  "10.0.0.0/33",
  "::/129",
  "10.0.0.0/08",
  "10.0.0.0/-1",
  "10.0.0.0/8/8",
  "10/8",
]) {
  test(`${JSON.stringify(text)} is no network`, () => assert.equal(parseNetwork(text), undefined));
}

const held: [network: string, address: string, yes: boolean][] = [
  ["10.0.0.0/8", "10.255.0.1", true],
  ["10.0.0.0/8", "11.0.0.0", false],
  ["10.0.0.0/8", "::ffff:10.0.0.1", true],
  ["10.0.0.0/8", "::10.0.0.1", false],
  ["0.0.0.0/0", "255.255.255.255", true],
  ["0.0.0.0/0", "::1", false],
  ["::/0", "2001:db8::1", true],
  ["::/0", "10.0.0.1", false],
  ["127.0.0.1", "127.0.0.1", true],
  ["127.0.0.1", "127.0.0.2", false],
  ["::1", "::1", true],
  ["fe80::/10", "febf::1", true],
  ["fe80::/10", "fec0::1", false],
  ["2001:db8:8000::/33", "2001:db8:ffff::1", true],
  ["2001:db8:8000::/33", "2001:db8:7fff::1", false],
];
for (const [network, address, yes] of held) {
  test(`${network} ${yes ? "holds" : "does not hold"} ${address}`, () => {
    assert.equal(holds(parseNetwork(network)!, parseAddress(address)!), yes);
  });
}
