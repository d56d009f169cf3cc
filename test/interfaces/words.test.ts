import assert from "node:assert/strict";
import { test } from "node:test";
import { type Words, wordOf } from "../../src/interfaces/words.ts";
import { headOf, INFO } from "../support/exchange.ts";

const fields = [
  "host",
  "example.com",
  "user-agent",
  "curl",
  "content-type",
  "text/plain",
  "accept",
  "a",
  "accept",
  "b",
];
const words: Words = {
  head: headOf({ method: "POST", target: "/a%20b?c=%64", fields }),
  requestId: "id-1",
  peer: INFO,
  client: { remoteAddress: "198.51.100.1", remotePort: "", scheme: "https" },
  scriptName: "/app",
};

for (const [key, expected] of [
  ["REMOTE_ADDR", "198.51.100.1"],
  ["REMOTE_PORT", undefined],
  ["REQUEST_METHOD", "POST"],
  ["RAW_URI", "/a%20b?c=%64"],
  ["REQUEST_URI", "/a%20b?c=%64"],
  ["PATH_INFO", "/a b"],
  ["QUERY_STRING", "c=%64"],
  ["SCRIPT_NAME", "/app"],
  ["SERVER_PROTOCOL", "HTTP/1.1"],
  ["SERVER_NAME", "127.0.0.1"],
  ["SERVER_PORT", "8000"],
  ["CONTENT_TYPE", "text/plain"],
  ["CONTENT_LENGTH", undefined],
  ["HTTP_USER_AGENT", "curl"],
  ["HTTP_ACCEPT", "a, b"],
  ["HTTP_COOKIE", undefined],
  ["tsgi.request_id", "id-1"],
  ["tsgi.peer_addr", "192.0.2.7"],
  ["tsgi.url_scheme", "https"],
  ["my.own", undefined],
  ["", undefined],
] as const) {
  test(`${key || "an empty key"} is ${expected}`, () => assert.equal(wordOf(key, words), expected));
}

test("a target without a path has no path and no query", () => {
  for (const target of ["*", "example.com:443", "http://example.com/a?b"]) {
    const head = headOf({ target });
    assert.deepEqual(
      ["PATH_INFO", "QUERY_STRING"].map((key) => wordOf(key, { ...words, head })),
      ["", ""],
      target,
    );
  }
});
