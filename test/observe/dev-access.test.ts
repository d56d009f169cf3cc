// A screen of requests that can be read downwards.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccessEntry } from "../../src/observe/access-format.ts";
import { devAccess } from "../../src/observe/dev-access.ts";

const entry = (more: Partial<AccessEntry> = {}): AccessEntry => ({
  ...{ remoteAddress: "127.0.0.1", user: "-", time: new Date(2026, 10, 21, 9, 5, 7).getTime(), durationUs: 3_412 },
  ...{ method: "GET", target: "/a?b=1", version: "1.1", status: 200, bytesOut: 1_234, bytesIn: 0 },
  ...{ fields: [], responseFields: [], requestId: "id", slot: 1, generation: 1, aborted: false },
  ...{ firstByteUs: undefined, environ: undefined },
  ...more,
});

test("a line is time of day, status, method, size, duration and, last, the target: columns of one width", () => {
  const format = devAccess({});
  const lines = [
    entry(),
    entry({ method: "OPTIONS", status: 404, bytesOut: 0, durationUs: 80, target: "/" }),
    entry({ method: "DELETE", status: 500, bytesOut: 987_654_321, durationUs: 61_000_000 }),
    entry({ method: "", target: "", version: "", status: 400, bytesOut: 12 }),
    entry({ status: 0, aborted: true, durationUs: 200e6 }),
  ].map(format);
  assert.deepEqual(lines, [
    "09:05:07 200 GET      1.2 kB   3.4 ms  /a?b=1",
    "09:05:07 404 OPTIONS     0 B   0.1 ms  /",
    "09:05:07 500 DELETE   988 MB     61 s  /a?b=1",
    "09:05:07 400 -          12 B   3.4 ms  (no request that could be understood)",
    "09:05:07  -  GET      1.2 kB      3 m  /a?b=1 (cut off)",
  ]);
});

test("what the server's own pages and a health check ask for is not shown", () => {
  const format = devAccess({ quietPath: "/health?deep=1" });
  assert.equal(format(entry({ target: "/.tsgi/live" })), null);
  assert.equal(format(entry({ target: "/health" })), null);
  assert.equal(format(entry({ target: "/health?x" })), null);
  assert.notEqual(format(entry({ target: "/healthy" })), null);
  assert.notEqual(devAccess({ quietPath: null })(entry({ target: "/health" })), null);
});

test("colours tell classes of status apart, and who waited long; without them a line has no control", () => {
  const coloured = devAccess({ isColoured: true });
  const colours = [200, 304, 404, 500].map(
    (status) => /\x1b\[(\d+)m\d{3}\x1b\[0m/.exec(coloured(entry({ status }))!)?.[1],
  );
  assert.deepEqual(colours, ["32", "36", "33", "31"]);
  const slow = (durationUs: number, status = 200) =>
    /\x1b\[(\d+)m *[\d.]+ m?s\x1b/.exec(coloured(entry({ durationUs, status }))!)?.[1];
  assert.deepEqual([slow(499_999), slow(500_000), slow(2_000_000), slow(9e6, 101)], ["2", "33", "31", "2"]);
  assert.doesNotMatch(devAccess({})(entry({ status: 500, aborted: true }))!, /\x1b/);
});

test("no target can forge a line or send a control to the terminal", () => {
  const line = devAccess({})(entry({ target: "/\n09:05:07 200\x1b[2J", method: "\x1b" }))!;
  assert.doesNotMatch(line, /[\x00-\x1f]/);
});
