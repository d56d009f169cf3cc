// Programs that break the contract, one row or more for each rule of the validator and each assertion of wsgiref.validate: a server, or
// an application, and what the validator must say of it. Driven by a server of its own, so that it may do everything wrong.

import assert from "node:assert/strict";
import type { Application, Environ, StartResponse } from "../../src/gateway/types.ts";
import { RULES, type RuleCode, type ValidationError, validator } from "../../src/gateway/validate.ts";

type Loose = Record<string, unknown>;
type Call = (environ: unknown, startResponse: unknown, ...more: unknown[]) => unknown;

/** What a server may do otherwise than it should. */
export interface Scene {
  /** Changes what the application is given. */
  readonly spoil?: (environ: Loose) => void;
  /** The application; default one that says hello. */
  readonly application?: unknown;
  /** The server's startResponse; default one that is right. */
  readonly startResponse?: unknown;
  /** The server, in place of one that calls, iterates and closes. */
  readonly serve?: (call: Call, environ: Loose, startResponse: unknown) => unknown;
}

export interface Violation extends Scene {
  readonly rule: RuleCode;
  /** The number of the assertion in wsgiref.validate, in its order; none for a rule that only this contract has. */
  readonly wsgiref?: number;
  /** What must stand in the message: what was given, and what fits. */
  readonly says: RegExp;
}

const bytes = Buffer.from("one\ntwo\n");

/** An environ with everything, of a server that is right. */
export function rightEnviron(): Loose {
  return {
    REQUEST_METHOD: "GET",
    SCRIPT_NAME: "",
    PATH_INFO: "/",
    QUERY_STRING: "",
    RAW_URI: "/",
    REQUEST_URI: "/",
    SERVER_NAME: "127.0.0.1",
    SERVER_PORT: "8000",
    SERVER_PROTOCOL: "HTTP/1.1",
    SERVER_SOFTWARE: "test/1",
    GATEWAY_INTERFACE: "CGI/1.1",
    REMOTE_ADDR: "127.0.0.1",
    "tsgi.version": [1, 0],
    "tsgi.url_scheme": "http",
    "tsgi.input": rightInput(),
    "tsgi.input_terminated": true,
    "tsgi.errors": { write() {}, writelines() {}, flush() {} },
    "tsgi.multithread": true,
    "tsgi.multiprocess": false,
    "tsgi.run_once": false,
    "tsgi.file_wrapper": () => ({ async *[Symbol.asyncIterator]() {}, close() {} }),
    "tsgi.early_hints": () => {},
    "tsgi.trailers": () => {},
    "tsgi.request_id": "id-1",
    "tsgi.peer_addr": "127.0.0.1",
    "tsgi.signal": new AbortController().signal,
    "tsgi.draining": new AbortController().signal,
  };
}

function rightInput(): Loose {
  return {
    read: async () => bytes,
    readline: async () => bytes.subarray(0, 4),
    readlines: async () => [bytes.subarray(0, 4), bytes.subarray(4)],
    async *lines() {
      yield bytes.subarray(0, 4);
    },
    async *[Symbol.asyncIterator]() {
      yield bytes;
    },
    trailers: [],
  };
}

export const hello: Application = (_environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return ["hello"];
};

const wrote = async (): Promise<void> => {};
const rightStart = () => wrote;

/** Everything the validator said of a scene: thrown, warned or reported, in turn. Other errors come out. */
export async function complaints(scene: Scene): Promise<ValidationError[]> {
  const said: ValidationError[] = [];
  const note = (error: ValidationError): void => void said.push(error);
  const call = validator((scene.application ?? hello) as Application, { warn: note, report: note }) as Call;
  const environ = rightEnviron();
  scene.spoil?.(environ);
  const startResponse = scene.startResponse ?? rightStart;
  try {
    if (scene.serve === undefined) await usualServer(call, environ, startResponse);
    else await scene.serve(call, environ, startResponse);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ValidationError") throw error;
    note(error as ValidationError);
  }
  return said;
}

/** Calls, iterates to the end, closes. Answers the chunks. */
export async function usualServer(call: Call, environ: unknown, startResponse: unknown): Promise<unknown[]> {
  const body = (await call(environ, startResponse)) as Iterable<unknown> & { close?: () => unknown };
  if (typeof body === "string") return [body];
  const chunks: unknown[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk);
  } finally {
    await body.close?.();
  }
  return chunks;
}

