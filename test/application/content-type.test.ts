import assert from "node:assert/strict";
import { test } from "node:test";
import { contentTypeOf, parseContentType } from "../../src/application/content-type.ts";

test("a content type is a type in lower case and its parameters", () => {
  const rows = [
    ["text/html", "text/html", {}],
    ["TEXT/Html ; Charset=UTF-8", "text/html", { charset: "UTF-8" }],
    ['multipart/form-data; boundary="a b;c"', "multipart/form-data", { boundary: "a b;c" }],
    ["application/problem+json", "application/problem+json", {}],
    ["text", "", {}],
    ["text/", "", {}],
    ["a b/c", "", {}],
    ["", "", {}],
    // Longer than any honest one.
    [`text/html; charset=${"x".repeat(1024)}`, "", {}],
    [undefined, "", {}],
  ] as const;
  for (const [value, type, params] of rows) {
    const parsed = parseContentType(value);
    assert.equal(parsed.type, type, String(value));
    assert.deepEqual({ ...parsed.params }, params);
    assert.equal("toString" in parsed.params, false);
  }
});

test("files by their names, text with its charset", () => {
  const rows = [
    ["a.html", "text/html; charset=utf-8"],
    ["a.CSS", "text/css; charset=utf-8"],
    ["a.js", "text/javascript; charset=utf-8"],
    ["a.json", "application/json; charset=utf-8"],
    ["a.png", "image/png"],
    ["a.svg", "image/svg+xml"],
    ["a.unknown-ending", "application/octet-stream"],
    ["noending", "application/octet-stream"],
    ["", "application/octet-stream"],
  ] as const;
  for (const [name, type] of rows) assert.equal(contentTypeOf(name), type, name);
});

test("a row of blanks costs next to nothing", () => {
  const blanks = " ".repeat(60_000);
  const before = process.cpuUsage();
  for (const value of [`text/html${blanks}x`, `text/html;${blanks}x`]) assert.equal(parseContentType(value).type, "");
  // Seconds, if it cost the square.
  assert.ok(process.cpuUsage(before).user < 250_000);
});
