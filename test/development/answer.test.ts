import assert from "node:assert/strict";
import { test } from "node:test";
import { answerWith } from "../../src/development/answer.ts";
import { pagePolicy } from "../../src/development/page.ts";
import { fieldOf } from "../../src/development/preference.ts";

const answer = (
  accept: string,
  ...[method = "GET", fields = [], words = "n\u00f6", anyHost = false]: readonly [
    method?: string,
    fields?: readonly string[],
    words?: string,
    anyHost?: boolean,
  ]
) =>
  answerWith({
    shown: {
      ...{ heading: "It failed", text: `Error: ${words}` },
      details: {
        name: "Error",
        message: words,
        place: { file: "/site/a.ts", line: 1, column: 2 },
        excerpt: "",
        frames: [],
        causes: [],
      },
    },
    head: { method, target: "/", fields: ["accept", accept, "range", "bytes=0-1", ...fields] },
    anyHost,
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
    assert.equal(fieldOf(fields, "content-security-policy"), accept === "text/html" ? pagePolicy() : "");
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

test("what it says cannot speak to a terminal, or be written in another order, in any form", () => {
  const words = "\x1b[2J\u009b\u202eexe\x00";
  for (const accept of ["text/html", "application/json", "text/plain"]) {
    const body = String(answer(accept, "GET", [], words).body);
    assert.doesNotMatch(body, /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/, accept);
    assert.match(body, /exe/);
  }
});

test("to a host name that may be anybody's it says that it does not say it, and what to do", () => {
  for (const accept of ["text/html", "application/json", "text/plain"]) {
    const { status, fields, body } = answer(accept, "GET", ["Host", "evil.dev"]);
    assert.deepEqual([status, fieldOf(fields, "content-type")], [500, "text/plain; charset=utf-8"]);
    assert.match(String(body), /--error-pages any-host/);
    assert.doesNotMatch(String(body), /n\u00f6|a\.ts/);
  }
  assert.match(String(answer("text/html", "GET", ["Host", "app.test"]).body), /n\u00f6/);
  assert.match(String(answer("text/html", "GET", ["Host", "evil.dev"], "n\u00f6", true).body), /n\u00f6/);
});