/** For rows that say something of a row. */
export async function holds({ rule, wsgiref: _number, says, ...scene }: Violation): Promise<void> {
  const { by, pep } = RULES[rule];
  const said = await complaints(scene);
  const found = said.find(({ code }) => code === rule);
  assert.ok(found !== undefined, `${rule} was not found in ${JSON.stringify(said.map(({ message }) => message))}`);
  assert.match(found.message, says);
  assert.match(found.message, by === "server" ? /^the server, or a middleware/ : /^the application, or a middleware/);
  assert.deepEqual([found.culprit, found.section], [by, pep]);
  assert.ok(found.message.includes(`(PEP 3333, ${pep}; TSGI, section `), found.message);
}

/** An application that says what is right and returns this. */
const returning =
  (body: unknown): unknown =>
  (_environ: Environ, startResponse: StartResponse) => {
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    return body;
  };

/** An application that says this and returns hello. */
const saying =
  (...args: unknown[]): unknown =>
  (_environ: Environ, startResponse: (...args: unknown[]) => unknown) => {
    startResponse(...args);
    return ["hello"];
  };

const withHeader = (name: unknown, value: unknown = "x"): unknown => saying("200 OK", [[name, value]]);

/** An application that does this with what it is given. */
const doing =
  (act: (environ: Loose & Record<string, Loose>) => unknown): unknown =>
  async (environ: Environ, startResponse: StartResponse) => {
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    await act(environ as never);
    return ["hello"];
  };

const writing =
  (...args: unknown[]): unknown =>
  (_environ: Environ, startResponse: StartResponse) => {
    const write = startResponse("200 OK", [["Content-Type", "text/plain"]]) as (...args: unknown[]) => unknown;
    void write(...args);
    return [];
  };

const set =
  (name: string, value: unknown) =>
  (environ: Loose): void => {
    environ[name] = value;
  };
const without =
  (name: string) =>
  (environ: Loose): void => {
    delete environ[name];
  };
/** Puts a stream in place that differs in one method. */
const stream =
  (name: "tsgi.input" | "tsgi.errors", own: Loose) =>
  (environ: Loose): void => {
    environ[name] = { ...(environ[name] as Loose), ...own };
  };

const input = (method: PropertyKey, ...args: unknown[]): unknown =>
  doing((environ) =>
    (environ["tsgi.input"] as unknown as Record<PropertyKey, (...a: unknown[]) => unknown>)[method]!(...args),
  );
const errors = (method: string, ...args: unknown[]): unknown =>
  doing((environ) => (environ["tsgi.errors"] as Record<string, (...a: unknown[]) => unknown>)[method]!(...args));

const closable = () => ({
  *[Symbol.iterator]() {
    yield "a";
    yield "b";
  },
  close() {},
});

