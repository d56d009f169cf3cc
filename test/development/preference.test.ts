import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldOf, formFor } from "../../src/development/preference.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

test("a client gets the form that it names, and what it would take as well does not count", () => {
  for (const [accept, form] of [
    [BROWSER, "html"],
    ["application/json", "json"],
    ["application/json, text/plain, */*", "json"],
    ["application/vnd.api+json", "json"],
    ["application/problem+json;q=0.9, text/html;q=0.2", "json"],
    ["text/html;q=0.5, application/json;q=0.9", "json"],
    ["TEXT/HTML", "html"],
    ["text/plain", "text"],
    ["text/*", "text"],
    ["*/*", "text"],
    ["", "text"],
    ["image/png", "text"],
    ["application/json;q=0", "text"],
    ["text/html;q=nonsense", "text"],
  ] as const) {
    assert.equal(formFor(["accept", accept]), form, accept);
  }
  assert.equal(formFor([]), "text");
});

test("who asks by script and takes anything gets JSON, and a document is a page", () => {
  assert.equal(formFor(["accept", "*/*", "x-requested-with", "XMLHttpRequest"]), "json");
  assert.equal(formFor(["accept", "text/html", "x-requested-with", "XMLHttpRequest"]), "html");
  assert.equal(formFor(["accept", "*/*", "sec-fetch-dest", "document"]), "html");
  assert.equal(formFor(["accept", "*/*", "sec-fetch-dest", "empty"]), "text");
});

test("a field of several lines is one value", () => {
  assert.equal(fieldOf(["Accept", "a", "x", "y", "accept", "b"], "accept"), "a, b");
});
