import assert from "node:assert/strict";
import { test } from "node:test";
import { Headers } from "../../src/gateway/headers.ts";
import { LAST_CHUNK, needsChunks, type PreambleParts, preambleOf, wrapChunk } from "../../src/gateway/preamble.ts";

const parts = (given: Partial<PreambleParts> = {}): PreambleParts => ({
  ...{ originServer: true, httpVersion: "1.1", serverSoftware: undefined, status: "200 OK", headers: new Headers() },
  ...given,
});

test("a web server that speaks CGI is told the status, and has all else of its own", () => {
  assert.equal(preambleOf(parts({ originServer: false, serverSoftware: "x" })), "Status: 200 OK\r\n");
});

test("a client gets a status line, a date, and the end of the connection said", () => {
  assert.match(
    preambleOf(parts()),
    /^HTTP\/1\.1 200 OK\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\nConnection: close\r\n$/,
  );
  assert.match(preambleOf(parts({ serverSoftware: "x/1" })), /\r\nServer: x\/1\r\nConnection: close\r\n$/);
});

test("a date and a server that the application said are not said again", () => {
  const headers = new Headers([
    ["date", "then"],
    ["SERVER", "mine"],
  ]);
  assert.equal(preambleOf(parts({ headers, serverSoftware: "x" })), "HTTP/1.1 200 OK\r\nConnection: close\r\n");
});

test("chunks are for clients of HTTP/1.1 where no length is known, and never for CGI", () => {
  const sized = new Headers([["content-length", "1"]]);
  const asked = [
    needsChunks(parts(), "HTTP/1.1"),
    needsChunks(parts(), "HTTP/1.0"),
    needsChunks(parts({ httpVersion: "1.0" }), "HTTP/1.1"),
    needsChunks(parts({ headers: sized }), "HTTP/1.1"),
    needsChunks(parts({ originServer: false }), "HTTP/1.1"),
  ];
  assert.deepEqual(asked, [true, false, false, false, false]);
});

test("a chunk has its size in hexadecimal, and an empty one is none, for that would be the last", () => {
  assert.deepEqual(wrapChunk("x".repeat(26)), ["1a\r\n", "x".repeat(26), "\r\n"]);
  assert.deepEqual(wrapChunk(""), []);
  assert.equal(LAST_CHUNK, "0\r\n\r\n");
});
