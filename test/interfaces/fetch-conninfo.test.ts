// The client of a request in the shape of Hono's helpers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { getConnInfo } from "../../src/interfaces/fetch-conninfo.ts";
import { type ContextOwner, Env } from "../../src/interfaces/fetch-context.ts";

const env = (remoteAddress: string, remotePort: string) => new Env({ remoteAddress, remotePort } as ContextOwner);

for (const [address, port, remote] of [
  ["192.0.2.1", "80", { transport: "tcp", address: "192.0.2.1", addressType: "IPv4", port: 80 }],
  ["2001:db8::1", "", { transport: "tcp", address: "2001:db8::1", addressType: "IPv6" }],
  ["", "", { transport: "tcp" }],
] as const) {
  test(`the client ${JSON.stringify(address)} with port ${JSON.stringify(port)}`, () => {
    assert.deepEqual(getConnInfo({ env: env(address, port) }), { remote });
  });
}

test("an environment of another server is named", () => {
  assert.throws(() => getConnInfo({ env: {} }), /c\.env is an object: expected what tsgi gave/);
});
