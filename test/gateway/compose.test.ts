import assert from "node:assert/strict";
import { test } from "node:test";
import { compose, type Middleware } from "../../src/gateway/compose.ts";
import type { Application } from "../../src/gateway/types.ts";
import { validator } from "../../src/gateway/validate.ts";
import { drive } from "../support/exchange.ts";
import { hello } from "../support/violations.ts";

/** Notes its name on the way in and on the way out. */
const noting =
  (name: string, seen: string[]): Middleware =>
  (application) =>
  async (environ, startResponse) => {
    seen.push(`${name} in`);
    const body = await application(environ, startResponse);
    seen.push(`${name} out`);
    return body;
  };

test("the first middleware is the outermost, and each is put around the application once", async () => {
  const seen: string[] = [];
  let made = 0;
  const counting: Middleware = (application) => {
    made += 1;
    return application;
  };
  const application = compose(noting("a", seen), counting, noting("b", seen))(hello);
  for (let i = 0; i < 2; i += 1) assert.equal((await drive(application)).body, "hello");
  assert.deepEqual([made, seen.slice(0, 4)], [1, ["a in", "b in", "b out", "a out"]]);
});

test("without a middleware the application is what it was; stacks can be stacked", async () => {
  assert.equal(compose()(hello), hello);
  const seen: string[] = [];
  await drive(compose(compose(noting("a", seen), noting("b", seen)), noting("c", seen), validator)(hello));
  assert.deepEqual(seen.slice(0, 3), ["a in", "b in", "c in"]);
});

test("what is no middleware, and what gives no application, is named when the stack is made", () => {
  assert.throws(
    () => compose(validator, "gzip" as unknown as Middleware),
    new TypeError('compose: middleware 2 is "gzip": expected a function (application) => application'),
  );
  const forgets = (() => undefined) as unknown as Middleware;
  assert.throws(
    () => compose(validator, forgets)(hello),
    new TypeError(
      "compose: what middleware 2 (forgets) gave is undefined: expected a function (environ, startResponse)",
    ),
  );
  assert.throws(() => compose(validator)({} as Application), /^TypeError: compose: the application is an object/);
});
