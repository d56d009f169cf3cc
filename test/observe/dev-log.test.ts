// What the person sees who is writing the program, and that no text in it can pass for another record.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDev } from "../../src/observe/dev-log.ts";
import type { LogRecord } from "../../src/observe/pretty.ts";

const record = (more: Readonly<Record<string, unknown>>): LogRecord => ({
  ...{ time: new Date(2026, 10, 21, 9, 5, 7).toISOString(), level: "info", pid: 4711, role: "master" },
  ...more,
});
const bare = { isColoured: false };

test("a record is the time of day, the level where it is no info, the message, and fields that tell something", () => {
  assert.equal(formatDev(record({ msg: "listening", n: 3, list: [], requestId: "x" }), bare), "09:05:07 listening n=3");
  assert.equal(formatDev(record({ level: "warn", msg: "a\nb\n\nc\n" }), bare), "09:05:07 warn a\n  b\n\n  c");
});

test("an error is the text that was made of it, and requests that the message names are not said again", () => {
  const err = "TypeError: x\n\n> 2 | x()\n    | ^\n\n    at f (/x/app.ts:2:1)";
  const text = formatDev(record({ level: "error", msg: "failed", err, requests: [{ method: "GET" }] }), bare);
  assert.deepEqual(text.split("\n"), [
    "09:05:07 error failed",
    "  TypeError: x",
    "",
    "  > 2 | x()",
    "      | ^",
    "",
    "      at f (/x/app.ts:2:1)",
  ]);
});

test("the errors within an AggregateError are all shown, and so is what is no error at all", () => {
  const err = { stack: "AggregateError: both", errors: [{ stack: "Error: one" }, "two"] };
  const lines = formatDev(record({ msg: "x", err }), bare).split("\n");
  assert.deepEqual(lines.slice(1), ["  AggregateError: both", "  among them: Error: one", "  among them: two"]);
});

test("colours mark the level, the error and the place, and there are none unless asked for", () => {
  const given = record({ level: "error", msg: "x\nTypeError: y\n> 1 | z\n    | ^\n    at f (/x/app.ts:1:1)" });
  const [first, error, line, caret, call] = formatDev(given, { isColoured: true }).split("\n");
  assert.ok(first!.includes("\x1b[31merror\x1b[0m x"));
  assert.deepEqual(
    [error, line, caret, call],
    [
      "  \x1b[31mTypeError: y\x1b[0m",
      "  \x1b[1m> 1 | z\x1b[0m",
      "  \x1b[31m    | ^\x1b[0m",
      "  \x1b[2m    at f (/x/app.ts:1:1)\x1b[0m",
    ],
  );
  assert.doesNotMatch(formatDev(given, bare), /\x1b/);
});

test("no message, field or stack can begin a line of its own or send a control to the terminal", () => {
  const forged = "x\r\n09:05:07 forged \x1b[2J\u009b\u2028\u202e\n    at f (/x/\x1b.ts:1:1)";
  const text = formatDev(record({ msg: forged, [forged]: forged, err: { stack: forged, cause: forged } }), bare);
  for (const line of text.split("\n").slice(1)) assert.match(line, /^(?: {2}.*)?$/);
  assert.doesNotMatch(text, /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]/);
});
