import assert from "node:assert/strict";
import { test } from "node:test";
import { httpDate, parseHttpDate } from "../../src/application/http-date.ts";

const TIME = Date.UTC(1994, 10, 6, 8, 49, 37);

test("a date is written in the one form and read in all three (RFC 9110 section 5.6.7)", () => {
  assert.equal(httpDate(TIME), "Sun, 06 Nov 1994 08:49:37 GMT");
  assert.equal(httpDate(new Date(TIME)), "Sun, 06 Nov 1994 08:49:37 GMT");
  for (const text of [
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    " sun, 06 nov 1994 08:49:37 gmt ",
  ]) {
    assert.equal(parseHttpDate(text), TIME, text);
  }
});

test("two digits of a year are never far ahead", () => {
  const year = new Date().getUTCFullYear();
  const said = (full: number) => parseHttpDate(`Sunday, 06-Nov-${String(full % 100).padStart(2, "0")} 08:49:37 GMT`);
  assert.equal(said(year), Date.UTC(year, 10, 6, 8, 49, 37));
  assert.equal(said(year + 51), Date.UTC(year - 49, 10, 6, 8, 49, 37));
});

test("what is no date is none", () => {
  for (const text of [
    undefined,
    "",
    "yesterday",
    "0",
    "1994-11-06T08:49:37Z",
    "Sun, 31 Feb 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:49:37 GMT",
    "Sun, 06 Xyz 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 +0100",
    "Sun, 06 Nov 1994 08:49:37",
  ]) {
    assert.equal(parseHttpDate(text), undefined, String(text));
  }
});
