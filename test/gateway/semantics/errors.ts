// What goes wrong: before the headers, after them, and through no fault of the application.

import { type Case, FAILED, FAILED_HEAD, PLAIN } from "./case.ts";

export const ERRORS: readonly Case[] = [
  {
    title: "an error before startResponse is a 500 that says nothing of the inside",
    app: () => () => {
      throw new Error("secret");
    },
    ...FAILED,
    logs: [["secret", 500]],
  },
  {
    title: "an error of an async application is the same",
    app: () => async () => {
      throw new Error("secret");
    },
    ...FAILED,
    logs: [["secret", 500]],
  },
  {
    title: "an error after a wait is the same",
    app: () => async () => {
      await new Promise(setImmediate);
      throw new Error("late");
    },
    ...FAILED,
    logs: [["late", 500]],
  },
  {
    title: "what is thrown need not be an Error",
    app: () => () => {
      throw "a string";
    },
    ...FAILED,
    logs: [["a string", 500]],
  },
  {
    title: "an error under HEAD has the headers of the answer only",
    app: () => () => {
      throw new Error("x");
    },
    request: { method: "HEAD" },
    ...FAILED_HEAD,
    logs: [["x", 500]],
  },
  {
    title: "an error in HTTP/1.0 is answered too",
    app: () => () => {
      throw new Error("x");
    },
    request: { version: "1.0" },
    ...FAILED,
    logs: [["x", 500]],
  },
  {
    title: "headers that were said are not in the answer to an error",
    app: () => (_e, start) => {
      start("200 OK", [["X-Secret", "1"]]);
      throw new Error("x");
    },
    ...FAILED,
    logs: [["x", 500]],
  },
  {
    title: "trailers that were said are not in the answer to an error",
    app: () => (environ, start) => {
      environ["tsgi.trailers"]([["X-Sum", "1"]]);
      start("200 OK", PLAIN);
      throw new Error("x");
    },
    ...FAILED,
    logs: [["x", 500]],
  },
  {
    title: "a generator that throws before its first text is answered with 500",
    app: () =>
      function* (_e, start) {
        start("200 OK", PLAIN);
        yield "";
        throw new Error("early");
      },
    ...FAILED,
    logs: [["early", 500]],
  },
  {
    title: "a generator that throws after its first text is cut, and nothing is appended",
    app: () =>
      function* (_e, start) {
        start("200 OK", PLAIN);
        yield "some";
        throw new Error("late");
      },
    body: "some",
    end: "cut",
    logs: [["late", "cut"]],
  },
  {
    title: "an async generator that throws after its first text is cut",
    app: () =>
      async function* (_e, start) {
        start("200 OK", PLAIN);
        yield "some";
        throw new Error("late");
      },
    body: "some",
    end: "cut",
    logs: [["late", "cut"]],
  },
  {
    title: "an error after the headers is seen by a client of HTTP/1.0",
    app: () =>
      function* (_e, start) {
        start("200 OK", PLAIN);
        yield "some";
        throw new Error("late");
      },
    request: { version: "1.0" },
    body: "some",
    end: "cut",
    logs: [["late", "cut"]],
  },
  {
    title: "an error that the application handles itself is no error",
    app: () => (_e, start) => {
      try {
        throw new Error("mine");
      } catch (error) {
        start("500 Sorry", PLAIN, error);
        return ["my own page"];
      }
    },
    status: 500,
    reason: "Sorry",
    body: "my own page",
    length: 11,
  },
  {
    title: "a request body that is cut short never looks whole, and is not the application's fault",
    app: () => async (environ, start) => {
      const body = await environ["tsgi.input"].read();
      start("200 OK", PLAIN);
      return [`${body.length}`];
    },
    request: { method: "POST", body: "abc", missing: 5 },
    ...FAILED,
    status: 400,
    reason: "Bad Request",
    length: 29,
    body: "400 Bad Request\nrequest id-1\n",
  },
  {
    title: "a request body that is cut short can be answered by the application",
    app: () => async (environ, start) => {
      try {
        await environ["tsgi.input"].read();
      } catch (error) {
        start("422 Short", PLAIN);
        return [String((error as { status?: number }).status)];
      }
      return [];
    },
    request: { method: "POST", body: "abc", missing: 5 },
    status: 422,
    reason: "Short",
    body: "400",
    length: 3,
  },
  {
    title: "an application that throws what its client's leaving made is not told of",
    app: () =>
      async function* (environ, start) {
        start("200 OK", PLAIN);
        yield "abc";
        yield "def";
        await new Promise(setImmediate);
        environ["tsgi.signal"].throwIfAborted();
        yield "ghi";
      },
    request: { leavesAfter: 3 },
    body: "abc",
    end: "left",
  },
  {
    title: "lines written to tsgi.errors reach the log, the last one without its end too",
    app: () => (environ, start) => {
      environ["tsgi.errors"].write("one\ntwo");
      start("200 OK", PLAIN);
      return ["x"];
    },
    body: "x",
    length: 1,
    lines: ["one", "two"],
  },
  {
    title: "what a body writes to tsgi.errors while it closes is there as well",
    app: () => (environ, start) => {
      start("200 OK", PLAIN);
      return {
        *[Symbol.iterator]() {
          yield "x";
        },
        close: () => environ["tsgi.errors"].write("last words"),
      };
    },
    body: "x",
    lines: ["last words"],
  },
];
