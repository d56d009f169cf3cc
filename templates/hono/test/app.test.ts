import assert from "node:assert/strict";
import { test } from "node:test";
import app from "../src/app.ts";

const greetings = (body: string) => app.request("/greetings", { method: "POST", body });

test("it greets the world, and whom it is told to", async () => {
  const world = await app.request("/");
  assert.equal(world.status, 200);
  assert.deepEqual(await world.json(), { hello: "world" });
  assert.deepEqual(await (await greetings('{"name":"Ada"}')).json(), { hello: "Ada" });
});

test("a body that is no greeting is refused", async () => {
  for (const body of ["", "{", "null", '{"name":7}']) assert.equal((await greetings(body)).status, 400, body);
});

test("what there is not is a 404", async () => {
  assert.equal((await app.request("/elsewhere")).status, 404);
});

test("it is healthy", async () => {
  assert.equal((await app.request("/healthz")).status, 200);
});
