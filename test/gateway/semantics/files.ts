// tsgi.file_wrapper: a file as a body.

import type { Application } from "../../../src/gateway/types.ts";
import { type Case, FAILED, PLAIN, type Probe, sized } from "./case.ts";

/** A file of so many letters, which notes what is done with it. */
function file(probe: Probe, text: string) {
  let at = 0;
  return {
    read(size: number) {
      const part = text.slice(at, at + size);
      at += part.length;
      probe.note(`read ${size}`);
      return Buffer.from(part);
    },
    close() {
      probe.closed();
    },
  };
}

const sends =
  (text: string, headers = PLAIN, status = "200 OK", block = 4) =>
  (probe: Probe): Application =>
  (environ, start) => {
    start(status, headers);
    return environ["tsgi.file_wrapper"](file(probe, text), block);
  };

const fallback =
  (text: string) =>
  (probe: Probe): Application =>
  (environ, start) => {
    start("200 OK", PLAIN);
    const wrapped = environ["tsgi.file_wrapper"](file(probe, text), 4);
    // A middleware that iterates makes an ordinary body of it.
    return (async function* () {
      try {
        for await (const chunk of wrapped) yield Buffer.from(chunk).toString().toUpperCase();
      } finally {
        await wrapped.close();
      }
    })();
  };

export const FILES: readonly Case[] = [
  {
    title: "a file is sent in blocks and closed once",
    app: sends("abcdef"),
    body: "abcdef",
    closes: 1,
    notes: ["read 4", "read 4", "read 4"],
  },
  { title: "an empty file is an empty body", app: sends(""), length: 0, closes: 1, notes: ["read 4"] },
  {
    title: "a file is read no further than Content-Length",
    app: sends("abcdefghij", sized(6)),
    body: "abcdef",
    length: 6,
    closes: 1,
    notes: ["read 4", "read 2"],
  },
  {
    title: "a file that is shorter than Content-Length is cut",
    app: sends("abc", sized(6)),
    body: "abc",
    length: 6,
    end: "cut",
    closes: 1,
    notes: ["read 4", "read 3"],
    logs: [["the application said Content-Length 6 and gave 3 bytes", "cut"]],
  },
  {
    title: "under HEAD a file is closed without having been read",
    app: sends("abc", sized(3)),
    request: { method: "HEAD" },
    length: 3,
    closes: 1,
  },
  {
    title: "with 304 a file is closed without having been read",
    app: sends("abc", PLAIN, "304 Not Modified"),
    status: 304,
    reason: "Not Modified",
    closes: 1,
  },
  {
    title: "a file is closed when its client leaves",
    // How often it was read until then is the engine's: one hears of it before it asks again, one when it writes.
    app: (probe) => sends("abcdefghij")({ ...probe, note() {} }),
    request: { leavesAfter: 4 },
    body: "abcd",
    end: "left",
    closes: 1,
  },
  {
    title: "a file that somebody iterates is an ordinary body",
    app: fallback("abcdef"),
    body: "ABCDEF",
    closes: 1,
    notes: ["read 4", "read 4", "read 4"],
  },
  {
    title: "a file that cannot be read fails the request and is closed",
    app: (probe) => (environ, start) => {
      start("200 OK", PLAIN);
      return environ["tsgi.file_wrapper"]({
        read() {
          throw new Error("EIO");
        },
        close: () => probe.closed(),
      });
    },
    ...FAILED,
    closes: 1,
    logs: [["EIO", 500]],
  },
  {
    title: "what is no file is refused where it is wrapped",
    app: () => (environ, start) => {
      start("200 OK", PLAIN);
      return environ["tsgi.file_wrapper"]({} as never);
    },
    ...FAILED,
    logs: [[/file_wrapper: expected a FileHandle/, 500]],
  },
];