export const VIOLATIONS: readonly Violation[] = [
  // ---- the call
  {
    rule: "call.arguments",
    wsgiref: 1,
    says: /called with 1 arguments: expected environ and startResponse/,
    serve: (call, environ) => (call as (e: unknown) => unknown)(environ),
  },
  {
    rule: "call.arguments",
    wsgiref: 2,
    says: /called with 3 arguments/,
    serve: (call, environ, start) => call(environ, start, { timeout: 5 }),
  },
  {
    rule: "call.start-response",
    says: /startResponse is null: expected a function/,
    serve: (call, environ) => call(environ, null),
  },
  {
    rule: "start.arguments",
    wsgiref: 3,
    says: /called with 1 arguments: expected a status, headers, and perhaps an error/,
    application: saying("200 OK"),
  },
  { rule: "start.arguments", wsgiref: 4, says: /called with 4 arguments/, application: saying("200 OK", [], null, {}) },
  {
    rule: "body.shape",
    wsgiref: 5,
    says: /the body is undefined \(is a return missing\?\): expected a string, bytes, or an iterable/,
    application: returning(undefined),
  },
  { rule: "body.shape", wsgiref: 5, says: /the body is null/, application: returning(null) },
  { rule: "body.shape", wsgiref: 5, says: /the body is false/, application: returning(Promise.resolve(false)) },
  { rule: "body.shape", says: /the body is an object/, application: returning({}) },
  // ---- tsgi.input
  {
    rule: "input.read",
    wsgiref: 6,
    says: /read\(\) of tsgi.input was called with 2 arguments: expected one at most/,
    application: input("read", 1, 2),
  },
  {
    rule: "input.read",
    wsgiref: 6,
    says: /read\(\) of tsgi.input was called with "10": expected a whole number/,
    application: input("read", "10"),
  },
  {
    rule: "input.read-result",
    wsgiref: 7,
    says: /read\(\) of tsgi.input gave "text": expected a Buffer/,
    application: input("read"),
    spoil: stream("tsgi.input", { read: async () => "text" }),
  },
  { rule: "input.read-result", wsgiref: 7, says: /gave 8 bytes: expected 3 at most/, application: input("read", 3) },
  {
    rule: "input.read-result",
    wsgiref: 7,
    says: /answered a Buffer: expected a promise/,
    application: input("read"),
    spoil: stream("tsgi.input", { read: () => bytes }),
  },
  {
    rule: "input.readline",
    wsgiref: 8,
    says: /readline\(\) of tsgi.input was called with 2 arguments/,
    application: input("readline", 1, 2),
  },
  {
    rule: "input.readline-result",
    wsgiref: 9,
    says: /readline\(\) of tsgi.input gave null: expected a Buffer/,
    application: input("readline"),
    spoil: stream("tsgi.input", { readline: async () => null }),
  },
  {
    rule: "input.readline-result",
    wsgiref: 9,
    says: /gave bytes behind a line feed: expected one line/,
    application: input("readline"),
    spoil: stream("tsgi.input", { readline: async () => bytes }),
  },
  {
    rule: "input.readlines",
    wsgiref: 10,
    says: /readlines\(\) of tsgi.input was called with 3 arguments/,
    application: input("readlines", 1, 2, 3),
  },
  {
    rule: "input.readlines-result",
    wsgiref: 11,
    says: /readlines\(\) of tsgi.input gave a Buffer: expected an array/,
    application: input("readlines"),
    spoil: stream("tsgi.input", { readlines: async () => bytes }),
  },
  {
    rule: "input.readlines-result",
    wsgiref: 12,
    says: /readlines\(\) of tsgi.input gave "one": expected a Buffer/,
    application: input("readlines"),
    spoil: stream("tsgi.input", { readlines: async () => ["one"] }),
  },
  {
    rule: "input.lines-result",
    wsgiref: 13,
    says: /lines\(\) of tsgi.input gave bytes behind a line feed/,
    application: doing(async (environ) => {
      for await (const _line of (environ["tsgi.input"] as unknown as { lines(): AsyncIterable<unknown> }).lines());
    }),
    spoil: stream("tsgi.input", {
      async *lines() {
        yield bytes;
      },
    }),
  },
  {
    rule: "input.chunk",
    says: /the iteration of tsgi.input gave "text": expected a Buffer/,
    application: doing(async (environ) => {
      for await (const _chunk of environ["tsgi.input"] as unknown as AsyncIterable<unknown>);
    }),
    spoil: stream("tsgi.input", {
      async *[Symbol.asyncIterator]() {
        yield "text";
      },
    }),
  },
  {
    rule: "input.close",
    wsgiref: 14,
    says: /close\(\) of tsgi.input was called: expected that it is left to the server/,
    application: input("close"),
  },
  // ---- tsgi.errors
  {
    rule: "errors.write",
    wsgiref: 15,
    says: /write\(\) of tsgi.errors was given a Buffer: expected a string/,
    application: errors("write", bytes),
  },
  {
    rule: "errors.write",
    wsgiref: 15,
    says: /write\(\) of tsgi.errors was called with 3 arguments/,
    application: errors("write", "a", "warn", "b"),
  },
  {
    rule: "errors.write",
    says: /write\(\) of tsgi.errors was given the level "loud": expected error, warn, info/,
    application: errors("write", "a", "loud"),
  },
  { rule: "errors.close", wsgiref: 16, says: /close\(\) of tsgi.errors was called/, application: errors("close") },
  {
    rule: "errors.writelines",
    wsgiref: 17,
    says: /writelines\(\) of tsgi.errors was given 5: expected a string/,
    application: errors("writelines", ["fine", 5]),
  },
  {
    rule: "errors.writelines",
    says: /was given 7: expected an iterable of strings/,
    application: errors("writelines", 7),
  },
  // ---- write()
  {
    rule: "write.chunk",
    wsgiref: 18,
    says: /write\(\) was called with 5 as a chunk: expected a string or a Uint8Array/,
    application: writing(5),
  },
  {
    rule: "write.arguments",
    says: /write\(\) was called with 2 arguments: expected one chunk/,
    application: writing("a", "utf8"),
  },
  {
    rule: "write.missing",
    says: /startResponse gave undefined: expected the function write\(chunk\)/,
    startResponse: () => undefined,
  },
  {
    rule: "write.promise",
    says: /write\(\) answered true: expected a promise/,
    startResponse: () => () => true,
    application: writing("a"),
  },
  // ---- the body
  {
    rule: "body.read-after-close",
    wsgiref: 19,
    says: /asked for a chunk after its close\(\)/,
    application: returning(closable()),
    serve: (call, environ, start) => {
      const body = call(environ, start) as ReturnType<typeof closable>;
      const steps = body[Symbol.iterator]();
      steps.next();
      body.close();
      steps.next();
    },
  },
  {
    rule: "body.closed-twice",
    says: /close\(\) of the body was called again: expected one call/,
    application: returning(closable()),
    serve: (call, environ, start) => {
      const body = call(environ, start) as ReturnType<typeof closable>;
      body.close();
      body.close();
    },
  },
  {
    rule: "body.chunk",
    wsgiref: 20,
    says: /the body has 5 as a chunk: expected a string or a Uint8Array/,
    application: returning([5]),
  },
  {
    rule: "body.chunk",
    wsgiref: 20,
    says: /the body has null as a chunk/,
    application: function* (_environ: Environ, start: StartResponse) {
      start("200 OK", [["Content-Type", "text/plain"]]);
      yield "a";
      yield null;
    },
  },
  {
    rule: "body.chunk",
    wsgiref: 20,
    says: /the body has an array of 1 as a chunk/,
    application: async function* (_environ: Environ, start: StartResponse) {
      start("200 OK", [["Content-Type", "text/plain"]]);
      yield ["a"];
    },
  },
  {
    rule: "start.missing",
    wsgiref: 21,
    says: /startResponse was not called before the first chunk that is not empty/,
    application: () => ["a"],
  },
  {
    rule: "start.missing",
    wsgiref: 21,
    says: /startResponse was not called before/,
    application: function* () {
      yield "";
      yield "a";
    },
  },
  {
    rule: "start.missing",
    wsgiref: 21,
    says: /the body is over, and startResponse was never called/,
    application: () => [],
  },
  // A middleware that takes the chunks and forgets the body, between two validators; here the outer one is the scene's.
  {
    rule: "body.unclosed",
    wsgiref: 22,
    says: /the body has a close\(\) that was never called: expected one call when the response is over/,
    application: forgetful(returning(closable()) as Application),
  },
  {
    rule: "body.unclosed",
    wsgiref: 22,
    says: /the body was begun and dropped: expected that it is read to its end, or ended with return\(\)/,
    application: forgetful(function* (_environ, start) {
      start("200 OK", [["Content-Type", "text/plain"]]);
      yield "a";
      yield "b";
    }),
  },
  // ---- the environ
  {
    rule: "environ.object",
    wsgiref: 23,
    says: /the environ is a Map: expected a plain object/,
    serve: (call, _environ, start) => call(new Map(), start),
  },
  {
    rule: "environ.object",
    wsgiref: 23,
    says: /the environ is an object: expected a plain object, with names of its own only/,
    serve: (call, environ, start) => call(Object.create(environ), start),
  },
  {
    rule: "environ.object",
    wsgiref: 23,
    says: /the environ is fixed: expected an object that an application may add names to, and change/,
    serve: (call, environ, start) => call(Object.freeze(environ), start),
  },
  ...(["REQUEST_METHOD", "SERVER_NAME", "SERVER_PORT"] as const).map(
    (name): Violation => ({
      rule: "environ.missing",
      says: new RegExp(`${name} is empty`),
      serve: (call, environ, start) => call({ ...environ, [name]: "" }, start),
    }),
  ),
  ...(
    [
      "REQUEST_METHOD",
      "SERVER_NAME",
      "SERVER_PORT",
      "tsgi.version",
      "tsgi.input",
      "tsgi.errors",
      "tsgi.multithread",
      "tsgi.multiprocess",
      "tsgi.run_once",
    ] as const
  ).map(
    (name, i): Violation => ({
      rule: "environ.missing",
      wsgiref: 24 + i,
      says: new RegExp(`the environ has no ${name} \\(`),
      spoil: without(name),
    }),
  ),
  ...(
    [
      "tsgi.url_scheme",
      "tsgi.input_terminated",
      "tsgi.file_wrapper",
      "tsgi.early_hints",
      "tsgi.trailers",
      "tsgi.request_id",
      "tsgi.peer_addr",
      "tsgi.signal",
      "tsgi.draining",
    ] as const
  ).map(
    (name): Violation => ({
      rule: "environ.missing",
      says: new RegExp(`the environ has no ${name} \\(`),
      spoil: without(name),
    }),
  ),
  {
    rule: "environ.content-type",
    wsgiref: 33,
    says: /the environ has HTTP_CONTENT_TYPE: expected the field as CONTENT_TYPE/,
    spoil: set("HTTP_CONTENT_TYPE", "text/plain"),
  },
  {
    rule: "environ.content-length",
    wsgiref: 34,
    says: /the environ has HTTP_CONTENT_LENGTH: expected the field as CONTENT_LENGTH/,
    spoil: set("HTTP_CONTENT_LENGTH", "1"),
  },
  {
    rule: "environ.absent",
    wsgiref: 35,
    says: /the environ has no QUERY_STRING: an application that reads it would meet undefined/,
    spoil: without("QUERY_STRING"),
  },
  { rule: "environ.absent", says: /the environ has no RAW_URI/, spoil: without("RAW_URI") },
  {
    rule: "environ.string",
    wsgiref: 36,
    says: /HTTP_X_COUNT is 5: expected a string, as for every name without a dot/,
    spoil: set("HTTP_X_COUNT", 5),
  },
  {
    rule: "environ.version",
    wsgiref: 37,
    says: /tsgi.version is "1.0": expected an array of two numbers/,
    spoil: set("tsgi.version", "1.0"),
  },
  { rule: "environ.version", wsgiref: 37, says: /tsgi.version is an array of 1/, spoil: set("tsgi.version", [1]) },
  {
    rule: "environ.scheme",
    wsgiref: 38,
    says: /tsgi.url_scheme is "ftp": expected "http" or "https"/,
    spoil: set("tsgi.url_scheme", "ftp"),
  },
  {
    rule: "environ.method",
    wsgiref: 39,
    says: /REQUEST_METHOD is "BREW", which RFC 9110 does not know/,
    spoil: set("REQUEST_METHOD", "BREW"),
  },
  {
    rule: "environ.script-name",
    wsgiref: 40,
    says: /SCRIPT_NAME is "shop": expected "", or a path such as "\/shop"/,
    spoil: set("SCRIPT_NAME", "shop"),
  },
  {
    rule: "environ.path-info",
    wsgiref: 41,
    says: /PATH_INFO is "index": expected "", or a path that begins with a slash/,
    spoil: set("PATH_INFO", "index"),
  },
  {
    rule: "environ.length",
    wsgiref: 42,
    says: /CONTENT_LENGTH is "-1": expected digits, or no such name/,
    spoil: set("CONTENT_LENGTH", "-1"),
  },
  { rule: "environ.length", wsgiref: 42, says: /CONTENT_LENGTH is ""/, spoil: set("CONTENT_LENGTH", "") },
  { rule: "environ.missing", wsgiref: 43, says: /the environ has no PATH_INFO/, spoil: without("PATH_INFO") },
  { rule: "environ.missing", wsgiref: 43, says: /the environ has no SCRIPT_NAME/, spoil: without("SCRIPT_NAME") },
  {
    rule: "environ.script-name",
    wsgiref: 44,
    says: /SCRIPT_NAME is "\/": expected ""/,
    spoil: set("SCRIPT_NAME", "/"),
  },
  {
    rule: "environ.script-slash",
    says: /SCRIPT_NAME is "\/shop\/": expected no slash at its end/,
    spoil: set("SCRIPT_NAME", "/shop/"),
  },
  {
    rule: "environ.input",
    wsgiref: 45,
    says: /tsgi.input is an object without readline, Symbol\(Symbol.asyncIterator\)/,
    spoil: stream("tsgi.input", { readline: 1, [Symbol.asyncIterator]: 1 }),
  },
  {
    rule: "environ.errors",
    wsgiref: 46,
    says: /tsgi.errors is an object without flush/,
    spoil: stream("tsgi.errors", { flush: undefined }),
  },
  { rule: "environ.flag", says: /tsgi.multiprocess is 1: expected true or false/, spoil: set("tsgi.multiprocess", 1) },
  { rule: "environ.text", says: /tsgi.request_id is 7: expected a string/, spoil: set("tsgi.request_id", 7) },
  {
    rule: "environ.signal",
    says: /tsgi.signal is a AbortController: expected an AbortSignal/,
    spoil: set("tsgi.signal", new AbortController()),
  },
  { rule: "environ.signal", says: /tsgi.draining is null/, spoil: set("tsgi.draining", null) },
  { rule: "environ.callable", says: /tsgi.upgrade is 5: expected a function/, spoil: set("tsgi.upgrade", 5) },
  { rule: "environ.callable", says: /tsgi.trailers is null: expected a function/, spoil: set("tsgi.trailers", null) },
  // ---- status and headers
  {
    rule: "status.type",
    wsgiref: 47,
    says: /status 200: expected three digits, a space and a reason/,
    application: saying(200, []),
  },
  { rule: "status.code", wsgiref: 47, says: /status "OK": expected three digits/, application: saying("OK", []) },
  { rule: "status.code", wsgiref: 47, says: /status "2000 OK"/, application: saying("2000 OK", []) },
  { rule: "status.code", wsgiref: 47, says: /status "099 Low"/, application: saying("099 Low", []) },
  { rule: "status.space", wsgiref: 47, says: /status "200"/, application: saying("200", []) },
  { rule: "status.reason", says: /status "200 a\\nb"/, application: saying("200 a\nb", []) },
  {
    rule: "status.interim",
    says: /status "103 Early Hints": an interim response is sent with environ\["tsgi.early_hints"\]/,
    application: saying("103 Early Hints", []),
  },
  {
    rule: "headers.list",
    wsgiref: 48,
    says: /headers an object: expected an array of \[name, value\] pairs/,
    application: saying("200 OK", { "Content-Type": "text/plain" }),
  },
  { rule: "headers.list", wsgiref: 48, says: /headers a Map/, application: saying("200 OK", new Map()) },
  {
    rule: "headers.pair",
    wsgiref: 48,
    says: /expected a \[name, value\] pair/,
    application: saying("200 OK", ["Content-Type: text/plain"]),
  },
  {
    rule: "headers.pair",
    wsgiref: 48,
    says: /expected a \[name, value\] pair/,
    application: saying("200 OK", [["A", "b", "c"]]),
  },
  {
    rule: "headers.pair",
    wsgiref: 48,
    says: /header X-Count is 5: expected a string/,
    application: withHeader("X-Count", 5),
  },
  {
    rule: "headers.status",
    wsgiref: 49,
    says: /the status is no header, but the first argument of startResponse/,
    application: withHeader("Status", "200 OK"),
  },
  { rule: "headers.name", wsgiref: 50, says: /header name "A\\nB"/, application: withHeader("A\nB") },
  { rule: "headers.name", wsgiref: 50, says: /header name "A:B"/, application: withHeader("A:B") },
  {
    rule: "headers.name",
    wsgiref: 50,
    says: /header name "A B": expected letters, digits and any of/,
    application: withHeader("A B"),
  },
  {
    rule: "headers.value",
    wsgiref: 51,
    says: /header X-A has U\+000D at position 1 of "a\\r\\nSet-Cookie: b"/,
    application: withHeader("X-A", "a\r\nSet-Cookie: b"),
  },
  { rule: "headers.value", says: /header X-A has U\+20AC at position 0/, application: withHeader("X-A", "\u20ac") },
  {
    rule: "headers.connection",
    says: /header Transfer-Encoding belongs to the connection/,
    application: withHeader("Transfer-Encoding", "chunked"),
  },
  {
    rule: "headers.length",
    says: /Content-Length "5, 5": expected digits only/,
    application: withHeader("Content-Length", "5, 5"),
  },
  {
    rule: "headers.length",
    says: /Content-Length was given twice/,
    application: saying("200 OK", [
      ["Content-Length", "5"],
      ["content-length", "5"],
    ]),
  },
  {
    rule: "content-type.missing",
    wsgiref: 52,
    says: /a response with a body has no Content-Type/,
    application: saying("200 OK", []),
  },
  {
    rule: "content-type.unwanted",
    wsgiref: 52,
    says: /status 204 came with a Content-Type, and has no content/,
    application: saying("204 No Content", [["Content-Type", "text/plain"]]),
  },
  {
    rule: "content-type.unwanted",
    wsgiref: 52,
    says: /status 304 came with a Content-Type/,
    application: saying("304 Not Modified", [["content-type", "text/plain"]]),
  },
  {
    rule: "body.unwanted",
    says: /a chunk of length 5 came with status 204, which has no body/,
    application: saying("204 No Content", []),
  },
  {
    rule: "start.twice",
    wsgiref: 53,
    says: /startResponse was called twice: a second call needs the error/,
    application: (_environ: Environ, start: StartResponse) => {
      start("200 OK", []);
      start("500 Oh", []);
      return [];
    },
  },
  {
    rule: "body.string-object",
    wsgiref: 53,
    says: /the body is a String object, which is iterated letter by letter: expected the string itself/,
    application: returning(new String("hello")),
  },
  // ---- what else the server lends
  {
    rule: "hints.headers",
    says: /tsgi.early_hints: header name "a b"/,
    application: doing((environ) => (environ["tsgi.early_hints"] as unknown as (h: unknown) => void)([["a b", "c"]])),
  },
  {
    rule: "hints.headers",
    says: /tsgi.early_hints was called with 0 arguments/,
    application: doing((environ) => (environ["tsgi.early_hints"] as unknown as () => void)()),
  },
  {
    rule: "trailers.list",
    says: /tsgi.trailers: "Content-Type" may not be a trailer/,
    application: doing((environ) =>
      (environ["tsgi.trailers"] as unknown as (t: unknown) => void)([["Content-Type", "x"]]),
    ),
  },
  {
    rule: "trailers.list",
    says: /tsgi.trailers was called with 2 arguments/,
    application: doing((environ) => (environ["tsgi.trailers"] as unknown as (...t: unknown[]) => void)([], [])),
  },
  {
    rule: "file.arguments",
    says: /tsgi.file_wrapper was given "a.txt": expected a FileHandle, a stream, or an object with read/,
    application: doing((environ) => (environ["tsgi.file_wrapper"] as unknown as (f: unknown) => void)("a.txt")),
  },
  {
    rule: "file.arguments",
    says: /tsgi.file_wrapper was given the block size 0/,
    application: doing((environ) =>
      (environ["tsgi.file_wrapper"] as unknown as (...f: unknown[]) => void)({ read() {} }, 0),
    ),
  },
  {
    rule: "file.arguments",
    says: /tsgi.file_wrapper was called with 0 arguments/,
    application: doing((environ) => (environ["tsgi.file_wrapper"] as unknown as () => void)()),
  },
  {
    rule: "file.result",
    says: /tsgi.file_wrapper gave an object: expected an iterable or async iterable with close\(\)/,
    spoil: set("tsgi.file_wrapper", () => ({})),
    application: doing((environ) => (environ["tsgi.file_wrapper"] as unknown as (f: unknown) => void)({ read() {} })),
  },
];

/** A middleware that answers with the first chunk and forgets the body. The validator inside it is told of by the one outside. */
function forgetful(application: Application): unknown {
  const inner = validator(application);
  return (environ: Environ, startResponse: StartResponse) => {
    const body = inner(environ, startResponse) as Iterable<string>;
    return [body[Symbol.iterator]().next().value];
  };
}
