import assert from "node:assert/strict";
import { test } from "node:test";
import { remember, replaced, wrongAnswer } from "../../src/application/answers.ts";
import { html } from "../../src/application/html.ts";
import type { Request } from "../../src/application/request.ts";
import { Response } from "../../src/application/response.ts";

test("what is no response is described, with what would be one", () => {
  for (const [value, text] of [
    [undefined, "gave back undefined; it must give a Response (is a return missing?)"],
    [null, "gave back null; it must give a Response"],
    ["page", 'gave back the text "page"; it must give a Response: new Response(text)'],
    [{ a: 1 }, "gave back an object; it must give a Response: new JsonResponse(value)"],
    [[1], "gave back a list; it must give a Response: new JsonResponse(value)"],
    [new Map(), "gave back an object of Map"],
    [html`<p>`, "gave back an object of Html; it must give a Response: new Response(value)"],
    [Buffer.from("x"), "must give a Response: new Response(value)"],
    [(function* () {})(), "must give a Response: new StreamingResponse(value)"],
    [(async function* () {})(), "gave back a generator; it must give a Response: new StreamingResponse(value)"],
    [1, "gave back a number"],
    [new globalThis.Response(""), "this one is of fetch; import { Response } from tsgi/application"],
  ] as const) {
    assert.ok(wrongAnswer({ who: "the view list" }, value).message.includes(text), text);
  }
});

test("the function that gave it is on top of the stack, and one of our own is not", () => {
  const list = (): unknown => undefined;
  const first = (from: unknown): string => wrongAnswer({ who: "list", from }, undefined).stack!.split("\n")[1]!;
  assert.match(first(list), /^ {4}at list \(\/.*answers\.test\.ts:\d+:\d+\)$/);
  assert.match(first(wrongAnswer), /at wrongAnswer /);
  assert.match(first(undefined), /at wrongAnswer /);
});

test("of all responses that a request had, the ones that another took the place of are known", () => {
  const [first, second, third] = [new Response("1"), new Response("2"), new Response("3")];
  const request = {} as Request;
  assert.deepEqual(replaced(request, undefined), []);
  remember(request, first);
  remember(request, first);
  assert.deepEqual(replaced(request, first), []);
  assert.deepEqual(replaced(request, second), [first]);
  for (const response of [second, third, second, first]) remember(request, response);
  assert.deepEqual(replaced(request, third), [first, second]);
  assert.deepEqual(replaced(request, undefined), [first, second, third]);
});
