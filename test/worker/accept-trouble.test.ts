import assert from "node:assert/strict";
import { test } from "node:test";
import type { Logger } from "../../src/observe/log.ts";
import { AcceptTrouble } from "../../src/worker/accept-trouble.ts";

test("each trouble is told at once, and again only after ten seconds, however often it happens", () => {
  const lines: string[] = [];
  const note = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  const clock = { now: 0 };
  const trouble = new AcceptTrouble({ warn: note("warn"), error: note("error") } as unknown as Logger, clock);
  for (clock.now = 0; clock.now < 25_000; clock.now += 100) {
    trouble.failed("EMFILE", 3);
    if (clock.now >= 5_000) trouble.full(100);
  }
  assert.deepEqual(
    lines.map((line) => line.slice(0, 40)),
    [
      "error: cannot accept a connection: EMFILE",
      "warn: 100 connections are open, as many as this worker",
      "error: cannot accept a connection: EMFILE",
      "warn: 100 connections are open, as many as this worker",
      "error: cannot accept a connection: EMFILE",
    ].map((line) => line.slice(0, 40)),
  );
});
