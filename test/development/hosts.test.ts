import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";
import { isLocal } from "../../src/development/hosts.ts";

test("an address, localhost, a name that nobody can own and one of the network are local", () => {
  for (const host of [
    ...["127.0.0.1", "127.0.0.1:8000", "192.168.1.7:8000", "[::1]", "[::1]:8000", "[fe80::1]:80"],
    ...["localhost", "LOCALHOST:8000", "localhost.", "shop.localhost:8000", "shop.test", "mac.local", "a.b.internal"],
    ...["web", "web:8000", "nas.home.arpa", "example.com", hostname()],
  ]) {
    assert.equal(isLocal(["Accept", "x", "Host", host]), true, host);
  }
  assert.equal(isLocal(["Accept", "x"]), true);
});

test("a name that somebody can own is not, however it begins or ends", () => {
  for (const host of [
    ...[
      "evil.com",
      "evil.com:8000",
      "127.0.0.1.evil.com",
      "localhost.evil.com",
      "notlocalhost.evil.io",
      "xlocalhost.io",
    ],
    ...["evil.com.", "attest.io", "mylocal.dev", "shop.dev", "127.0.0.1.nip.io", "evil.com:80:80", "[evil.com]"],
  ]) {
    assert.equal(isLocal(["Host", host]), false, host);
  }
});
