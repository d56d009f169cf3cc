// What browsers and others say of the codings they take, and what is chosen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseCoding } from "../../../src/application/middlewares/accept-encoding.ts";

test("the client's order of preference decides, and Brotli where it has none", () => {
  const rows: readonly (readonly [header: string | undefined, coding: string | undefined])[] = [
    [undefined, undefined],
    ["", undefined],
    ["identity", undefined],
    ["deflate", undefined],
    ["gzip", "gzip"],
    ["GZIP", "gzip"],
    ["gzip, deflate", "gzip"],
    ["gzip, deflate, br, zstd", "br"],
    ["br;q=0.5, gzip", "gzip"],
    ["gzip;q=0.1, br;q=0.9", "br"],
    ["gzip;q=0", undefined],
    ["br;q=0, *", "gzip"],
    ["*", "br"],
    ["*;q=0", undefined],
    ["identity, gzip;q=0.5", undefined],
    ["gzip;q=0.5, identity;q=0.1", "gzip"],
    ["nonsense;;;,,", undefined],
  ];
  for (const [header, coding] of rows) {
    assert.equal(chooseCoding(header), coding, header);
    assert.equal(chooseCoding(header), coding, `${header}, again`);
  }
});
