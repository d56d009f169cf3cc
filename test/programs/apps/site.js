// Tells about its own process, holds requests, and does on demand what an application should not.

import { writeFileSync } from "node:fs";

const grown = [];
const routes = {
  "/process": () =>
    JSON.stringify({
      pid: process.pid,
      cwd: process.cwd(),
      umask: process.umask().toString(8),
      uid: process.getuid(),
      gid: process.getgid(),
      groups: process.getgroups(),
      env: process.env,
    }),
  "/environ": (environ) => JSON.stringify(Object.fromEntries(Object.entries(environ).filter(([, v]) => typeof v === "string"))),
  // The request is in flight until its client has sent the whole body.
  "/hold": async (environ) => `held ${(await environ["tsgi.input"].read()).toString()}`,
  // The hint tells the client that its request has begun.
  "/later": (environ) => {
    environ["tsgi.early_hints"]([["Link", "</>"]]);
    return new Promise((done) => setTimeout(done, Number(environ.QUERY_STRING), "later"));
  },
  "/touch": (environ) => {
    writeFileSync(decodeURIComponent(environ.QUERY_STRING), "");
    return "touched";
  },
  // In the turn of the loop in which the hint went out: what the client does once it has it, finds the loop blocked.
  "/block": (environ) => {
    environ["tsgi.early_hints"]([["Link", "</>"]]);
    return new Promise(() => {
      setImmediate(() => {
        for (;;);
      });
    });
  },
  // So many mebibytes that stay.
  "/grow": (environ) => {
    grown.push(Buffer.alloc(Number(environ.QUERY_STRING) * 1_048_576, 1));
    return "grown";
  },
  // Keeps the loop busy for so many milliseconds.
  "/work": (environ) => {
    const end = performance.now() + Number(environ.QUERY_STRING);
    while (performance.now() < end);
    return "worked";
  },
  "/exit": (environ) => process.exit(Number(environ.QUERY_STRING)),
  "/throw-later": () => {
    setImmediate(() => {
      throw new TypeError("thrown by nobody's request");
    });
    return "soon";
  },
  "/reject-later": () => {
    void Promise.reject(new RangeError("rejected and forgotten"));
    return "soon";
  },
};

export async function application(environ, startResponse) {
  const text = String((await routes[environ.PATH_INFO]?.(environ)) ?? process.pid);
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [text];
}
