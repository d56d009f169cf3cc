// The victim: an application whose every answer can be checked, and that counts what it was given and what was closed.
// Knows nothing of the faults; each route exists because a trial needs something to be true of it.

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import process from "node:process";
import v8 from "node:v8";
import vm from "node:vm";
import type { Application, Body, Environ, HeaderList, StartResponse } from "../../src/gateway/types.ts";
import { textOf } from "./text.ts";

// NODE_OPTIONS does not take --expose-gc on Node 20, so the flag is set from within.
v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc") as () => void;

/** What came in and what was closed, of all routes but those that only report. */
const counts = { calls: 0, returned: 0, closed: 0, failed: 0, produced: 0 };

export type Counts = typeof counts;

export interface Memory {
  readonly heapUsed: number;
  readonly external: number;
}

type Route = (environ: Environ, query: URLSearchParams) => Answer | Promise<Answer>;

interface Answer {
  readonly status?: string;
  readonly headers?: HeaderList;
  readonly body: string | Uint8Array | Iterable<string>;
  /** False: its `close` throws. */
  readonly closes?: boolean;
}

const number = (query: URLSearchParams, name: string, otherwise: number): number =>
  Number(query.get(name) ?? otherwise);

function* chunksOf(total: number, size: number): Generator<string> {
  const chunk = textOf("stream", size);
  for (let left = total; left > 0; left -= size) {
    counts.produced += Math.min(size, left);
    yield left >= size ? chunk : chunk.slice(0, left);
  }
}

const ROUTES: Readonly<Record<string, Route>> = {
  "/hello": (environ) => ({ body: `hello ${environ.QUERY_STRING}` }),
  // The tag names the request, the sum proves that each byte came, once and in its place.
  "/echo": async (environ, query) => {
    const sum = createHash("md5");
    let length = 0;
    for await (const piece of environ["tsgi.input"]) {
      sum.update(piece);
      length += piece.length;
    }
    return { body: `${query.get("tag") ?? ""} ${length} ${sum.digest("hex")}` };
  },
  "/big": (_environ, query) => ({ body: textOf(query.get("tag") ?? "", number(query, "n", 1_048_576)) }),
  "/stream": (_environ, query) => ({ body: chunksOf(number(query, "n", 1_048_576), number(query, "chunk", 16_384)) }),
  "/slow": async (_environ, query) => {
    await new Promise((done) => setTimeout(done, number(query, "ms", 100)));
    return { body: `slow ${query.get("tag") ?? ""}` };
  },
  "/block": (_environ, query) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, number(query, "ms", 1_000));
    return { body: "blocked" };
  },
  "/throw": () => {
    throw new Error("at once");
  },
  "/reject": () => Promise.reject(new Error("later")),
  "/throw-late": () => ({ body: broken("late") }),
  "/throw-in-close": () => ({ body: broken("close"), closes: false }),
  "/upload": async (environ, query) => {
    const file = await open(query.get("to") ?? "/dev/null", "w");
    try {
      for await (const piece of environ["tsgi.input"]) await file.writeFile(piece);
      return { body: "stored" };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      return { status: "507 Insufficient Storage", body: "no room" };
    } finally {
      await file.close();
    }
  },
};

/** A body that breaks in one of its places. */
function* broken(where: "late" | "close"): Generator<string> {
  yield "first\n";
  if (where === "late") throw new Error("after the head");
}

/** Routes that only report, and so are not counted. */
const REPORTS: Readonly<Record<string, () => unknown>> = {
  "/counts": () => counts,
  "/memory": (): Memory => {
    // What a first collection finds dead may hold more, which the second one finds.
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return { heapUsed, external };
  },
};

export const application: Application = (environ, startResponse) => {
  const report = REPORTS[environ.PATH_INFO];
  if (report !== undefined) return say(startResponse, { body: JSON.stringify(report()) });
  counts.calls += 1;
  const route = ROUTES[environ.PATH_INFO];
  if (route === undefined) return counted(say(startResponse, { status: "404 Not Found", body: "no such route" }));
  const answer = route(environ, new URLSearchParams(environ.QUERY_STRING));
  if (!(answer instanceof Promise)) return counted(say(startResponse, answer), answer.closes);
  return answer.then(
    (value) => counted(say(startResponse, value)),
    (error: unknown) => {
      counts.failed += 1;
      throw error;
    },
  );
};

function say(
  startResponse: StartResponse,
  { status = "200 OK", headers = [], body }: Answer,
): Iterable<string | Uint8Array> {
  startResponse(status, [["Content-Type", "text/plain"], ["X-Pid", String(process.pid)], ...headers]);
  return typeof body === "string" || body instanceof Uint8Array ? [body] : body;
}

/** PEP 3333: `close` is called exactly once, however the response ended. */
function counted(body: Iterable<string | Uint8Array>, closes = true): Body {
  counts.returned += 1;
  const close = (): void => {
    counts.closed += 1;
    if (!closes) throw new Error("in close()");
  };
  return Array.isArray(body)
    ? Object.assign(body, { close })
    : { [Symbol.iterator]: () => body[Symbol.iterator](), close };
}
