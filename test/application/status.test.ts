import assert from "node:assert/strict";
import { test } from "node:test";
import { checkReason, checkStatus, reasonOf, statusLine } from "../../src/application/status.ts";

test("a status has its usual reason, and its line is one string for ever", () => {
  assert.equal(reasonOf(418), "I'm a Teapot");
  assert.equal(statusLine(404), "404 Not Found");
  assert.equal(statusLine(299), "299 ");
  assert.equal(statusLine(200), statusLine(200));
});

test("what is no final status, or no reason, is refused by name", () => {
  for (const status of [199, 600, 100, 200.5, Number.NaN, "200", undefined] as number[]) {
    assert.throws(
      () => checkStatus(status),
      (e) => e instanceof TypeError && e.message.includes(String(status)),
    );
  }
  for (const reason of ["a\r\nb", "€", 5 as unknown as string]) assert.throws(() => checkReason(reason), TypeError);
  assert.equal(checkReason(""), "");
});
