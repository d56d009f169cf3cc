import assert from "node:assert/strict";
import { test } from "node:test";
import { ImproperlyConfigured } from "../../src/application/exceptions.ts";
import { adaptMethodMode } from "../../src/application/modes.ts";
import type { Request } from "../../src/application/request.ts";
import { Response } from "../../src/application/response.ts";
import type { GetResponse, Mode } from "../../src/application/types.ts";

const response = new Response("x");
const now: GetResponse = () => response;
const request = {} as Request;
const adapt = (want: Mode, is: Mode, method = now): GetResponse =>
  adaptMethodMode({ want, is, method, name: "Outer", inner: "the view list" });

test("what fits is left as it is, and what must give a promise gives one", async () => {
  for (const [want, is] of [
    ["either", "sync"],
    ["either", "async"],
    ["either", "either"],
  ] as const) {
    assert.equal(adapt(want, is), now, `${want} ${is}`);
  }
  // Also of what is async: a plain part of it may have thrown, and that is answered at once.
  for (const is of ["sync", "either", "async"] as const) {
    const outcome = adapt("async", is)(request);
    assert.ok(outcome instanceof Promise);
    assert.equal(await outcome, response);
    const failing = adapt("async", is, () => assert.fail("thrown at once"))(request);
    await assert.rejects(failing as Promise<Response>, /thrown at once/);
  }
  const own = Promise.resolve(response);
  assert.equal(adapt("async", "async", () => own)(request), own);
  assert.equal(adapt("sync", "sync")(request), response);
});

test("what must answer at once is refused around what may not, and both are named", () => {
  for (const is of ["async", "either"] as const) {
    assert.throws(
      () => adapt("sync", is),
      (error) => error instanceof ImproperlyConfigured && /^Outer is of mode "sync".*the view list/.test(error.message),
    );
  }
});

test("a promise where none was to be expected is an error, and what it brings is closed", async () => {
  let closed = 0;
  const late = new Response("late").closeWith(() => {
    closed += 1;
  });
  assert.throws(() => adapt("sync", "sync", async () => late)(request), /Outer is of mode "sync".*gave a promise/);
  // Nobody hears of this rejection, and it ends no process.
  assert.throws(() => adapt("sync", "sync", () => Promise.reject(new Error("x")))(request), ImproperlyConfigured);
  const match = { viewName: "list", route: "x/" } as Request["resolverMatch"];
  assert.throws(
    () => adapt("sync", "sync", async () => late)({ resolverMatch: match } as Request),
    /the view list \(route "x\/"\)/,
  );
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(closed, 1);
});
