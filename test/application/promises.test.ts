import assert from "node:assert/strict";
import { test } from "node:test";
import { isAsync, isPromise } from "../../src/application/promises.ts";
import { Response } from "../../src/application/response.ts";

test("whatever has a then is a promise", () => {
  // biome-ignore lint/suspicious/noThenProperty: such a thing is what is asked about
  for (const value of [Promise.resolve(), { then: () => undefined }]) assert.equal(isPromise(value), true);
  // biome-ignore lint/suspicious/noThenProperty: such a thing is what is asked about
  for (const value of [undefined, null, 1, "then", {}, { then: 1 }, new Response()])
    assert.equal(isPromise(value), false);
});

test("a function is async by how it is written", () => {
  const later = async (): Promise<Response> => new Response();
  const now = (): Response => new Response();
  assert.equal(isAsync(later), true);
  assert.equal(isAsync(now), false);
  assert.equal(isAsync(undefined), false);
});
