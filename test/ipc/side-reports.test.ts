import assert from "node:assert/strict";
import { test } from "node:test";
import type { Whereabouts } from "../../src/ipc/messages.ts";
import { readLine, type SideReport, toLine } from "../../src/ipc/side-reports.ts";

const request = { id: "a-1", method: "GET", target: "/x?y=1", ageMs: 12 };
const at: Whereabouts = {
  frames: [{ function: "spin", file: "/site/app.ts", line: 4, column: 5 }],
  place: "/site/app.ts:4:5",
  note: null,
  requests: [request],
};

const REPORTS: readonly SideReport[] = [
  { tsgi: "crashed", origin: "unhandledRejection", message: "m", stack: "s\n  at x", place: null, requests: [request] },
  { tsgi: "crashed", origin: "uncaughtException", message: "m", stack: "s", place: "app.ts:1:2", requests: [] },
  { tsgi: "stuck", silentMs: 3_000, at },
  { tsgi: "slow-loop", blockedMs: 300, skipped: 2, at: { frames: null, place: null, note: "over", requests: null } },
  { tsgi: "whereabouts", ticket: 7, at },
];

test("every report comes out of its line as it went in", () => {
  for (const report of REPORTS) {
    const line = toLine(report, 10_000);
    assert.ok(!line.includes("\n"));
    assert.deepEqual(readLine(line), report);
  }
});

test("what is too long for a line is cut until it fits, and stays a report of the same kind", () => {
  const many = Array.from({ length: 2_000 }, (_none, i) => ({ ...request, target: `/${"\u0001".repeat(3_000)}${i}` }));
  const frames = Array.from({ length: 500 }, () => ({ function: "f", file: "/é".repeat(2_000), line: 1, column: 1 }));
  const large: readonly SideReport[] = [
    {
      tsgi: "crashed",
      origin: "uncaughtException",
      message: "m".repeat(1e6),
      stack: "s".repeat(1e6),
      place: "p".repeat(1e5),
      requests: many,
    },
    { tsgi: "stuck", silentMs: 1, at: { frames, place: "p".repeat(1e5), note: "n".repeat(1e6), requests: many } },
  ];
  for (const report of large) {
    for (const limit of [262_144, 65_536, 1_000]) {
      const line = toLine(report, limit);
      assert.ok(line.length <= limit, `${line.length} of ${limit}`);
      assert.equal(readLine(line)?.tsgi, report.tsgi);
    }
  }
  const kept = readLine(toLine(large[0]!, 65_536));
  assert.ok(kept?.tsgi === "crashed" && kept.message.endsWith("\u2026") && kept.requests.length > 5);
});

test("what is no report of this line is nothing, and what only looks like one is made whole", () => {
  for (const line of ["", "x", "null", "1", "[]", "{}", '{"tsgi":"ready"}', '{"tsgi":1}', '{"tsgi":"stuck"']) {
    assert.equal(readLine(line), null);
  }
  const nowhere = { frames: null, place: null, note: null, requests: null };
  assert.deepEqual(readLine('{"tsgi":"stuck"}'), { tsgi: "stuck", silentMs: 0, at: nowhere });
  assert.deepEqual(readLine('{"tsgi":"slow-loop","blockedMs":"x","skipped":-3,"at":7}'), {
    ...{ tsgi: "slow-loop", blockedMs: 0, skipped: 0, at: nowhere },
  });
  assert.deepEqual(readLine('{"tsgi":"crashed","requests":[null,{"id":1}],"message":{}}'), {
    ...{ tsgi: "crashed", origin: "uncaughtException", message: "", stack: "", place: "" },
    requests: [
      { id: "", method: "", target: "", ageMs: 0 },
      { id: "", method: "", target: "", ageMs: 0 },
    ],
  });
  assert.deepEqual(readLine('{"tsgi":"whereabouts","ticket":1e999,"at":{"frames":[3],"place":4,"requests":{}}}'), {
    ...{ tsgi: "whereabouts", ticket: 0 },
    at: { ...nowhere, frames: [{ function: "", file: "", line: 0, column: 0 }] },
  });
});
