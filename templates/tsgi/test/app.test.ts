import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "tsgi/application";
import { application } from "../src/app.ts";

// Calls the application in this process, and holds it to the contract of the gateway.
const client = new Client(application);

test("it greets the world, and whom it is told to", async () => {
  const world = await client.get("/");
  assert.equal(world.status, 200);
  assert.deepEqual(world.json(), { hello: "world" });
  assert.deepEqual((await client.post("/greetings", { json: { name: "Ada" } })).json(), { hello: "Ada" });
});

test("a body that is no greeting is refused", async () => {
  for (const body of ["", "{", "null", '{"name":7}']) {
    assert.equal((await client.post("/greetings", { body })).status, 400, body);
  }
});

test("what there is not is a 404, and another method a 405", async () => {
  assert.equal((await client.get("/elsewhere")).status, 404);
  const answer = await client.get("/greetings");
  assert.equal(answer.status, 405);
  assert.equal(answer.headers.get("Allow"), "POST");
});

test("it is healthy", async () => {
  assert.equal((await client.get("/healthz")).status, 200);
});
