import assert from "node:assert/strict";
import { test } from "node:test";
import type { Trouble } from "../../src/gateway/host.ts";
import { gatewayFor } from "../../src/gateway/run.ts";
import type { Application } from "../../src/gateway/types.ts";
import { askApplication, type OwnAnswer } from "../../src/worker/own-request.ts";

/** Asks an application; what it did wrong is beside the answer. */
async function ask(application: Application, limitMs = 60_000): Promise<OwnAnswer & { readonly troubles: Trouble[] }> {
  const troubles: Trouble[] = [];
  const serve = gatewayFor(application, {
    facts: { software: "tsgi/test", multiprocess: false },
    nextRequestId: () => "id-1",
    writeError() {},
    report: (trouble) => troubles.push(trouble),
    refused: () => assert.fail("refused"),
  });
  return { ...(await askApplication(serve, { target: "/healthz?full=1", agent: "tsgi/test", limitMs })), troubles };
}

test("an application sees a proper request from its own machine", async () => {
  let seen: unknown[] = [];
  const answer = await ask(async (environ, startResponse) => {
    const body = await environ["tsgi.input"].read();
    seen = [
      ...[environ.REQUEST_METHOD, environ.PATH_INFO, environ.QUERY_STRING, environ.SERVER_PROTOCOL],
      ...[environ["HTTP_HOST"], environ["HTTP_USER_AGENT"], environ.REMOTE_ADDR, environ["tsgi.url_scheme"]],
      ...[environ.SERVER_NAME, environ.SERVER_PORT, body.length],
    ];
    startResponse("204 No Content", []);
    return [];
  });
  assert.deepEqual(
    [answer.status, answer.end, answer.troubles, seen],
    [
      ...[204, "whole", []],
      ["GET", "/healthz", "full=1", "HTTP/1.1", "localhost", "tsgi/test", "127.0.0.1", "http", "localhost", "80", 0],
    ],
  );
});

test("a body is pulled to its end and dropped, however it is made", async () => {
  const streams: Application = async function* (_environ, startResponse) {
    startResponse("200 OK", []);
    yield "one";
    await null;
    yield "two";
  };
  const writes: Application = async (environ, startResponse) => {
    environ["tsgi.early_hints"]([["Link", "</>"]]);
    await startResponse("200 OK", [])("written");
    return ["returned"];
  };
  // More than is pulled in one go.
  const many: Application = (_environ, startResponse) => {
    startResponse("200 OK", []);
    return Array.from({ length: 1_000 }, () => "x");
  };
  for (const application of [streams, writes, many]) {
    const { status, end } = await ask(application);
    assert.deepEqual([status, end], [200, "whole"]);
  }
});

test("what an application does wrong is an answer, and told", async () => {
  const throws = await ask(() => {
    throw new Error("no database");
  });
  assert.deepEqual([throws.status, throws.end, throws.troubles.length], [500, "whole", 1]);
  const breaks = await ask(async function* (_environ, startResponse) {
    startResponse("200 OK", []);
    yield "part";
    throw new Error("broken");
  });
  assert.deepEqual([breaks.status, breaks.end, breaks.troubles.length], [200, "cut", 1]);
});

test("an application that does not answer in time hears of it, and its way out is no trouble", async () => {
  let signal: AbortSignal | undefined;
  const silent = await ask((environ) => {
    signal = environ["tsgi.signal"];
    return new Promise((_kept, broken) => signal!.addEventListener("abort", () => broken(signal!.reason)));
  }, 20);
  await new Promise(setImmediate);
  assert.deepEqual([silent.status, silent.end, silent.troubles, signal!.aborted], [null, "late", [], true]);
  const endless = await ask(function* (_environ, startResponse) {
    startResponse("200 OK", []);
    for (;;) yield "x";
  }, 20);
  assert.deepEqual([endless.status, endless.end], [200, "late"]);
});
