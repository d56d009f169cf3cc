// The handler on the workers' own loop: what is closed, and when, for whole answers, errors, and clients that leave at every moment.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { getApplication } from "../../src/application/get-application.ts";
import { path } from "../../src/application/paths.ts";
import type { Request } from "../../src/application/request.ts";
import { JsonResponse, Response, StreamingResponse } from "../../src/application/response.ts";
import { requestFinished } from "../../src/application/signals.ts";
import type { MiddlewareEntry, View } from "../../src/application/types.ts";
import { RequestError } from "../../src/gateway/exchange.ts";
import { deferred } from "../support/deferred.ts";
import { drive, start } from "../support/exchange.ts";

const GONE = new RequestError(499, "the client is gone");
const turn = () => new Promise(setImmediate);

/** An application whose only view is this one, and what was closed of its request. */
function watched(view: View, middleware: readonly MiddlewareEntry[] = []) {
  const closed: string[] = [];
  const watching: View = (request, params) => {
    const close = request.close.bind(request);
    request.close = () => {
      closed.push("request");
      return close();
    };
    return view(request, params);
  };
  const disconnect = requestFinished.connect(() => closed.push("finished"));
  const application = getApplication({ urls: [path("", watching)], middleware });
  const kept = <R extends Response>(response: R): R => response.closeWith(() => void closed.push("response"));
  return { application, closed, watch: kept, [Symbol.dispose]: disconnect };
}

test("an answer in one piece is one event with its length, and for HEAD what GET would have said", async () => {
  using site = watched(() => site.watch(new JsonResponse({ hello: "world" })));
  const got = await drive(site.application);
  assert.deepEqual([got.status, got.length, got.body, got.end], [200, 17, '{"hello":"world"}', "whole"]);
  assert.equal(got.events.length, 1);
  const head = await drive(site.application, { method: "HEAD" });
  assert.deepEqual([head.status, head.length, head.body, head.end], [200, 17, "", "whole"]);
  assert.deepEqual(site.closed, ["response", "request", "finished", "response", "request", "finished"]);
});

test("an error is a 500 whose stack is one record in the log, and the server has nothing to report", async () => {
  using site = watched(() => {
    throw new Error("view broke");
  });
  const got = await drive(site.application);
  assert.deepEqual([got.status, got.end, got.troubles], [500, "whole", []]);
  assert.equal(got.errorLines.length, 1);
  assert.match(got.errorLines[0]!, /^Internal Server Error: \/\nError: view broke\n {4}at /);
  assert.deepEqual(site.closed, ["request", "finished"]);
});

test("a header that the server refuses is a 500, and the first response is closed", async () => {
  class Odd extends Response {
    override headerList(): [string, string][] {
      return this.status === 200 ? [["Connection", "close"]] : super.headerList();
    }
  }
  using site = watched(() => site.watch(new Odd("page")));
  const got = await drive(site.application);
  assert.deepEqual([got.status, got.end, got.troubles], [500, "whole", []]);
  assert.match(got.errorLines.join("\n"), /header Connection belongs to the connection/);
  assert.deepEqual(site.closed, ["response", "request", "finished"]);
});

test("a client that leaves while the view waits is told to the view, and all is closed when it ends", async () => {
  for (const end of ["throws", "answers"] as const) {
    using site = watched(async (request: Request) => {
      await once(request.signal, "abort");
      if (end === "throws") throw request.signal.reason;
      return site.watch(new Response("too late"));
    });
    const { outcome } = start(site.application);
    await turn();
    assert.deepEqual(site.closed, []);
    outcome.exchange.abort(GONE);
    await turn();
    assert.deepEqual(outcome.troubles, []);
    assert.deepEqual(outcome.errorLines, []);
    assert.deepEqual(site.closed, end === "throws" ? ["request", "finished"] : ["response", "request", "finished"]);
  }
});

test("a client that leaves in the middle of a stream ends it, once", async () => {
  let ended = 0;
  const more = deferred<void>();
  async function* chunks() {
    try {
      yield "a";
      await more.promise;
      yield "b";
    } finally {
      ended += 1;
    }
  }
  using site = watched(() => site.watch(new StreamingResponse(chunks())));
  const { outcome } = start(site.application);
  await turn();
  assert.equal(outcome.body, "a");
  outcome.exchange.abort(GONE);
  more.resolve();
  await turn();
  assert.equal(ended, 1);
  assert.deepEqual(site.closed, ["response", "request", "finished"]);
});

test("a body that the client cut short is answered by the server, whatever stands in between", async () => {
  const pass: MiddlewareEntry = (getResponse) => async (request) => getResponse(request);
  using site = watched(async (request) => new Response(await request.text()), [pass]);
  const late = new RequestError(408, "the body took too long");
  const got = await drive(site.application, { method: "POST", body: ["half", late] });
  assert.deepEqual([got.status, got.troubles, got.errorLines], [408, [], []]);
  assert.deepEqual(site.closed, ["request", "finished"]);
});

test("a body that is too large for the server is a 413 of the application's own, of which the server has told", async () => {
  using site = watched(async (request) => new Response(await request.text()));
  const got = await drive(site.application, { method: "POST", body: [new RequestError(413, "too large")] });
  assert.equal(got.status, 413);
  assert.deepEqual(got.errorLines, []);
});
