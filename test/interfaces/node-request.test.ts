import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { test } from "node:test";
import { drive } from "../support/node-exchange.ts";

const FIELDS = Object.freeze(["host", "example.com", "x-a", "1", "x-a", "2", "cookie", "a=1"]);

test("requests with the same fields have headers of their own, also where they are made from what was remembered", () => {
  const seen: IncomingMessage[] = [];
  for (let i = 0; i < 3; i += 1) {
    drive(
      (q, s) => {
        seen.push(q);
        assert.deepEqual({ ...q.headers }, { host: "example.com", "x-a": "1, 2", cookie: "a=1" });
        q.headers["x-a"] = "changed";
        q.rawHeaders.push("changed");
        s.end();
      },
      { fields: FIELDS },
    ).pump();
  }
  assert.deepEqual(
    seen.map((q) => q.headersDistinct["x-a"]),
    [
      ["1", "2"],
      ["1", "2"],
      ["1", "2"],
    ],
  );
  assert.ok(seen.every((q) => q instanceof IncomingMessage));
});

test("no byte of the body is asked for before the application reads", async () => {
  const untouched = drive((_q, s) => s.end(), { body: ["abc"] });
  untouched.pump();
  await new Promise(setImmediate);
  assert.equal(untouched.reads, 0);
  let body = "";
  const read = drive((q) => void q.on("data", (chunk) => (body += String(chunk))), { body: ["abc", "def"] });
  read.pump();
  await new Promise(setImmediate);
  assert.deepEqual([body, read.reads], ["abcdef", 3]);
});

test("an application that pauses is not given more than the stream holds", async () => {
  const driven = drive(
    (q) => {
      q.once("readable", () => q.read(1));
    },
    { body: Array.from({ length: 100 }, () => "x".repeat(10_000)) },
  );
  driven.pump();
  for (let i = 0; i < 3; i += 1) await new Promise(setImmediate);
  assert.ok(driven.reads < 20, String(driven.reads));
});

test("a request without a body is complete at once, and a body makes it so at its end", async () => {
  const complete: boolean[] = [];
  drive((q) => void complete.push(q.complete)).pump();
  assert.deepEqual(complete.splice(0), [true]);
  drive(
    (q) => {
      complete.push(q.complete);
      q.resume().on("end", () => complete.push(q.complete));
    },
    { body: ["abc"] },
  ).pump();
  await new Promise(setImmediate);
  assert.deepEqual(complete, [false, true]);
});
