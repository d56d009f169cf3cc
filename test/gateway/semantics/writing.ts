// write: what the application pushes, beside what it returns.

import { type Case, FAILED, PLAIN, sized } from "./case.ts";

export const WRITING: readonly Case[] = [
  {
    title: "what is written goes out before what is returned",
    app: () => (_e, start) => {
      const write = start("200 OK", PLAIN);
      void write("first ");
      void write("second ");
      return ["third"];
    },
    body: "first second third",
  },
  {
    title: "what is written alone is the body",
    app: () => (_e, start) => {
      void start("200 OK", PLAIN)("all");
      return [];
    },
    body: "all",
  },
  {
    title: "bytes and text beyond ASCII are written as they are, and as UTF-8",
    app: () => async (_e, start) => {
      const write = start("200 OK", PLAIN);
      await write(new Uint8Array([0xe9]));
      await write("é");
      return [];
    },
    body: "\xe9\xc3\xa9",
  },
  {
    title: "a write that is awaited is handed over before the next",
    app: (probe) => async (_e, start) => {
      const write = start("200 OK", PLAIN);
      await write("a");
      probe.note("a is out");
      await write("b");
      probe.note("b is out");
      return ["c"];
    },
    body: "abc",
    notes: ["a is out", "b is out"],
  },
  {
    title: "an empty write sends nothing: what follows may still replace the headers",
    app: () => (_e, start) => {
      void start("200 OK", PLAIN)("");
      void start("204 No Content", [], new Error("why"));
      return [];
    },
    status: 204,
    reason: "No Content",
    headers: [],
  },
  {
    title: "an empty write that is awaited is over at once, and has sent nothing",
    app: (probe) => async (_e, start) => {
      await start("200 OK", PLAIN)("");
      probe.note("over");
      void start("404 Not Found", PLAIN, new Error("why"));
      return ["x"];
    },
    status: 404,
    reason: "Not Found",
    body: "x",
    notes: ["over"],
  },
  {
    title: "a write that an error overtakes is rejected with that error",
    app: (probe) => (_e, start) => {
      const why = new Error("at once");
      start("200 OK", PLAIN)("gone").catch((error) => probe.note(error === why ? "rejected" : String(error)));
      throw why;
    },
    ...FAILED,
    logs: [["at once", 500]],
    notes: ["rejected"],
  },
  {
    title: "a write takes strings and bytes, and throws for anything else where it is called",
    app: (probe) => (_e, start) => {
      const write = start("200 OK", PLAIN);
      try {
        void write(7 as never);
      } catch (error) {
        probe.note((error as Error).name);
      }
      return ["x", "y"];
    },
    body: "xy",
    notes: ["ContractError"],
  },
  {
    title: "writes within Content-Length make the whole body",
    app: () => (_e, start) => {
      const write = start("200 OK", sized(4));
      void write("ab");
      return ["cd"];
    },
    body: "abcd",
    length: 4,
  },
  {
    title: "a write beyond Content-Length is cut to it, rejects, and ends the response",
    app: (probe) => async (_e, start) => {
      const write = start("200 OK", sized(3));
      await write("ab");
      await write("cd").catch((error: Error) => probe.note(error.name));
      return [];
    },
    body: "abc",
    length: 3,
    // All the bytes that were announced are there; the connection is closed, which is not the client's loss.
    end: "cut",
    logs: [[/said Content-Length 3 and gave at least 4 bytes/, "cut"]],
    notes: ["ContractError"],
  },
  {
    title: "writes that fall short of Content-Length cut the response",
    app: () => async (_e, start) => {
      await start("200 OK", sized(9))("short");
      return [];
    },
    body: "short",
    length: 9,
    end: "cut",
    logs: [["the application said Content-Length 9 and gave 5 bytes", "cut"]],
  },
  {
    title: "a body in one chunk has no Content-Length once something was written",
    app: () => (_e, start) => {
      void start("200 OK", PLAIN)("a");
      return ["b"];
    },
    body: "ab",
  },
  {
    title: "an application that throws before its write was handed over is answered with 500",
    app: () => (_e, start) => {
      void start("200 OK", PLAIN)("gone");
      throw new Error("at once");
    },
    ...FAILED,
    logs: [["at once", 500]],
  },
  {
    title: "an application that throws after its write was handed over is cut",
    app: () => async (_e, start) => {
      await start("200 OK", PLAIN)("out");
      throw new Error("later");
    },
    body: "out",
    end: "cut",
    logs: [["later", "cut"]],
  },
  {
    title: "a write under HEAD is not sent, and its promise is kept",
    app: (probe) => async (_e, start) => {
      await start("200 OK", PLAIN)("nothing of it");
      probe.note("kept");
      return [];
    },
    request: { method: "HEAD" },
    notes: ["kept"],
  },
  {
    title: "a generator's own writes go out before what it yields next",
    app: () =>
      function* (_e, start) {
        const write = start("200 OK", PLAIN);
        void write("1");
        yield "2";
        void write("3");
        yield "4";
      },
    body: "1234",
  },
  {
    title: "a write from a timer goes out while the body waits",
    app: () => async (_e, start) => {
      const write = start("200 OK", PLAIN);
      return (async function* () {
        yield "a";
        await new Promise<void>((resolve) => setImmediate(() => resolve(write("b"))));
        yield "c";
      })();
    },
    body: "abc",
  },
  {
    title: "a promise of a write that nobody looks at fails in silence",
    app: () => async (_e, start) => {
      const write = start("200 OK", sized(1));
      void write("a");
      void write("b");
      await new Promise(setImmediate);
      return [];
    },
    body: "a",
    length: 1,
    end: "cut",
    logs: [[/gave at least 2 bytes/, "cut"]],
  },
];
