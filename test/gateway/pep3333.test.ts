// The rules of PEP 3333 and wsgiref that a server has to keep, each with the tests that hold it. A row whose test is gone or has
// another title fails, so that no rule is lost while tests are moved about.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const RUN = "gateway/run";
const BODY = "gateway/body";
const HEADERS = "gateway/said";
const ENVIRON = "gateway/environ";
const DECODE_PATH = "gateway/decode-path";
const INPUT = "gateway/input";
const ERRORS = "gateway/errors";
const FILE = "gateway/file-wrapper";
const WRITER = "protocol/http1/writer";
const FRAMING = "protocol/http1/framing";
const CONNECTION = "worker/connection";
const RESPONSES = "worker/responses";
const BACKPRESSURE = "worker/backpressure";

/** The rule, then a test file and a part of a title in it, in turn. */
const RULES: readonly (readonly [rule: string, ...held: string[]])[] = [
  // Gateway flow
  ["the application is called once, iterated, written, finished and closed", RUN, "answered in one event"],
  ["a connection error ends the run quietly", RESPONSES, "resets in the middle of a response ends it quietly"],
  [
    "any other error is logged and is a plain 500",
    RUN,
    "answered 500 with the request id",
    "gateway/refusal",
    "a 500 is a fixed text",
  ],
  [
    "an error after the head cuts",
    RUN,
    "after the head went out cuts",
    CONNECTION,
    "fails after its head cuts the connection",
  ],
  [
    "an error while an error is handled costs its request only",
    RUN,
    "an error in close() is reported",
    "process/misbehaving",
    "and survived",
  ],
  ["startResponse may come as late as the first chunk", RUN, "as late as its first chunk"],
  [
    "headers go out with the first chunk that is not empty",
    RUN,
    "no head goes out before the first chunk that is not empty",
  ],
  [
    "a chunk is handed over before the next is asked for",
    RUN,
    "asked for only after the one before",
    BACKPRESSURE,
    "asked for less than 1 MiB",
  ],
  [
    "close() is called once, whatever happened",
    RUN,
    "close() is called exactly once after",
    RUN,
    "startResponse was never called",
  ],
  ["close() belongs to the object that was returned", BODY, "what was never iterated is closed"],
  [
    "a client that leaves ends the iteration",
    CONNECTION,
    "a client that leaves aborts the signal and closes the body",
    BACKPRESSURE,
    "ends when the client leaves",
  ],
  ["one chunk alone gives the Content-Length", RUN, "with its length"],
  ["no chunk gives a Content-Length of 0", RUN, "an application may return"],
  [
    "else chunks for HTTP/1.1 and the end of the connection for 1.0",
    WRITER,
    "is chunked for 1.1",
    WRITER,
    "ends with the connection for 1.0",
    RESPONSES,
    "an HTTP/1.0 client gets no chunks",
  ],
  ["what is returned must be a body", RUN, "answered 500 with the request id", BODY, "is no body"],
  ["a chunk must be one", RUN, "something that is no chunk", "gateway/chunk", "is no chunk"],
  // startResponse
  ["it returns write", RUN, "write() goes ahead of what is returned"],
  ["a second call needs the error, even if the first threw", RUN, "a startResponse that threw counts as called"],
  ["with the error it replaces what was not sent", RUN, "replaces headers that did not go out"],
  ["with the error it throws that very error when the head is out", RUN, "throws that very error"],
  [
    "the status is three digits, a space and a reason",
    HEADERS,
    "a status is three digits",
    HEADERS,
    "is refused",
    HEADERS,
    "an interim status is refused",
  ],
  ["the headers are a list of pairs, and copied", HEADERS, "headers are copied flat", HEADERS, "headers are refused"],
  [
    "a name is a token, a value has no control character and nothing above U+00FF",
    HEADERS,
    "headers are refused",
    HEADERS,
    "a wrong header is named",
  ],
  ["fields of the connection are refused in the call", HEADERS, "belongs to the connection and is refused"],
  ["errors are thrown while the application runs", "process/misbehaving", "logged with its line"],
  ["the call itself sends nothing", RUN, "no head goes out before"],
  [
    "Date and Server are added where they are missing",
    WRITER,
    "are not added again",
    CONNECTION,
    "answered with Date, Server and a length",
  ],
  ["repeated headers keep their order", HEADERS, "in order, duplicates kept"],
  // write, lengths, bodies
  [
    "what was written comes before what is returned",
    RUN,
    "precedes the chunk it returns",
    RUN,
    "goes out before the chunk it yields",
  ],
  [
    "write returns once its chunk is handed over, and tells when it never will be",
    RUN,
    "once its chunk is handed over",
    RUN,
    "beyond the Content-Length rejects",
    "gateway/ahead",
    "a loss rejects",
  ],
  ["a body that was written to has no length of its own", RUN, "write() goes ahead of what is returned"],
  [
    "more bytes than the Content-Length are not sent",
    RUN,
    "longer than its Content-Length",
    WRITER,
    "more or fewer bytes than the length",
  ],
  [
    "fewer bytes end the connection",
    RUN,
    "shorter than its Content-Length",
    RESPONSES,
    "a response that was cut is the last",
  ],
  ["a Content-Length is digits, and once", HEADERS, "headers are refused"],
  [
    "HEAD has the headers of GET and no body",
    RUN,
    "HEAD keeps the Content-Length",
    CONNECTION,
    "HEAD is answered without a body",
    WRITER,
    "HEAD, 204 and 304 have no body",
  ],
  [
    "204 has no length, 304 none but the application's",
    WRITER,
    "a length only where one may stand",
    RUN,
    "HEAD and 304 have no length",
  ],
  ["205 has a length of 0", WRITER, "205 has no body"],
  [
    "interim responses are for 1.1, before the head",
    WRITER,
    "never to a 1.0 client",
    RUN,
    "early hints go out at once",
  ],
  [
    "trailers reach those who read them",
    WRITER,
    "trailers are announced",
    FRAMING,
    "a client reads trailers when",
    RESPONSES,
    "trailers of a response reach",
  ],
  // environ
  [
    "it is the application's to change, and fresh for each request",
    ENVIRON,
    "leaves the next one alone",
    ENVIRON,
    "no inherited names",
  ],
  ["it has the names of CGI, as strings", ENVIRON, "has every name of the contract"],
  ["a path is decoded once, and no path throws", DECODE_PATH, "a path is decoded once", ENVIRON, "is path"],
  ["a query is left as it is", ENVIRON, "and query"],
  ["repeated fields are joined", ENVIRON, "joined with a comma"],
  ["a name that could be mistaken for another is left out", ENVIRON, "underscore"],
  // Streams
  [
    "read, readline, readlines, iteration",
    INPUT,
    "read(size) gives exactly",
    INPUT,
    "readline() gives lines",
    INPUT,
    "readlines() gives all",
    INPUT,
    "iteration by chunk",
  ],
  [
    "empty bytes for ever at the end, never a byte of the next request",
    INPUT,
    "empty bytes for ever",
    CONNECTION,
    "a late reader of a finished request",
  ],
  ["a body that was cut never looks whole", INPUT, "never looks whole", CONNECTION, "a body that is cut short"],
  [
    "an unread body is read away up to a limit, or the connection ends",
    CONNECTION,
    "discarded before the next request",
    CONNECTION,
    "larger than what is discarded",
    RESPONSES,
    "comes after its answer is discarded",
  ],
  [
    "100 Continue is sent on the first read, once",
    CONNECTION,
    "100 Continue is sent on the first read",
    CONNECTION,
    "waits for 100 and is refused",
    FRAMING,
    "a client waits for 100",
  ],
  [
    "the error stream takes text and never throws",
    ERRORS,
    "odd values do not throw",
    ERRORS,
    "whole lines go out at once",
  ],
  [
    "a file goes on from where it stands, up to the Content-Length, and is closed",
    FILE,
    "from where it stands",
    RUN,
    "a file longer than the Content-Length",
    RUN,
    "closed and never read",
    RUN,
    "a file that fails in the middle",
    BACKPRESSURE,
    "a file of 10 GB",
  ],
];

const titles = new Map<string, readonly string[]>();
function titlesOf(file: string): readonly string[] {
  const known = titles.get(file);
  if (known !== undefined) return known;
  const source = readFileSync(new URL(`../${file}.test.ts`, import.meta.url), "utf8");
  const found = [...source.matchAll(/\btest\(\s*(["`])((?:(?!\1)[^\\]|\\.)*)\1/g)].map(([, , title]) => title!);
  titles.set(file, found);
  return found;
}

for (const [rule, ...held] of RULES) {
  test(`${rule}: there is a test that says so`, () => {
    assert.ok(held.length >= 2 && held.length % 2 === 0);
    for (let i = 0; i < held.length; i += 2) {
      const [file, part] = [held[i]!, held[i + 1]!];
      assert.ok(
        titlesOf(file).some((title) => title.includes(part)),
        `test/${file}.test.ts has no test whose title says "${part}"`,
      );
    }
  });
}
