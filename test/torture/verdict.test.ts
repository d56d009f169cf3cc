// The verdicts on a load: what is explained by a killed worker and what is not, and whose answers came when.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Failure, LoadResult } from "../support/load/record.ts";
import { smallestPool } from "../support/pool.ts";
import type { LogRecord } from "../support/server.ts";
import type { Check } from "./check.ts";
import type { Reload } from "./stage.ts";
import { lossless, lostOnVictims, onlyNewAnswers, percentile, prompt, withinBoot } from "./verdict.ts";

const LOST: Failure = {
  ...{ kind: "reset", why: "ECONNRESET", request: "GET /1", pid: 10, first: false, port: 5_000 },
  ...{ sentAt: 10_000, lostAt: 10_050 },
};
const ANSWER: Answer = {
  ...{ request: "GET /1", pid: 10, version: "one", first: false, kept: true, sentAt: 10_000, tookMs: 5 },
};
const seen = (failures: readonly Failure[], answers: readonly Answer[] = []): LoadResult => ({
  ...{ answered: 1_000, failures, answers, pids: new Map(), versions: new Map(), reopened: 0 },
});
const missed = (checks: readonly Check[]): readonly string[] =>
  checks.filter(({ ok }) => !ok).map(({ what, reached }) => `${what}: ${reached}`);

test("a load without a failure passes, and one failure is named with its kind, worker and time", () => {
  assert.deepEqual(missed(lossless(seen([]))), []);
  assert.deepEqual(missed(lossless(seen([LOST]))), [
    "failed of 1,001 requests: reset; the first: GET /1 reset: ECONNRESET (a later request, worker 10, after 50 ms)",
  ]);
});

test("only the kernel's word, the time and the kind make a failure a killed worker's", () => {
  const slain = [{ pid: 10, at: 10_020, ports: new Set([5_000, 5_001]) }];
  const judge = (failure: Partial<Failure>) => missed(lostOnVictims(seen([{ ...LOST, ...failure }]), slain)).length;
  assert.equal(judge({}), 0);
  assert.equal(judge({ kind: "truncated", pid: undefined, port: 5_001 }), 0);
  // Another connection, another time, and what no death explains.
  assert.equal(judge({ port: 5_002 }), 1);
  assert.equal(judge({ sentAt: 20_000, lostAt: 20_050 }), 1);
  assert.equal(judge({ kind: "refused" }), 1);
  assert.equal(judge({ kind: "mixed-up" }), 1);
  // A client that hangs is a failure however it came to it.
  assert.equal(judge({ kind: "hang" }), 2);
});

test("old answers count as old from the end of the reload that replaced them, by when they were asked for", () => {
  const reload = (to: number): Reload => ({ ok: true, said: {} as LogRecord, from: to - 500, to });
  const judge = (...answers: readonly Partial<Answer>[]) =>
    missed(
      onlyNewAnswers(
        answers.map((answer) => ({ ...ANSWER, ...answer })),
        ["one", "two", "three"],
        [reload(10_000), reload(20_000)],
      ),
    );
  // In flight while it ended, within the last moment of an idle connection, and of the version that nothing replaced.
  assert.deepEqual(
    judge({ sentAt: 9_000, tookMs: 5_000 }, { sentAt: 10_400 }, { version: "three", sentAt: 90_000 }),
    [],
  );
  assert.deepEqual(judge({ sentAt: 11_500 }), ["the last old answer was asked for after: 1,500 ms"]);
  assert.deepEqual(judge({ version: "two", sentAt: 22_000 }), ["the last old answer was asked for after: 2,000 ms"]);
  assert.deepEqual(judge({ version: "none" }), ["answers of no version: 1"]);
});

test("percentiles are of what was measured, and slow requests can be left out", () => {
  const answers = Array.from({ length: 100 }, (_none, index) => ({ ...ANSWER, tookMs: index + 1 }));
  assert.deepEqual([percentile(answers, 0.5), percentile(answers, 0.99)], [51, 100]);
  assert.ok(Number.isNaN(percentile([], 0.5)));
  assert.equal(prompt([ANSWER, { ...ANSWER, request: "GET /3?wait=100" }]).length, 1);
});

test("a boot has the time of its bar, or that of the server's own start where the machine is busy", () => {
  const judge = (seconds: number, startSeconds: number) => withinBoot("replaced after", seconds, 2, { startSeconds });
  assert.deepEqual([judge(1.9, 0.5).ok, judge(2.1, 0.5).ok], [true, false]);
  assert.deepEqual([judge(7.9, 8).ok, judge(8.1, 8).ok, judge(Number.NaN, 8).ok], [true, false, false]);
  assert.equal(judge(7.9, 8).bar, "at most 8 s (2 s; the start took 8.0 s)");
});

test("the smallest pool counts workers that stopped accepting and workers that died without a word", () => {
  let time = 0;
  const say = (pid: number, msg: string): LogRecord => {
    time += 1;
    return { level: "info", time: String(time).padStart(4, "0"), pid, role: "", msg };
  };
  const both = [say(1, "accepting connections"), say(2, "accepting connections")];
  assert.ok(Number.isNaN(smallestPool(both, 3)));
  assert.equal(smallestPool(both, 2), 2);
  const recycled = [
    ...both,
    say(9, "worker 1 (pid 1) asks for a successor: served 200 requests"),
    say(3, "accepting connections"),
    say(1, "no longer accepting connections"),
  ];
  assert.equal(smallestPool(recycled, 2), 2);
  const died = [...recycled, say(9, "worker 2 (pid 2) was killed by SIGKILL; a successor starts at once")];
  assert.equal(smallestPool([...died, say(4, "accepting connections")], 2), 1);
});
