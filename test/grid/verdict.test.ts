import assert from "node:assert/strict";
import { test } from "node:test";
import { type Seen, show, verdictOn } from "./verdict.ts";

const seen: Seen = {
  ...{ expected: { status: 200 }, tsgi: { status: 200 }, reference: { status: 200 }, plain: undefined },
  ...{ server: "node:http", framework: "Koa", known: undefined },
};

test("as expected is ok, whatever the reference does", () => {
  assert.equal(verdictOn(seen).word, "ok");
  assert.equal(verdictOn({ ...seen, reference: { status: 500 } }).word, "ok");
  assert.equal(verdictOn({ ...seen, reference: undefined }).word, "ok");
});

test("what the reference does too is the framework's, and what a plain program does too is the server's", () => {
  const odd = { ...seen, tsgi: { status: 404 }, reference: { status: 404 } };
  assert.deepEqual(verdictOn(odd), { word: "as", note: "as Koa on node:http: status 404" });
  assert.deepEqual(verdictOn({ ...odd, plain: { status: 404 } }), { word: "as", note: "as node:http: status 404" });
});

test("neither as expected nor as the reference is DIFFERENT, in any one fact", () => {
  assert.deepEqual(verdictOn({ ...seen, tsgi: { status: 500 } }), {
    word: "DIFFERENT",
    note: "status 500, expected 200, reference 200",
  });
  assert.equal(verdictOn({ ...seen, tsgi: { status: 500 }, reference: { status: 404 } }).word, "DIFFERENT");
  const two = { expected: { a: 1, b: 1 }, tsgi: { a: 2, b: 2 }, reference: { a: 2, b: 1 } };
  assert.deepEqual(verdictOn({ ...seen, ...two }).note, "b 2, expected 1, reference 1");
  assert.equal(verdictOn({ ...seen, tsgi: {} }).word, "DIFFERENT");
});

test("what could not be looked at is DIFFERENT", () => {
  const { word, note } = verdictOn({ ...seen, tsgi: { failed: "no answer in time" } });
  assert.equal(word, "DIFFERENT");
  assert.match(note, /failed "no answer in time"/);
});

test("a known reason explains a cell, and is itself a failure where the cell is as expected", () => {
  const known = "it has no such thing";
  assert.deepEqual(verdictOn({ ...seen, known, tsgi: { status: 404 } }), { word: "known", note: known });
  assert.equal(verdictOn({ ...seen, known }).word, "DIFFERENT");
});

test("what is shown fits into a line", () => {
  assert.equal(show("x".repeat(500)).length, 60);
  assert.equal(show(undefined), "missing");
});
