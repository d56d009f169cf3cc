import assert from "node:assert/strict";
import { test } from "node:test";
import { html } from "../../src/application/html.ts";
import { Response } from "../../src/application/response.ts";
import { answer, environOf, fieldOf } from "../support/application.ts";

test("a response is 200, HTML in UTF-8, and what was given", async () => {
  const outcome = await answer(() => new Response("hé"));
  assert.deepEqual([outcome.status, outcome.body, outcome.length], [200, "hÃ©", 3]);
  assert.equal(fieldOf(outcome, "content-type"), "text/html; charset=utf-8");
  assert.equal(new Response().content, "");
  assert.equal(new Response(html`<b>${"<"}</b>`).content, "<b>&lt;</b>");
  assert.equal(new Response(Buffer.from("x")).contentLength, 1);
  assert.equal(new Response("é").contentLength, 2);
});

test("status, reason, type and headers as they were said", () => {
  const response = new Response("", {
    status: 201,
    contentType: "text/plain",
    headers: [
      ["X-One", "1"],
      ["X-One", "2"],
    ],
  });
  assert.equal(response.statusLine, "201 Created");
  response.status = 299;
  assert.deepEqual([response.reason, response.statusLine], ["", "299 "]);
  response.reason = "Odd";
  assert.equal(response.statusLine, "299 Odd");
  assert.deepEqual(response.headerList(), [
    ["Content-Type", "text/plain"],
    ["X-One", "1"],
    ["X-One", "2"],
  ]);
  assert.equal(new Response("", { headers: [["Content-Type", "text/css"]] }).headers.size, 1);
  assert.equal(new Response("", { headers: { "content-type": "text/css" } }).headers.get("Content-Type"), "text/css");
});

test("what may not be sent is refused where it is said, by name", () => {
  const rows: readonly (readonly [() => unknown, RegExp])[] = [
    [() => new Response("", { status: 99 }), /status 99/],
    [() => new Response("", { reason: "a\nb" }), /a\\nb/],
    [() => new Response("", { contentType: "a\r\nb" }), /Content-Type/],
    [() => new Response("", { headers: { "X Y": "1" } }), /X Y/],
    [() => new Response("", { status: "200" as never }), /the status "200": expected a whole number/],
    [() => new Response("", { headers: "A: b" as never }), /the headers are "A: b": expected an object/],
    [() => new Response("", { headers: null as never }), /the headers are null/],
    [() => new Response("", 404 as never), /is 404: expected an object, \{ status: 404 \}/],
    [() => new Response({ a: 1 } as unknown as string), /an object: .*; data is a JsonResponse/],
    [() => new Response(5 as unknown as string), /5/],
    [() => new Response(null as unknown as string), /null/],
    [() => (new Response().status = 1000), /1000/],
    [() => (new Response().reason = "\0"), /reason/],
    [() => (new Response().content = [] as unknown as string), /an array/],
    [() => new Response().setCookie("a b", "1"), /the cookie "a b": its name: expected letters/],
    [() => new Response().setCookie("a", {} as never), /its value is an object: expected a string/],
    [() => new Response().setCookie("a", "1", { maxAge: "1h" as never }), /maxAge "1h": expected a number of seconds/],
    [() => new Response().setSignedCookie("a", "1", undefined as never), /the cookie "a": .*expected \{ request \}/],
  ];
  for (const [act, message] of rows) assert.throws(act, (e) => e instanceof TypeError && message.test(e.message));
});

test("one Set-Cookie for each cookie, after the other headers", () => {
  const response = new Response().setCookie("a", "1").setCookie("b", "2", { httpOnly: true }).deleteCookie("c");
  response.headers.set("X-One", "1");
  assert.deepEqual(response.headerList().slice(1), [
    ["X-One", "1"],
    ["Set-Cookie", "a=1; Path=/"],
    ["Set-Cookie", "b=2; Path=/; HttpOnly"],
    ["Set-Cookie", "c=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
  ]);
});

test("a response with nothing to close is handed over as what it is; one with something closes it once, in order", async () => {
  assert.equal(new Response("x").body(environOf()), "x");
  const calls: string[] = [];
  const response = new Response("x").closeWith({ close: () => calls.push("a") }).closeWith(async () => {
    calls.push("b");
  });
  const body = response.body(environOf());
  assert.deepEqual([...(body as string[])], ["x"]);
  assert.equal(response.closed, false);
  await body.close?.();
  await body.close?.();
  assert.equal(response.closed, true);
  assert.deepEqual(calls, ["a", "b"]);
});

test("the server closes it, also for HEAD", async () => {
  for (const method of ["GET", "HEAD"]) {
    let closed = 0;
    await answer(() => new Response("x").closeWith(() => (closed += 1)), { method });
    assert.equal(closed, 1, method);
  }
});

test("one that fails to close keeps no other from being closed", async () => {
  const calls: string[] = [];
  const fails = new Response()
    .closeWith(() => {
      throw new Error("first");
    })
    .closeWith(() => calls.push("b"));
  assert.throws(() => fails.close(), /first/);
  const rejects = new Response().closeWith(() => Promise.reject(new Error("later"))).closeWith(() => calls.push("c"));
  await assert.rejects(rejects.close() as Promise<void>, /later/);
  assert.deepEqual(calls, ["b", "c"]);
});

test("a response goes out once", () => {
  const response = new Response("x");
  response.seal();
  assert.throws(() => response.seal(), /a second time: make a new one for each request/);
});
