import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestError } from "../../src/gateway/exchange.ts";
import { Notice } from "../../src/gateway/notice.ts";

test("the signal aborts with the first reason, whether it was asked for before or after", () => {
  const [first, second] = [new Error("first"), new Error("second")];
  const before = new Notice();
  const { signal } = before;
  assert.equal(signal.aborted, false);
  before.give(first);
  before.give(second);
  assert.deepEqual([signal.aborted, signal.reason, before.reason], [true, first, first]);
  assert.equal(before.signal, signal);
  const after = new Notice();
  after.give(first);
  assert.equal(after.signal.reason, first);
});

test("a worker that leaves aborts the signal of an event stream only, also when it turns out to be one later", () => {
  const leaves = new Error("the server leaves");
  const stream = new Notice();
  stream.leave(leaves, true);
  assert.equal(stream.signal.reason, leaves);
  const page = new Notice();
  page.leave(leaves, false);
  assert.equal(page.signal.aborted, false);
  page.said(false);
  assert.equal(page.signal.aborted, false);
  page.said(true);
  assert.equal(page.signal.reason, leaves);
});

test("a stream is no reason to abort while nobody leaves", () => {
  const notice = new Notice();
  notice.said(true);
  assert.deepEqual([notice.signal.aborted, notice.reason], [false, undefined]);
});

test("errors are explained by what was told, and by nothing else", () => {
  const aborted = new DOMException("stop", "AbortError");
  const untold = new Notice();
  assert.deepEqual([untold.explains(aborted), untold.explains(new RequestError(503, "x"))], [false, false]);
  const [leaves, soon] = [new Error("leaves"), new Error("soon")];
  const told = new Notice();
  told.leave(leaves, false);
  // What `tsgi.draining` aborts with is explained, though `tsgi.signal` says nothing yet.
  assert.deepEqual([told.explains(leaves), told.explains(aborted), told.explains(soon)], [true, true, false]);
  told.give(soon);
  assert.deepEqual([told.explains(soon), told.explains(new Error("soon"))], [true, false]);
});
