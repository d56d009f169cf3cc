// A stack of middlewares with validators between them, and pages that break the contract: served by process/lint.test.ts. The validator is
// taken from the build that is tested.

import process from "node:process";
import { compose } from "../../../dist/gateway/compose.js";
import { validator } from "../../../dist/gateway/validate.js";

const text = (startResponse) => startResponse("200 OK", [["Content-Type", "text/plain"]]);

const PAGES = {
  "/fine": async (environ, startResponse) => {
    const body = await environ["tsgi.input"].read();
    text(startResponse);
    return [body];
  },
  "/streams": async function* (environ, startResponse) {
    text(startResponse);
    for await (const chunk of environ["tsgi.input"]) yield chunk;
  },
  "/header": (_environ, startResponse) => {
    startResponse("200 OK", [["X Bad", "1"]]); // blame: /header
    return [];
  },
  "/late": function* (_environ, startResponse) {
    text(startResponse);
    yield "begun";
    yield 5;
  },
  "/untyped": (_environ, startResponse) => {
    startResponse("200 OK", []);
    return ["no type"];
  },
  "/env": (_environ, startResponse) => {
    text(startResponse);
    return [String(process.env.NODE_ENV)];
  },
  "/loses-signal": (environ, startResponse) => {
    text(startResponse);
    return [String(environ["tsgi.signal"].aborted)];
  },
};

export const pages = (environ, startResponse) => PAGES[environ.PATH_INFO](environ, startResponse); // blame: pages

/** Right: upper case, and close() passed on. */
const shout = (inner) => async (environ, startResponse) => {
  const body = await inner(environ, startResponse);
  return {
    async *[Symbol.asyncIterator]() {
      for await (const chunk of typeof body === "string" ? [body] : body) yield String(chunk).toUpperCase();
    },
    close: () => body.close?.(),
  };
};

/** Wrong: takes a name away that the contract promises. */
const forgets = (inner) => (environ, startResponse) => {
  if (environ.PATH_INFO === "/loses-signal") delete environ["tsgi.signal"];
  return inner(environ, startResponse);
};

export const stack = compose(validator, shout, validator, forgets, validator)(pages);
