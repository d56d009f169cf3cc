// Applications as their authors write them, and the mistakes that the types must catch. Compiled by types.test.ts, never run.

import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import type {
  Application,
  Body,
  Chunk,
  Departure,
  Environ,
  HeaderList,
  Shutdown,
  StartResponse,
  Startup,
  WorkerInfo,
  Write,
} from "tsgi";
import type {
  Application as SameApplication,
  Environ as SameEnviron,
  Shutdown as SameShutdown,
  Startup as SameStartup,
  TrailerList,
  Trailers,
} from "tsgi/gateway";

// ---- what fits

export const oneString: Application = (_environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return "one chunk";
};

export const listOfBoth: Application = (_environ, startResponse) => {
  startResponse("200 OK", []);
  return ["text", Buffer.from("bytes"), new Uint8Array(1)];
};

export const asynchronous: Application = async (environ, startResponse) => {
  const body = await environ["tsgi.input"].read();
  startResponse("200 OK", [["Content-Length", String(body.length)]]);
  return [body];
};

export const generator: Application = function* (environ, startResponse) {
  startResponse("200 OK", []);
  yield environ.PATH_INFO;
  yield Buffer.from("bytes");
};

export const asyncGenerator: Application = async function* (environ, startResponse) {
  startResponse("200 OK", []);
  for await (const chunk of environ["tsgi.input"]) yield chunk;
  for await (const line of environ["tsgi.input"].lines()) yield line;
};

export const nodeStream: Application = (_environ, startResponse) => {
  startResponse("200 OK", []);
  return Readable.from(["a", "b"]);
};

export const file: Application = async (environ, startResponse) => {
  const handle = await open("index.html");
  const { size } = await handle.stat();
  startResponse("200 OK", [["Content-Length", String(size)]]);
  return environ["tsgi.file_wrapper"](handle, 4_096);
};

