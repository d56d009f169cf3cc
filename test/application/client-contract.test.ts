// What startResponse may be told, as the test client judges it: one row a breach.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ContractBreach, checkHead } from "../../src/application/client-contract.ts";
import type { HeaderList } from "../../src/gateway/types.ts";

test("statuses and headers of the contract pass", () => {
  checkHead("200 OK", [
    ["Content-Length", "0"],
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=é"],
  ]);
  checkHead("404 ", []);
});

test("each breach is named", () => {
  const rows: readonly (readonly [status: unknown, headers: unknown, message: RegExp])[] = [
    [200, [], /status 200: expected three digits/],
    ["200", [], /status "200"/],
    ["103 Early Hints", [], /status "103 Early Hints"/],
    ["200 OK\r\nX: y", [], /status/],
    ["200 OK", {}, /as an array of pairs/],
    ["200 OK", [["A"]], /header \["A"\]: expected a pair/],
    ["200 OK", [["A", 1]], /expected a pair of strings/],
    ["200 OK", [["A b", "1"]], /name "A b": expected a token/],
    ["200 OK", [["A", "1\r\nB: 2"]], /header A has a character/],
    ["200 OK", [["A", "\u010a"]], /header A has a character/],
    ["200 OK", [["Connection", "close"]], /Connection is the server's/],
    ["200 OK", [["status", "200"]], /status is the server's/],
    [
      "200 OK",
      [
        ["Content-Length", "1"],
        ["content-length", "1"],
      ],
      /given twice/,
    ],
    ["200 OK", [["Content-Length", "+1"]], /digits only/],
  ];
  for (const [status, headers, message] of rows) {
    assert.throws(
      () => checkHead(status, headers as HeaderList),
      (error) => error instanceof ContractBreach && message.test(error.message),
      String(message),
    );
  }
});
