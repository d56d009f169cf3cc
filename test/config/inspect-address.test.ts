import assert from "node:assert/strict";
import { test } from "node:test";
import { inspectAddress } from "../../src/config/inspect-address.ts";

for (const [given, value] of [
  ["9229", { host: "127.0.0.1", port: 9229 }],
  [9230, { host: "127.0.0.1", port: 9230 }],
  ["0", { host: "127.0.0.1", port: 0 }],
  ["0.0.0.0:9229", { host: "0.0.0.0", port: 9229 }],
  ["[::1]:9229", { host: "::1", port: 9229 }],
] as const) {
  test(`a debugger may attach at ${given}`, () => {
    assert.deepEqual(inspectAddress.read(given, {} as never), { ok: true, value });
    assert.deepEqual(inspectAddress.read(inspectAddress.show(value), {} as never), { ok: true, value });
  });
}

for (const given of ["65536", ":9229", "localhost", "unix:/run/x.sock", "", 1.5, true, "app:application"]) {
  test(`${JSON.stringify(given)} is no address for a debugger`, () => {
    assert.deepEqual(inspectAddress.read(given, {} as never), { ok: false, part: given });
  });
}
