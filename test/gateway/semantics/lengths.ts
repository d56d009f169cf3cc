// Content-Length, and the requests and statuses that have no body.

import { answers, type Case, FAILED, PLAIN, sized } from "./case.ts";

export const LENGTHS: readonly Case[] = [
  { title: "a Content-Length that fits is sent", app: answers(() => ["a", "b"], sized(2)), body: "ab", length: 2 },
  {
    title: "a Content-Length with zeros ahead is the same number",
    app: answers(() => ["a", "b"], sized("0002")),
    body: "ab",
    length: 2,
  },
  { title: "a Content-Length of 0 fits no chunks", app: answers(() => [], sized(0)), length: 0 },
  {
    title: "one chunk that is longer than said is not sent at all",
    app: answers(() => ["abc"], sized(2)),
    ...FAILED,
    logs: [["the application said Content-Length 2 and gave 3 bytes", 500]],
  },
  {
    title: "one chunk that is shorter than said is not sent at all",
    app: answers(() => ["a"], sized(2)),
    ...FAILED,
    logs: [["the application said Content-Length 2 and gave 1 bytes", 500]],
  },
  {
    title: "no chunk where some bytes were said is an error",
    app: answers(() => [], sized(5)),
    ...FAILED,
    logs: [["the application said Content-Length 5 and gave 0 bytes", 500]],
  },
  {
    title: "a first of many chunks that is too long is not sent",
    app: answers(() => ["abc", "d"], sized(2)),
    ...FAILED,
    logs: [["the application said Content-Length 2 and gave at least 3 bytes", 500]],
  },
  {
    title: "a later chunk that is too long is cut to the length",
    app: answers(() => ["ab", "cd"], sized(3)),
    body: "abc",
    length: 3,
    end: "cut",
    logs: [["the application said Content-Length 3 and gave at least 4 bytes", "cut"]],
  },
  {
    title: "a chunk behind a body that is whole is not sent",
    app: answers(() => ["ab", "cd"], sized(2)),
    body: "ab",
    length: 2,
    end: "cut",
    logs: [["the application said Content-Length 2 and gave at least 4 bytes", "cut"]],
  },
  {
    title: "a body that ends too soon is cut, never filled up",
    app: answers(() => ["ab", "c"], sized(9)),
    body: "abc",
    length: 9,
    end: "cut",
    logs: [["the application said Content-Length 9 and gave 3 bytes", "cut"]],
  },
  {
    title: "a body too short is seen by a client of HTTP/1.0 as well",
    app: answers(() => ["ab", "c"], sized(9)),
    request: { version: "1.0" },
    body: "abc",
    length: 9,
    end: "cut",
    logs: [[/gave 3 bytes/, "cut"]],
  },
  {
    title: "a body too long is not iterated to its end",
    app: (probe) =>
      function* (_e, start) {
        start("200 OK", sized(1));
        yield "a";
        probe.note("asked once more");
        yield "b";
        probe.note("never");
      },
    body: "a",
    length: 1,
    end: "cut",
    logs: [[/at least 2 bytes/, "cut"]],
    notes: ["asked once more"],
  },
  {
    title: "HEAD has the length of one chunk, and no byte of it",
    app: answers(() => ["abc"]),
    request: { method: "HEAD" },
    length: 3,
  },
  {
    title: "HEAD keeps the Content-Length that was said",
    app: answers(() => [], sized(77)),
    request: { method: "HEAD" },
    length: 77,
  },
  {
    title: "HEAD keeps a Content-Length that does not fit the chunk",
    app: answers(() => ["abc"], sized(77)),
    request: { method: "HEAD" },
    length: 77,
  },
  { title: "HEAD of many chunks says no length", app: answers(() => ["a", "b"]), request: { method: "HEAD" } },
  {
    title: "HEAD of an empty body says nothing of what GET would have",
    app: answers(() => []),
    request: { method: "HEAD" },
  },
  { title: "HEAD of one empty chunk says no length either", app: answers(() => [""]), request: { method: "HEAD" } },
  {
    title: "HEAD stops iterating when the headers are known",
    app: (probe) =>
      function* (_e, start) {
        start("200 OK", PLAIN);
        yield "";
        probe.note("on");
        yield "text";
        probe.note("never");
      },
    request: { method: "HEAD" },
    notes: ["on"],
  },
  {
    title: "HEAD in HTTP/1.0 has the length too",
    app: answers(() => ["abc"]),
    request: { method: "HEAD", version: "1.0" },
    length: 3,
  },
  {
    title: "204 has no body and no length",
    app: answers(() => [], PLAIN, "204 No Content"),
    status: 204,
    reason: "No Content",
  },
  {
    title: "204 loses a Content-Length that was said",
    app: answers(() => [], sized(0), "204 No Content"),
    status: 204,
    reason: "No Content",
  },
  {
    title: "a body with 204 is dropped and told",
    app: answers(() => ["text"], PLAIN, "204 No Content"),
    status: 204,
    reason: "No Content",
    logs: [[/gave a body with status 204, which has none/, "none"]],
  },
  {
    title: "205 says a length of 0",
    app: answers(() => [], PLAIN, "205 Reset"),
    status: 205,
    reason: "Reset",
    length: 0,
  },
  {
    title: "a body with 205 is dropped and told",
    app: answers(() => ["a", "b"], PLAIN, "205 Reset"),
    status: 205,
    reason: "Reset",
    length: 0,
    logs: [[/gave a body with status 205/, "none"]],
  },
  {
    title: "304 has no body, and no length of its own",
    app: answers(() => [], PLAIN, "304 Not Modified"),
    status: 304,
    reason: "Not Modified",
  },
  {
    title: "304 keeps the Content-Length that 200 would have had",
    app: answers(() => [], sized(12), "304 Not Modified"),
    status: 304,
    reason: "Not Modified",
    length: 12,
  },
  {
    title: "a body with 304 is dropped and told, and is not its length",
    app: answers(() => ["text"], PLAIN, "304 Not Modified"),
    status: 304,
    reason: "Not Modified",
    logs: [[/gave a body with status 304/, "none"]],
  },
  {
    title: "HEAD with 204 is not told of a body",
    app: answers(() => ["text"], PLAIN, "204 No Content"),
    request: { method: "HEAD" },
    status: 204,
    reason: "No Content",
  },
  {
    title: "HEAD with 304 has no length of a chunk",
    app: answers(() => ["text"], PLAIN, "304 Not Modified"),
    request: { method: "HEAD" },
    status: 304,
    reason: "Not Modified",
  },
  {
    title: "trailers take the length from a body of one chunk",
    app: () => (environ, start) => {
      environ["tsgi.trailers"]([["X-Sum", "1"]]);
      start("200 OK", PLAIN);
      return ["abc"];
    },
    body: "abc",
  },
  {
    title: "a trailer that is asked for its value and throws cuts the response",
    app: () => (environ, start) => {
      environ["tsgi.trailers"]([
        [
          "X-Sum",
          () => {
            throw new Error("no sum");
          },
        ],
      ]);
      start("200 OK", PLAIN);
      return ["abc"];
    },
    body: "abc",
    end: "cut",
    logs: [["no sum", "cut"]],
  },
  {
    title: "a field that may not be a trailer throws where it is said",
    app: () => (environ, start) => {
      start("200 OK", PLAIN);
      environ["tsgi.trailers"]([["Set-Cookie", "a=1"]]);
      return [];
    },
    ...FAILED,
    logs: [[/"Set-Cookie" may not be a trailer/, 500]],
  },
  {
    title: "early hints leave the response as it is",
    app: () => (environ, start) => {
      environ["tsgi.early_hints"]([["Link", "</a.css>; rel=preload"]]);
      start("200 OK", PLAIN);
      return ["x"];
    },
    body: "x",
    length: 1,
  },
  {
    title: "early hints in HTTP/1.0 are nothing",
    app: () => (environ, start) => {
      environ["tsgi.early_hints"]([["Link", "</a.css>; rel=preload"]]);
      start("200 OK", PLAIN);
      return ["x"];
    },
    request: { version: "1.0" },
    body: "x",
    length: 1,
  },
  {
    title: "wrong early hints throw where they are said",
    app: () => (environ, start) => {
      start("200 OK", PLAIN);
      environ["tsgi.early_hints"]([["Connection", "close"]]);
      return [];
    },
    ...FAILED,
    logs: [[/tsgi\.early_hints: header Connection belongs to the connection/, 500]],
  },
];
