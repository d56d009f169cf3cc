// startResponse: how often, when, and with which error.

import { type Case, FAILED, PLAIN, TYPE } from "./case.ts";

export const STARTING: readonly Case[] = [
  {
    title: "a second call without an error throws in the application, which fails the request",
    app: () => (_e, start) => {
      start("200 OK", PLAIN);
      start("200 OK", PLAIN);
      return ["never"];
    },
    ...FAILED,
    logs: [[/startResponse was called twice/, 500]],
  },
  {
    title: "a second call without an error can be caught: the first one counts",
    app: () => (_e, start) => {
      start("200 OK", PLAIN);
      try {
        start("404 Not Found", []);
      } catch {
        return ["first"];
      }
      return ["never"];
    },
    body: "first",
    length: 5,
  },
  {
    title: "a first call that threw counts all the same",
    app: (probe) => (_e, start) => {
      try {
        start("wrong", PLAIN);
      } catch (error) {
        try {
          start("200 OK", PLAIN);
        } catch {
          probe.note("refused");
        }
        start("400 Bad Request", PLAIN, error);
      }
      return ["x"];
    },
    status: 400,
    reason: "Bad Request",
    body: "x",
    length: 1,
    notes: ["refused"],
  },
  {
    title: "a second call with an error replaces status and headers that are not sent",
    app: () => (_e, start) => {
      start("200 OK", [...PLAIN, ["X-Old", "1"]]);
      start("503 Busy", [["X-New", "2"]], new Error("why"));
      return ["later"];
    },
    status: 503,
    reason: "Busy",
    headers: ["X-New: 2"],
    body: "later",
    length: 5,
  },
  {
    title: "a replaced Content-Length is gone with the headers that said it",
    app: () => (_e, start) => {
      start("200 OK", [["Content-Length", "99"]]);
      start("200 OK", PLAIN, new Error("why"));
      return ["two", "three"];
    },
    body: "twothree",
  },
  {
    title: "an error after the headers is thrown again, and the response is cut",
    app: (probe) =>
      function* (_e, start) {
        start("200 OK", PLAIN);
        yield "sent";
        const why = new Error("mine");
        try {
          start("500 Oops", [], why);
        } catch (error) {
          probe.note(error === why ? "the same" : "another");
          throw error;
        }
      },
    body: "sent",
    end: "cut",
    logs: [["mine", "cut"]],
    notes: ["the same"],
  },
  {
    title: "an error that is null is none",
    app: () => (_e, start) => {
      start("200 OK", PLAIN);
      start("200 OK", PLAIN, null);
      return [];
    },
    ...FAILED,
    logs: [[/called twice/, 500]],
  },
  {
    title: "a value that is no Error replaces as well",
    app: () => (_e, start) => {
      start("200 OK", []);
      start("418 Teapot", PLAIN, "a reason");
      return ["short"];
    },
    status: 418,
    reason: "Teapot",
    body: "short",
    length: 5,
  },
  {
    title: "an application that never calls it fails with its first chunk",
    app: () => () => ["text"],
    ...FAILED,
    logs: [[/did not call startResponse/, 500]],
  },
  {
    title: "an application that never calls it fails without a chunk too",
    app: () => () => [],
    ...FAILED,
    logs: [[/did not call startResponse/, 500]],
  },
  {
    title: "a generator may call it behind chunks that are empty",
    app: () =>
      function* (_e, start) {
        yield "";
        yield new Uint8Array();
        start("201 Created", PLAIN);
        yield "made";
      },
    status: 201,
    reason: "Created",
    body: "made",
  },
  {
    title: "a generator that calls it behind its first text is too late",
    app: () =>
      function* (_e, start) {
        yield "early";
        start("200 OK", PLAIN);
      },
    ...FAILED,
    logs: [[/did not call startResponse/, 500]],
  },
  {
    title: "an async application may call it after it has waited",
    app: () => async (_e, start) => {
      await new Promise(setImmediate);
      start("202 Accepted", PLAIN);
      return ["ok"];
    },
    status: 202,
    reason: "Accepted",
    body: "ok",
    length: 2,
  },
  {
    title: "the call sends nothing: an application that throws after it is answered with 500",
    app: () => (_e, start) => {
      start("200 OK", PLAIN);
      throw new Error("after");
    },
    ...FAILED,
    logs: [["after", 500]],
  },
  {
    title: "the list is copied: what is changed afterwards is not sent",
    app: () => (_e, start) => {
      const headers: [string, string][] = [["Content-Type", "text/plain"]];
      start("200 OK", headers);
      headers.push(["X-Late", "1"]);
      headers[0]![1] = "text/html";
      return ["x"];
    },
    body: "x",
    length: 1,
  },
  {
    title: "a repeated header keeps its order and its number",
    app: () => (_e, start) => {
      start("200 OK", [["Set-Cookie", "b=2"], ...PLAIN, ["Set-Cookie", "a=1"]]);
      return ["x"];
    },
    headers: ["Set-Cookie: b=2", TYPE, "Set-Cookie: a=1"],
    body: "x",
    length: 1,
  },
  {
    title: "a header keeps the case of its name, and loses the blanks around its value",
    app: () => (_e, start) => {
      start("200 OK", [["x-ODD-case", " \t v a l \t "]]);
      return ["x"];
    },
    headers: ["x-ODD-case: v a l"],
    body: "x",
    length: 1,
  },
  {
    title: "a reason may be empty",
    app: () => (_e, start) => {
      start("299 ", PLAIN);
      return ["x"];
    },
    status: 299,
    reason: "",
    body: "x",
    length: 1,
  },
];
