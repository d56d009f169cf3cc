import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { app } from "../src/app.ts";

const server = createServer(app);
let origin = "";

before(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.close();
  server.closeAllConnections();
});

const greetings = (body: string) =>
  fetch(`${origin}/greetings`, { method: "POST", headers: { "Content-Type": "application/json" }, body });

test("it greets the world, and whom it is told to", async () => {
  const world = await fetch(`${origin}/`);
  assert.equal(world.status, 200);
  assert.deepEqual(await world.json(), { hello: "world" });
  assert.deepEqual(await (await greetings('{"name":"Ada"}')).json(), { hello: "Ada" });
});

test("a body that is no greeting is refused", async () => {
  for (const body of ["", "{", "null", '{"name":7}']) assert.equal((await greetings(body)).status, 400, body);
});

test("what there is not is a 404", async () => {
  assert.equal((await fetch(`${origin}/elsewhere`)).status, 404);
});

test("it is healthy", async () => {
  assert.equal((await fetch(`${origin}/healthz`)).status, 200);
});
