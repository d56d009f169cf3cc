// What a person sees of a record, and that no text in it can pass for another one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPretty, type LogRecord, printable, printableJson } from "../../src/observe/pretty.ts";

const record = (more: Readonly<Record<string, unknown>>): LogRecord => ({
  time: "2026-11-21T10:00:00.123Z",
  level: "info",
  pid: 4711,
  role: "master",
  ...more,
});

const HEAD = /^\[2026-11-2[012] \d\d:\d\d:00\.123 [+-]\d{4}\] \[4711\] \[INFO\]/;

test("a record is the time with its offset, the pid, the level, the message and its fields", () => {
  const text = formatPretty(
    record({ msg: "listening", url: "http://[::1]:80", n: 3, list: [1], empty: "", said: "a b" }),
    false,
  );
  assert.match(text, HEAD);
  assert.ok(text.endsWith('[INFO] listening url=http://[::1]:80 n=3 list=[1] empty="" said="a b"'), text);
  assert.equal(text.split("\n").length, 1);
});

test("further lines of a message and the stack with its causes are indented below the first", () => {
  const err = {
    stack: "Error: outer\n    at a.ts:1",
    cause: { stack: "Error: inner\n    at b.ts:2", cause: "a word" },
  };
  const [first, ...rest] = formatPretty(record({ msg: "boot failed\nline two\n", err, slot: 2 }), false).split("\n");
  assert.ok(first?.endsWith("boot failed slot=2"), first);
  assert.deepEqual(rest, [
    "  line two",
    "  Error: outer",
    "      at a.ts:1",
    "  caused by: Error: inner",
    "      at b.ts:2",
    "  caused by: a word",
  ]);
});

test("the errors within an AggregateError are all shown", () => {
  const err = { stack: "AggregateError: both", errors: [{ stack: "Error: one" }, { stack: "Error: two" }] };
  const text = formatPretty(record({ msg: "x", err }), false);
  assert.ok(text.includes("  among them: Error: one\n  among them: Error: two"), text);
});

test("the level is coloured only when asked, and an ordinary one never", () => {
  assert.ok(formatPretty(record({ level: "error", msg: "x" }), true).includes("\x1b[31mERROR\x1b[0m"));
  assert.ok(formatPretty(record({ level: "error", msg: "x" }), false).includes("[ERROR] x"));
  assert.ok(!formatPretty(record({ msg: "x" }), true).includes("\x1b"));
});

test("no message, field or stack can begin a line of its own or send a control to the terminal", () => {
  const forged = "x\r\n[2026-11-21 10:00:00.000 +0000] [1] [INFO] forged \x1b[2J\u009b\u2028\u202e";
  const text = formatPretty(record({ msg: forged, [forged]: forged, err: { stack: forged } }), true);
  for (const line of text.split("\n").slice(1)) assert.match(line, /^ {2}/);
  assert.doesNotMatch(text, /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]/);
});

test("tabs and line ends are printable, everything else that steers a reader is escaped", () => {
  assert.equal(printable("a\tb\nc"), "a\tb\nc");
  assert.equal(printable("\x00\x1b\x7f\x85\u2066é漢"), "\\x00\\x1b\\x7f\\x85\\u2066é漢");
});

test("a line of JSON stays JSON with the same meaning", () => {
  const value = { msg: "\x1b\x7f\x9b\u2028\u202e é" };
  const safe = printableJson(JSON.stringify(value));
  assert.doesNotMatch(safe, /[\x00-\x1f\x7f-\x9f\u2028\u202e]/);
  assert.deepEqual(JSON.parse(safe), value);
});
