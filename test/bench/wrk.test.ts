// What the bench reads from wrk: figures, and complaints that make a row invalid.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseWrk } from "../../bench/wrk.ts";

const summary = (tail: string): string => `Running 4s test @ http://127.0.0.1:1/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.10ms  250.00us   9.00ms   90.00%
  120000 requests in 4.10s, 15.00MB read
${tail}Requests/sec:  29268.29
Transfer/sec:      3.66MB
`;

test("a clean summary gives requests and seconds", () => {
  assert.deepEqual(parseWrk(summary("")), { requests: 120_000, seconds: 4.1, complaints: [] });
  assert.equal(parseWrk("  7 requests in 1.50m, 1KB read").seconds, 90);
  assert.equal(parseWrk("  7 requests in 500.00ms, 1KB read").seconds, 0.5);
});

test("a socket error, an answer that is no success, and no answer at all are complaints", () => {
  assert.deepEqual(
    parseWrk(summary("  Socket errors: connect 0, read 3, write 0, timeout 0\n  Non-2xx or 3xx responses: 12\n"))
      .complaints,
    ["Socket errors: connect 0, read 3, write 0, timeout 0", "Non-2xx or 3xx responses: 12"],
  );
  assert.deepEqual(parseWrk("  0 requests in 1.00s, 0.00B read").complaints, ["no request was answered"]);
});

test("anything else is refused with what was said", () => {
  assert.throws(() => parseWrk("unable to connect"), /no summary of wrk:\nunable to connect/);
});
