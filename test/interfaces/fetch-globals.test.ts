// The light classes in the platform's place.

import assert from "node:assert/strict";
import { test } from "node:test";
import { installFetchGlobals } from "../../src/interfaces/fetch-globals.ts";
import { NativeResponse, nativeFetch } from "../../src/interfaces/fetch-native.ts";
import { LightRequest, type RequestOwner, ServedRequest } from "../../src/interfaces/fetch-request.ts";
import { LightResponse } from "../../src/interfaces/fetch-response.ts";
import { serveInProcess } from "../support/worker.ts";

test("they stand there once, as the platform's do, and what fetch gives is still a Response", async (t) => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "Response")!;
  installFetchGlobals();
  const { fetch } = globalThis;
  installFetchGlobals();
  assert.equal(globalThis.fetch, fetch);
  assert.notEqual(fetch, nativeFetch);
  assert.deepEqual([globalThis.Response as unknown, globalThis.Request], [LightResponse, ServedRequest]);
  const { enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, "Response")!;
  assert.deepEqual([enumerable, configurable], [before.enumerable, before.configurable]);
  const server = serveInProcess(({ REQUEST_METHOD, HTTP_X_A }, start) => {
    start("200 OK", []);
    return `${REQUEST_METHOD} ${HTTP_X_A}`;
  });
  t.after(() => server.close());
  const fields = ["x-a", "passed on"];
  const head = {
    method: "DELETE",
    target: "/",
    version: "1.1",
    fields,
    length: 0,
    expectContinue: false,
    keepAlive: true,
  } as const;
  const owner = { head, source: { read: () => null }, signal: new AbortController().signal } as unknown as RequestOwner;
  const answer = await fetch(new LightRequest(owner, `http://127.0.0.1:${server.port}/`) as unknown as Request);
  assert(answer instanceof Response && answer instanceof NativeResponse);
  assert.equal(await answer.text(), "DELETE passed on");
});
