import assert from "node:assert/strict";
import { test } from "node:test";
import { Forwarders, NOBODY } from "../../src/gateway/forwarders.ts";
import { parseAddress } from "../../src/protocol/address.ts";

const allowing = (...allow: string[]): Forwarders =>
  new Forwarders({ allow, header: "x-forwarded", underscores: "drop", fields: ["SCRIPT_NAME"] });

for (const [allow, peer, yes] of [
  [["127.0.0.1"], "127.0.0.1", true],
  [["127.0.0.1"], "::ffff:127.0.0.1", true],
  [["127.0.0.1"], "127.0.0.2", false],
  [["127.0.0.1"], "", false],
  [["10.0.0.0/8"], "10.20.30.40", true],
  [["10.0.0.0/8"], "11.0.0.1", false],
  [["fe80::/10"], "fe80::1%eth0", true],
  [["unix"], "", true],
  [["unix"], "127.0.0.1", false],
  [["*"], "203.0.113.9", true],
  [["*"], "2001:db8::1", true],
  [["*"], "", true],
  [[], "127.0.0.1", false],
  [[], "", false],
] as const) {
  test(`${JSON.stringify(allow)} ${yes ? "trusts" : "does not trust"} the peer ${JSON.stringify(peer)}`, () => {
    const forwarders = allowing(...allow);
    // Twice: the second answer is remembered.
    assert.deepEqual([forwarders.trusts(peer), forwarders.trusts(peer)], [yes, yes]);
  });
}

test("* is about peers: a hop that a field names must be in a network", () => {
  const address = parseAddress("203.0.113.9")!;
  assert.equal(allowing("*").isHop(address), false);
  assert.equal(allowing("*", "203.0.113.0/24").isHop(address), true);
});

test("thousands of peers are judged rightly, remembered or not", () => {
  const forwarders = allowing("10.0.0.0/16");
  for (let i = 0; i < 2_000; i += 1) assert.equal(forwarders.trusts(`10.${i % 2}.${i >> 8}.${i & 255}`), i % 2 === 0);
});

test("the names of forwarder fields are as they stand, or any", () => {
  assert.deepEqual([allowing().mayName("SCRIPT_NAME"), allowing().mayName("REMOTE_USER")], [true, false]);
  const any = new Forwarders({ allow: [], header: "forwarded", underscores: "drop", fields: ["*"] });
  assert.equal(any.mayName("REMOTE_USER"), true);
});

test("nobody trusts nobody", () => {
  assert.deepEqual(
    [NOBODY.trusts("127.0.0.1"), NOBODY.trusts(""), NOBODY.mayName("SCRIPT_NAME")],
    [false, false, false],
  );
});

test("what is no network is the caller's mistake", () => {
  assert.throws(() => allowing("localhost"), new RangeError('"localhost" is no network'));
});