/** A body that is an object of one's own, closed by the server (PEP 3333). */
class Rows implements Iterable<Chunk> {
  readonly #count: number;
  constructor(count: number) {
    this.#count = count;
  }
  *[Symbol.iterator](): Iterator<Chunk> {
    for (let row = 0; row < this.#count; row += 1) yield `${row}\n`;
  }
  close(): void {}
}
export const instance: Application = (_environ, startResponse) => {
  startResponse("200 OK", []);
  return new Rows(3);
};

/** An instance that is called, bound once. */
class Site {
  readonly #title = "a site";
  readonly application: Application = (environ, startResponse) => this.#answer(environ, startResponse);
  #answer(environ: Environ, startResponse: StartResponse): Body {
    startResponse("200 OK", [["X-Title", this.#title]]);
    return [environ.PATH_INFO];
  }
}
export const ofAnInstance: Application = new Site().application;

export const plainFunction: Application = application;
function application(environ: Environ, startResponse: StartResponse): Iterable<string> {
  startResponse("200 OK", []);
  return [environ.REQUEST_METHOD];
}

export const pushes: Application = async (_environ, startResponse) => {
  const write: Write = startResponse("200 OK", []);
  const written: Promise<void> = write("first");
  await written;
  return [];
};

export const catches: Application = (_environ, startResponse) => {
  try {
    startResponse("200 OK", []);
    throw new Error("too late");
  } catch (error) {
    startResponse("500 Internal Server Error", [], error);
    return ["sorry"];
  }
};

export const trails: Application = async function* (environ, startResponse) {
  let count = 0;
  const setTrailers: Trailers = environ["tsgi.trailers"];
  const list: TrailerList = [
    ["X-Fixed", "1"],
    ["X-Count", () => String(count)],
  ];
  setTrailers(list);
  const before: HeaderList = environ["tsgi.input"].trailers;
  startResponse("200 OK", []);
  for (const [name] of before) yield name;
  count += 1;
};

/** A middleware changes what it passes on, and adds names of its own. */
export const middleware =
  (inner: Application, prefix: string): Application =>
  (environ, startResponse) => {
    environ.SCRIPT_NAME += prefix;
    environ.PATH_INFO = environ.PATH_INFO.slice(prefix.length);
    environ["shop.user"] = { name: "Ada" };
    const headers: HeaderList = [["X-Prefix", prefix]];
    return inner(environ, (status, own, error) => startResponse(status, [...own, ...headers], error));
  };

export const reads: Application = async (environ, startResponse) => {
  const text: string = environ.REQUEST_METHOD + environ.QUERY_STRING + environ.RAW_URI + environ.SERVER_NAME;
  const version: readonly [number, number] = environ["tsgi.version"];
  const flags: boolean = environ["tsgi.multiprocess"] && environ["tsgi.input_terminated"];
  const signal: AbortSignal = AbortSignal.any([environ["tsgi.signal"], environ["tsgi.draining"]]);
  const scheme: "http" | "https" = environ["tsgi.url_scheme"];
  const peer: string = environ["tsgi.peer_addr"];
  environ["tsgi.errors"].write(`${text} ${version.join(".")} ${flags} ${signal.aborted} ${scheme} ${peer}\n`);
  environ["tsgi.early_hints"]([["Link", "</style.css>; rel=preload"]]);
  const line: Buffer = await environ["tsgi.input"].readline(100);
  const lines: readonly Buffer[] = await environ["tsgi.input"].readlines();
  startResponse("200 OK", []);
  return [line, ...lines];
};

// Beside the application: what runs when its worker starts and ends, sync or async, with or without a look at what it is told.
let connected = 0;
export const startup: Startup = async ({ slot, generation, workers }) => {
  connected = await Promise.resolve(slot + generation + workers);
};
export const shutdown: Shutdown = async ({ reason, signal, ...worker }) => {
  const about: WorkerInfo = worker;
  signal.throwIfAborted();
  return `${reason} ${about.slot} ${connected}`;
};
export const atOnce: readonly [SameStartup, SameShutdown] = [() => {}, () => 5];
export const inParts = (departure: Departure): string => departure.reason;

export const names: SameApplication = oneString;
export const sameNames = (environ: SameEnviron): Environ => environ;

// ---- what does not

// @ts-expect-error: a number is no body
export const number: Application = (_environ, startResponse) => {
  startResponse("200 OK", []);
  return 42;
};

// @ts-expect-error: a list of numbers is no body
export const numbers: Application = (_environ, startResponse) => {
  startResponse("200 OK", []);
  return [1, 2];
};

// @ts-expect-error: nothing is no body
export const nothing: Application = (_environ, startResponse) => {
  startResponse("200 OK", []);
};

// @ts-expect-error: a promise of nothing is no body
export const promiseOfNothing: Application = async (_environ, startResponse) => {
  startResponse("200 OK", []);
};

// @ts-expect-error: a generator of numbers
export const yieldsNumbers: Application = function* (_environ, startResponse) {
  startResponse("200 OK", []);
  yield 1;
};

// @ts-expect-error: a plain object is no body
export const response: Application = () => ({ status: 200, body: "hello" });

// @ts-expect-error: node's own handlers are another interface
export const nodeHandler: Application = (request: import("node:http").IncomingMessage) => [String(request.url)];

// @ts-expect-error: a server gives two arguments
export const three: Application = (environ, _startResponse, _next: () => void) => [environ.PATH_INFO];

// @ts-expect-error: a worker is told nothing else
export const asksForMore: Startup = ({ settings }) => settings;

// @ts-expect-error: there is no reason to start
export const startsForAReason: Startup = ({ reason }) => reason;

// @ts-expect-error: it is called with one argument
export const takesTwo: Shutdown = (_departure, done: () => void) => done();

// @ts-expect-error: a number is not called
export const notCalled: Shutdown = 5;

export const badCalls: Application = async (environ, startResponse) => {
  // @ts-expect-error: the status is text
  startResponse(200, []);
  // @ts-expect-error: the headers are not optional
  startResponse("200 OK");
  // @ts-expect-error: the headers are pairs, not an object
  startResponse("200 OK", { "Content-Type": "text/plain" });
  // @ts-expect-error: a value is text
  startResponse("200 OK", [["Content-Length", 5]]);
  // @ts-expect-error: a pair has two parts
  startResponse("200 OK", [["X-One"]]);
  // @ts-expect-error: a pair has no third part
  startResponse("200 OK", [["X-One", "1", "2"]]);
  const write = startResponse("200 OK", []);
  // @ts-expect-error: a chunk is text or bytes
  await write(1);
  // @ts-expect-error: a name that may be absent
  const type: string = environ.CONTENT_TYPE;
  // @ts-expect-error: a field that may be absent, or not be text
  const host: string = environ["HTTP_HOST"];
  // @ts-expect-error: input is asynchronous
  const body: Buffer = environ["tsgi.input"].read();
  // @ts-expect-error: a trailer is text, or a function that gives text
  environ["tsgi.trailers"]([["X-Count", 5]]);
  // @ts-expect-error: the function gives text at once
  environ["tsgi.trailers"]([["X-Count", async () => "5"]]);
  // @ts-expect-error: trailers of a request can only be read
  environ["tsgi.input"].trailers = [];
  // @ts-expect-error: there is no such method
  environ["tsgi.errors"].print("text");
  return [type, host, body];
};
