import assert from "node:assert/strict";
import { test } from "node:test";
import { answerWith } from "../../src/development/answer.ts";
import { PAGE_POLICY } from "../../src/development/page.ts";
import { fieldOf } from "../../src/development/preference.ts";

const answer = (accept: string, method = "GET") =>
  answerWith({
    shown: {
      ...{ heading: "It failed", text: "Error: n\u00f6" },
      details: {
        name: "Error",
        message: "n\u00f6",
        place: { file: "/site/a.ts", line: 1, column: 2 },
        excerpt: "",
        frames: [],
        causes: [],
      },
    },
    head: { method, target: "/", fields: ["accept", accept, "range", "bytes=0-1"] },
    ...{ requestId: "id-1", root: "/site", boot: null },
  });

test("a page, JSON or text, each whole with its length in bytes, 500, and kept by nobody", () => {
  for (const [accept, type] of [
    ["text/html", "text/html; charset=utf-8"],
    ["application/json", "application/json"],
    ["*/*", "text/plain; charset=utf-8"],
  ] as const) {
    const { status, fields, length, body, more } = answer(accept);
    assert.deepEqual([status, more, length], [500, false, body?.length]);
    assert.equal(fieldOf(fields, "content-type"), type);
    assert.equal(fieldOf(fields, "cache-control"), "no-store");
    assert.equal(fieldOf(fields, "x-request-id"), "id-1");
    assert.equal(fieldOf(fields, "content-security-policy"), accept === "text/html" ? PAGE_POLICY : "");
    assert.match(Buffer.from(body as Uint8Array).toString(), /n\u00f6/);
  }
});

test("JSON has the parts", () => {
  const { error } = JSON.parse(String(answer("application/json").body));
  assert.deepEqual(error, {
    ...{ name: "Error", message: "n\u00f6", place: "a.ts:1:2", excerpt: "", frames: [], causes: [] },
    ...{ what: "It failed", requestId: "id-1" },
  });
});

test("HEAD has what GET would have had, but for the body", () => {
  const [head, get] = [answer("text/html", "HEAD"), answer("text/html")];
  assert.deepEqual([head.body, head.fields], [undefined, get.fields]);
  // The method stands in it.
  assert.equal(head.length, get.length! + 1);
});
