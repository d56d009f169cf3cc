// An application that a CGI program is tried with: every way to answer, and what it says on standard output must not reach the client.

import { open } from "node:fs/promises";
import process from "node:process";

console.log("console.log at load");

const text = (startResponse, status = "200 OK", ...more) => startResponse(status, [["Content-Type", "text/plain; charset=utf-8"], ...more]);
/** For who looks at standard error. */
const note = (what) => {
  if (process.env.CGI_NOTES === "yes") console.log(`note: ${what}`);
};

const PAGES = {
  "/environ": (environ, startResponse) => {
    text(startResponse);
    const strings = Object.entries(environ).filter(([name, value]) => typeof value === "string" && name !== "PATH");
    return JSON.stringify(Object.fromEntries(strings));
  },
  "/echo": async (environ, startResponse) => {
    process.stdout.write("written by hand\n");
    const body = await environ["tsgi.input"].read();
    text(startResponse, "200 OK", ["X-Method", environ.REQUEST_METHOD]);
    return [body];
  },
  "/stream": async function* (environ, startResponse) {
    text(startResponse);
    for await (const chunk of environ["tsgi.input"]) yield chunk;
  },
  "/redirect": (_environ, startResponse) => {
    startResponse("303 See Other", [["Location", "/elsewhere"]]);
    return [];
  },
  "/none": (_environ, startResponse) => {
    startResponse("204 No Content", []);
    return [];
  },
  "/cookies": (_environ, startResponse) => {
    text(startResponse, "200 OK", ["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]);
    return ["two cookies"];
  },
  "/large": function* (environ, startResponse) {
    text(startResponse);
    const chunk = "0123456789abcdef".repeat(4096);
    for (let left = Number(environ.QUERY_STRING); left > 0; left -= 1) yield chunk;
  },
  "/file": async (environ, startResponse) => {
    const handle = await open(new URL("cgi.js", import.meta.url));
    text(startResponse, "200 OK", ["Content-Length", String((await handle.stat()).size)]);
    return environ["tsgi.file_wrapper"](handle);
  },
  "/throws": () => {
    throw new Error("secret of the inside");
  },
  "/throws-late": function* (_environ, startResponse) {
    text(startResponse);
    yield "the first part";
    throw new Error("secret of the inside");
  },
  "/bad-header": (_environ, startResponse) => {
    startResponse("200 OK", [["X Bad", "1"]]);
    return [];
  },
  "/untyped": (_environ, startResponse) => {
    startResponse("200 OK", []);
    return ["no type"];
  },
  "/endless": (_environ, startResponse) => {
    text(startResponse);
    const chunk = "x".repeat(65_536);
    return {
      async *[Symbol.asyncIterator]() {
        note("begun");
        for (;;) yield chunk;
      },
      close: () => note("closed"),
    };
  },
  "/waits": (environ) => {
    console.log("it waits");
    const idle = setInterval(() => {}, 1_000);
    return new Promise((_keep, fail) => {
      environ["tsgi.signal"].addEventListener("abort", () => {
        clearInterval(idle);
        fail(environ["tsgi.signal"].reason);
      });
    });
  },
  "/stubborn": () => {
    console.log("it waits");
    setInterval(() => {}, 1_000);
    return new Promise(() => {});
  },
  "/never": () => new Promise(() => {}),
  "/exits": () => process.exit(0),
  "/uncaught": () => {
    setTimeout(() => {
      throw new Error("secret of a timer");
    }, 1);
    return new Promise(() => {});
  },
};

export const application = (environ, startResponse) => {
  const page = PAGES[environ.PATH_INFO];
  if (page !== undefined) return page(environ, startResponse);
  text(startResponse, "404 Not Found");
  return [`nothing at ${environ.PATH_INFO}\n`];
};

export const startup = ({ slot, workers }) => note(`startup ${slot} of ${workers}`);
export const shutdown = ({ reason }) => note(`shutdown: ${reason}`);
