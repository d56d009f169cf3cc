// Seen from behind a proxy: tells all that it was given, and takes and gives bodies of any size. The last word of the path says what.

import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";

const file = process.env.PROXIED_FILE;
let go;

const methods = ["read", "readline", "readlines", "lines", "write", "writelines", "flush"];

function told(value) {
  if (typeof value === "function") return "<function>";
  if (value instanceof AbortSignal) return "<AbortSignal>";
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return `<object with ${methods.filter((name) => typeof value[name] === "function").join(", ")}>`;
}

/** In a header, so that answers without a body tell it too. */
function tell(environ) {
  const json = JSON.stringify(Object.fromEntries(Object.entries(environ).map(([key, value]) => [key, told(value)])));
  return json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const log = (environ, line) => environ["tsgi.errors"].write(`${line}\n`);

async function* untilGo() {
  yield "data: 1\n\n";
  await new Promise((resolve) => {
    go = resolve;
  });
  yield "data: 2\n\n";
}

function* generated() {
  const fd = openSync(file);
  try {
    for (;;) {
      // A size that fits no buffer of anybody.
      const chunk = Buffer.alloc(100_003);
      const size = readSync(fd, chunk);
      if (size === 0) return;
      yield chunk.subarray(0, size);
    }
  } finally {
    closeSync(fd);
  }
}

function* endless(environ) {
  const signal = environ["tsgi.signal"];
  try {
    for (;;) yield "x".repeat(65_536);
  } finally {
    log(environ, `endless is over, aborted: ${signal.aborted}`);
  }
}

function* cut() {
  yield "a part ".repeat(10_000);
  throw new Error("on purpose, too late");
}

const routes = {
  async hash(environ, startResponse) {
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of environ["tsgi.input"]) {
      if (size === 0) log(environ, `the first bytes came to ${process.pid}`);
      size += chunk.length;
      hash.update(chunk);
    }
    startResponse("200 OK", []);
    return `${size} ${hash.digest("hex")}`;
  },
  generated(_environ, startResponse) {
    startResponse("200 OK", []);
    return generated();
  },
  async wrapped(environ, startResponse) {
    const handle = await open(file);
    startResponse("200 OK", [["Content-Length", String((await handle.stat()).size)]]);
    return environ["tsgi.file_wrapper"](handle);
  },
  endless(environ, startResponse) {
    startResponse("200 OK", []);
    return endless(environ);
  },
  sse(environ, startResponse) {
    const unbuffered = environ.QUERY_STRING === "ask" ? [["X-Accel-Buffering", "no"]] : [];
    startResponse("200 OK", [["Content-Type", "text/event-stream"], ...unbuffered]);
    return untilGo();
  },
  go(_environ, startResponse) {
    startResponse("204 No Content", []);
    go();
    return [];
  },
  async wait(environ) {
    const signal = environ["tsgi.signal"];
    log(environ, "waiting");
    await new Promise((resolve) => {
      signal.addEventListener("abort", resolve);
    });
    log(environ, "the wait is over");
    throw signal.reason;
  },
  throws() {
    throw new Error("on purpose");
  },
  cut(environ, startResponse) {
    startResponse("200 OK", environ.QUERY_STRING === "length" ? [["Content-Length", "100000"]] : []);
    return cut();
  },
};

const statuses = { 204: "204 No Content", 304: "304 Not Modified" };

export async function application(environ, startResponse) {
  const word = environ.PATH_INFO.split("/").at(-1);
  if (Object.hasOwn(routes, word)) return routes[word](environ, startResponse);
  const body = await environ["tsgi.input"].read();
  const headers = [["X-Environ", tell(environ)]];
  if (word === "304") headers.push(["ETag", '"v1"']);
  if (word === "twice") headers.push(["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]);
  startResponse(statuses[word] ?? "200 OK", headers);
  return [`body: ${body.toString("latin1")}`];
}
