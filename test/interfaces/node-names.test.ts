import assert from "node:assert/strict";
import http, { createServer, IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import {
  CAPTURE,
  classesOf,
  NEED_DRAIN,
  OUT_HEADERS,
  OWN_LISTENERS,
  SHADOWED,
  USED,
} from "../../src/interfaces/node-names.ts";

const request = new IncomingMessage(new Socket());
const response = new ServerResponse(request);

for (const [name, symbol] of Object.entries({ kOutHeaders: OUT_HEADERS, kNeedDrain: NEED_DRAIN, kCapture: CAPTURE })) {
  test(`this version of Node has the symbol ${name}`, () => assert.equal(typeof symbol, "symbol"));
}

test("kOutHeaders holds the fields that were set, by their names in lower case", () => {
  response.setHeader("X-A", "1");
  const set = (response as unknown as Record<symbol, unknown>)[OUT_HEADERS!] as Record<string, unknown>;
  assert.deepEqual(set["x-a"], ["X-A", "1"]);
});

test("kNeedDrain is what writableNeedDrain asks", () => {
  const inner = new ServerResponse(request) as ServerResponse & Record<symbol, unknown>;
  inner[NEED_DRAIN!] = true;
  assert.equal(inner.writableNeedDrain, true);
});

test("kCapture makes a server watch the promises of its listeners", async () => {
  const server = createServer(async () => Promise.reject(new Error("late")));
  (server as unknown as Record<symbol, boolean>)[CAPTURE!] = true;
  const failed = new Promise((resolve) => {
    Object.assign(server, { [Symbol.for("nodejs.rejection")]: (error: Error) => resolve(error.message) });
  });
  server.emit("request", request, response);
  assert.equal(await failed, "late");
});

for (const [kind, object] of [
  ["request", request],
  ["response", response],
] as const) {
  for (const name of [...SHADOWED[kind], ...USED[kind]]) {
    test(`a ${kind} of this version of Node has ${name}`, () => assert.ok(name in object, name));
  }
}

for (const [event, name] of Object.entries(OWN_LISTENERS)) {
  test(`Node's own listener of a server's ${event} is called ${name}`, () => {
    const names = createServer(() => {})
      .listeners(event)
      .map((listener) => listener.name);
    assert.deepEqual(names, [name]);
  });
}

test("a server keeps the classes that it was told to use, under names that are known", () => {
  class Request extends IncomingMessage {}
  class Response<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {}
  const server = createServer({ IncomingMessage: Request, ServerResponse: Response });
  assert.deepEqual(classesOf(server), { request: Request, response: Response });
  assert.deepEqual(classesOf(createServer()), { request: http.IncomingMessage, response: http.ServerResponse });
});
