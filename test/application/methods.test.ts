import assert from "node:assert/strict";
import { test } from "node:test";
import { getApplication } from "../../src/application/get-application.ts";
import { isAsyncView, isMethods, methods, viewFor } from "../../src/application/methods.ts";
import { path } from "../../src/application/paths.ts";
import { Response } from "../../src/application/response.ts";
import { call } from "../support/call.ts";

const get = (): Response => new Response("got");
const post = (): Response => new Response("posted", { status: 201 });

test("each method has its view, HEAD that of GET, OPTIONS says which there are, and any other gets 405 with Allow", async () => {
  const application = getApplication({ urls: [path("x", { GET: get, POST: post })] });
  for (const [method, status, text, allow] of [
    ["GET", 200, "got", undefined],
    ["HEAD", 200, "got", undefined],
    ["POST", 201, "posted", undefined],
    ["OPTIONS", 200, "", "GET, HEAD, POST, OPTIONS"],
    ["DELETE", 405, "", "GET, HEAD, POST, OPTIONS"],
    ["BREW", 405, "", "GET, HEAD, POST, OPTIONS"],
  ] as const) {
    const answer = await call(application, "/x", { method });
    assert.equal(answer.status, status, method);
    assert.equal(answer.text, text, method);
    assert.equal(answer.header("Allow"), allow, method);
  }
});

test("own views of HEAD and OPTIONS are used, and HEAD is not allowed where there is no GET", async () => {
  const head = (): Response => new Response("", { headers: { "X-Own": "head" } });
  const options = (): Response => new Response("", { headers: { "X-Own": "options" } });
  const application = getApplication({
    urls: [path("own", { GET: get, HEAD: head, OPTIONS: options }), path("post", methods({ POST: post }))],
  });
  assert.equal((await call(application, "/own", { method: "HEAD" })).header("X-Own"), "head");
  assert.equal((await call(application, "/own", { method: "OPTIONS" })).header("X-Own"), "options");
  const answer = await call(application, "/post", { method: "HEAD" });
  assert.equal(answer.status, 405);
  assert.equal(answer.header("Allow"), "POST, OPTIONS");
});

test("a view by method that does not fit is refused when it is made", () => {
  assert.throws(() => methods({ BREW: get } as never), /there is no method "BREW", only GET, HEAD, POST/);
  assert.throws(() => methods({ GET: 1 } as never), /the view of GET must be a function, not number/);
  assert.throws(() => methods({}), /need one method at least/);
});

test("the views that one was made of are known, and what is no plain object is none", () => {
  const both = methods({ GET: get, POST: post });
  assert.deepEqual(
    ["GET", "HEAD", "POST", "BREW"].map((method) => viewFor(both, method)),
    [get, get, post, both],
  );
  assert.equal(viewFor(get, "POST"), get);
  assert.equal(isMethods({}), true);
  for (const value of [null, [], new Map(), get]) assert.equal(isMethods(value), false);
});

test("a view is async by how one of its methods is written", () => {
  const later = async (): Promise<Response> => new Response();
  assert.equal(isAsyncView(later), true);
  assert.equal(isAsyncView(methods({ GET: get, POST: later })), true);
  assert.equal(isAsyncView(methods({ GET: get })), false);
});
