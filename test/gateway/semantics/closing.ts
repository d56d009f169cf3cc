// close(): once, on every way that a response can end.

import { answers, type Case, FAILED, PLAIN, sized } from "./case.ts";

function* failing(before: readonly string[]): Generator<string> {
  yield* before;
  throw new Error("in the middle");
}

export const CLOSING: readonly Case[] = [
  { title: "a body is closed when it is whole", app: answers((p) => p.body(["a", "b"])), body: "ab", closes: 1 },
  { title: "a body of nothing is closed", app: answers((p) => p.body([])), length: 0, closes: 1 },
  {
    title: "an array with a close of its own is closed",
    app: answers((p) => Object.assign(["one"], { close: () => p.closed() })),
    body: "one",
    length: 3,
    closes: 1,
  },
  {
    title: "a body is closed when it throws at once",
    app: answers((p) => p.body(failing([]))),
    ...FAILED,
    closes: 1,
    logs: [["in the middle", 500]],
  },
  {
    title: "a body is closed when it throws after the headers",
    app: answers((p) => p.body(failing(["sent"]))),
    body: "sent",
    end: "cut",
    closes: 1,
    logs: [["in the middle", "cut"]],
  },
  {
    title: "a body is closed when its iterator cannot be had",
    app: answers((p) => ({
      close: () => p.closed(),
      [Symbol.iterator]() {
        throw new Error("no iterator");
      },
    })),
    ...FAILED,
    closes: 1,
    logs: [["no iterator", 500]],
  },
  {
    title: "what is no body is closed all the same",
    app: answers((p) => ({ close: () => p.closed() })),
    ...FAILED,
    closes: 1,
    logs: [[/returned an object/, 500]],
  },
  {
    title: "a body is closed under HEAD",
    app: answers((p) => p.body(["a", "b"])),
    request: { method: "HEAD" },
    closes: 1,
  },
  {
    title: "a body is closed with 204",
    app: answers((p) => p.body([]), PLAIN, "204 No Content"),
    status: 204,
    reason: "No Content",
    closes: 1,
  },
  {
    title: "a body is closed with 304",
    app: answers((p) => p.body([]), PLAIN, "304 Not Modified"),
    status: 304,
    reason: "Not Modified",
    closes: 1,
  },
  {
    title: "a body is closed when startResponse was never called",
    app: (p) => () => p.body(["x"]),
    ...FAILED,
    closes: 1,
    logs: [[/did not call startResponse/, 500]],
  },
  {
    title: "a body is closed when it is too long",
    app: answers((p) => p.body(["ab", "cd"]), sized(3)),
    body: "abc",
    length: 3,
    end: "cut",
    closes: 1,
    logs: [[/at least 4 bytes/, "cut"]],
  },
  {
    title: "a body is closed when it is too short",
    app: answers((p) => p.body(["ab"]), sized(3)),
    body: "ab",
    length: 3,
    end: "cut",
    closes: 1,
    logs: [[/gave 2 bytes/, "cut"]],
  },
  {
    title: "a body is closed when a chunk is none",
    app: answers((p) => p.body([1])),
    ...FAILED,
    closes: 1,
    logs: [[/gave 1 as a chunk/, 500]],
  },
  {
    title: "a body is closed when the client leaves",
    app: answers((p) => p.body(["one", "two", "three"])),
    request: { leavesAfter: 3 },
    body: "one",
    end: "left",
    closes: 1,
  },
  {
    title: "an async body is closed when the client leaves",
    app: answers((p) =>
      p.body(
        (async function* () {
          yield "one";
          await new Promise(setImmediate);
          yield "two";
          yield "three";
        })(),
      ),
    ),
    request: { leavesAfter: 3 },
    body: "one",
    end: "left",
    closes: 1,
  },
  {
    title: "a generator's finally runs when it is over",
    app: (probe) =>
      function* (_e, start) {
        start("200 OK", PLAIN);
        try {
          yield "a";
          yield "b";
        } finally {
          probe.note("finally");
        }
      },
    body: "ab",
    notes: ["finally"],
  },
  {
    title: "a generator's finally runs when the rest is not wanted",
    app: (probe) =>
      function* (_e, start) {
        start("200 OK", PLAIN);
        try {
          yield "a";
          yield "b";
        } finally {
          probe.note("finally");
        }
      },
    request: { method: "HEAD" },
    notes: ["finally"],
  },
  {
    title: "a generator's finally runs when the client leaves, and can tell",
    app: (probe) =>
      async function* (environ, start) {
        start("200 OK", PLAIN);
        try {
          yield "abc";
          yield "def";
          yield "ghi";
        } finally {
          probe.note(environ["tsgi.signal"].aborted ? "left" : "over");
        }
      },
    request: { leavesAfter: 3 },
    body: "abc",
    end: "left",
    notes: ["left"],
  },
  {
    title: "a close that throws is told, and the answer stands",
    app: answers(() => ({
      *[Symbol.iterator]() {
        yield "fine";
      },
      close() {
        throw new Error("closing failed");
      },
    })),
    body: "fine",
    logs: [["closing failed", "none"]],
  },
  {
    title: "a close that rejects is told too",
    app: answers(() => ({
      *[Symbol.iterator]() {
        yield "fine";
      },
      close: async () => {
        throw new Error("closing failed later");
      },
    })),
    body: "fine",
    logs: [["closing failed later", "none"]],
  },
  {
    title: "close belongs to what was returned, not to its iterator",
    app: answers((p) => ({
      [Symbol.iterator]: () => ({
        next: () => ({ done: true, value: undefined }),
        close: () => p.note("the iterator's"),
      }),
      close: () => p.note("the body's"),
    })),
    length: 0,
    notes: ["the body's"],
  },
  {
    title: "a web stream that is not read to its end is cancelled",
    app: answers(
      (p) =>
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array([65])),
          cancel: () => p.note("cancelled"),
        }),
    ),
    request: { method: "HEAD" },
    notes: ["cancelled"],
  },
  {
    title: "a body that came after the application was cut short is closed",
    app: (p) => async (_e, start) => {
      const write = start("200 OK", sized(1));
      await write("ab").catch(() => {});
      return p.body(["c"]);
    },
    ...FAILED,
    closes: 1,
    logs: [[/gave at least 2 bytes/, 500]],
  },
];
