// What a returned value comes to.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  answerOf,
  bodylessEvent,
  dropBody,
  isBodyless,
  unwantedIn,
  wholeEvent,
} from "../../src/interfaces/fetch-answer.ts";
import { NativeResponse } from "../../src/interfaces/fetch-native.ts";
import { LightResponse } from "../../src/interfaces/fetch-response.ts";

/** As a package brings it: no relative of this process's class. */
class Foreign {
  readonly status = 203;
  readonly statusText = "";
  readonly type = "default";
  readonly url = "";
  readonly headers = new Headers({ a: "1" });
  readonly body = null;
  readonly bodyUsed = false;
  get [Symbol.toStringTag](): string {
    return "Response";
  }
}

test("a light Response is answered by what it has, without a stream", () => {
  const response = new LightResponse("text", { status: 201, headers: { "X-A": "1" } });
  const { status, reason, whole, stream, sent } = answerOf(response);
  assert.deepEqual(
    [status, reason, whole, stream, sent.fields, LightResponse.nativeIn(response)],
    [201, "Created", "text", undefined, ["x-a", "1", "content-type", "text/plain;charset=UTF-8"], undefined],
  );
});

test("a Response of another class is answered too", () => {
  const { status, reason, whole, sent } = answerOf(new Foreign());
  assert.deepEqual([status, reason, whole, sent.fields], [203, "Non-Authoritative Information", "", ["a", "1"]]);
});

test("a response that was fetched is passed on without the coding that fetch() has taken off", () => {
  const fetched = new NativeResponse("x", { headers: { "content-encoding": "gzip", "content-length": "9" } });
  Object.defineProperty(fetched, "url", { value: "http://up.test/" });
  const { sent, length, stream } = answerOf(fetched);
  assert.deepEqual(
    [sent.fields.includes("content-encoding"), length, stream instanceof ReadableStream],
    [false, undefined, true],
  );
});

test("the length of a Blob is known before it is read", () => {
  assert.equal(answerOf(new LightResponse(new Blob(["12345"]))).length, 5);
});

test("an answer that is whole is one event, with or without its body", () => {
  const answer = answerOf(new LightResponse("12345"));
  const { length, body, more } = wholeEvent(answer, "12345");
  assert.deepEqual([length, body, more], [5, "12345", false]);
  const bare = bodylessEvent(answer);
  assert.deepEqual(
    [bare.length, bare.body, isBodyless("HEAD", 200), isBodyless("GET", 204)],
    [5, undefined, true, true],
  );
});

test("a body with a status that has none is named", () => {
  const answer = answerOf(new LightResponse("x"));
  assert.equal(unwantedIn(answer), undefined);
  assert.match(unwantedIn({ ...answer, status: 204 })!.message, /status 204/);
});

test("the source of a body that nobody reads is told, and nothing else is touched", async () => {
  const reason = new Error("gone");
  let told: unknown;
  const source = {
    cancel(why: unknown) {
      told = why;
    },
  };
  dropBody(new LightResponse(new ReadableStream(source)), reason);
  dropBody(undefined, reason);
  dropBody(new NativeResponse(null), reason);
  await new Promise(setImmediate);
  assert.equal(told, reason);
});
