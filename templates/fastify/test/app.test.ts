import assert from "node:assert/strict";
import { after, test } from "node:test";
import { app } from "../src/app.ts";

after(() => app.close());

const greetings = (payload: string) =>
  app.inject({ method: "POST", url: "/greetings", headers: { "content-type": "application/json" }, payload });

test("it greets the world, and whom it is told to", async () => {
  const world = await app.inject("/");
  assert.equal(world.statusCode, 200);
  assert.deepEqual(world.json(), { hello: "world" });
  assert.deepEqual((await greetings('{"name":"Ada"}')).json(), { hello: "Ada" });
});

test("a body that is no greeting is refused", async () => {
  for (const body of ["", "{", "null", '{"name":""}']) assert.equal((await greetings(body)).statusCode, 400, body);
});

test("what there is not is a 404", async () => {
  assert.equal((await app.inject("/elsewhere")).statusCode, 404);
});

test("it is healthy", async () => {
  assert.equal((await app.inject("/healthz")).statusCode, 200);
});
