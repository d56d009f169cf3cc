import assert from "node:assert/strict";
import { test } from "node:test";
import { forwarders, underscoreNames } from "../../src/config/forwarders.ts";
import type { Surroundings } from "../../src/config/parsers.ts";

const AROUND: Surroundings = { absolute: (path) => path, availableWorkers: () => 1, isTerminal: false };

const allowed: [given: unknown, value: string[]][] = [
  ["127.0.0.1", ["127.0.0.1"]],
  ["10.0.0.0/8, fd00::/8,unix", ["10.0.0.0/8", "fd00::/8", "unix"]],
  [
    ["10.0.0.0/8", "*"],
    ["10.0.0.0/8", "*"],
  ],
  ["2001:DB8:0::1", ["2001:db8::1"]],
  ["::ffff:10.0.0.1", ["10.0.0.1"]],
  ["::ffff:10.0.0.0/104", ["10.0.0.0/8"]],
  ["10.0.0.1/32, 10.0.0.1", ["10.0.0.1"]],
  ["0.0.0.0/0", ["0.0.0.0/0"]],
  ["off", []],
  [["off"], []],
  [[], []],
];
for (const [given, value] of allowed) {
  test(`forwarders ${JSON.stringify(given)} are ${JSON.stringify(value)}`, () => {
    assert.deepEqual(forwarders.read(given, AROUND), { ok: true, value });
    assert.deepEqual(forwarders.read(forwarders.show(value), AROUND), { ok: true, value });
  });
}

const refused: [given: unknown, part: unknown][] = [
  ["", ""],
  ["10.0.0.1,", ""],
  ["10.0.0.1, off", "off"],
  ["localhost", "localhost"],
  ["10.0.0.0/33", "10.0.0.0/33"],
  ["10.0.0.1:80", "10.0.0.1:80"],
  ["[::1]", "[::1]"],
  ["UNIX", "UNIX"],
  [7, 7],
  [["10.0.0.1", null], null],
  [null, null],
];
for (const [given, part] of refused) {
  test(`forwarders ${JSON.stringify(given)} are refused for ${JSON.stringify(part)}`, () => {
    assert.deepEqual(forwarders.read(given, AROUND), { ok: false, part });
  });
}

for (const [given, network] of [
  ["10.1.2.3/8", "10.0.0.0/8"],
  ["2001:db8::1/32", "2001:db8::/32"],
  ["::ffff:10.1.2.3/104", "10.0.0.0/8"],
] as const) {
  test(`${given} is refused, and the network that may be meant is named: ${network}`, () => {
    const reading = forwarders.read(`127.0.0.1,${given}`, AROUND);
    assert.ok(!reading.ok);
    assert.equal(reading.part, given);
    assert.match(reading.why ?? "", new RegExp(`^${given.replace(".", "\\.")} .* the network is ${network},`));
  });
}

test("names of forwarder fields have an underscore, and are kept in upper case", () => {
  const read = (given: unknown) => underscoreNames.read(given, AROUND);
  assert.deepEqual(read("script_name, PATH_INFO"), { ok: true, value: ["SCRIPT_NAME", "PATH_INFO"] });
  assert.deepEqual(read("*"), { ok: true, value: ["*"] });
  assert.deepEqual(read("off"), { ok: true, value: [] });
  for (const part of ["Host", "a b_", "X_Ü", "", "a_:"]) assert.deepEqual(read(part), { ok: false, part });
});
