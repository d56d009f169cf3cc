import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, type ClientResponse } from "tsgi/application";
import { application } from "../src/app.ts";

const tokenIn = (page: ClientResponse): string => /name="csrfToken" value="([^"]+)"/.exec(page.text())?.[1] ?? "";

/** A browser of somebody new, and what it sends. */
async function visitor() {
  const client = new Client(application);
  const csrfToken = tokenIn(await client.get("/"));
  const send = (path: string, fields: Readonly<Record<string, string>>) =>
    client.post(path, { form: { csrfToken, ...fields }, follow: true });
  return { client, send };
}

test("a book is put on the list once, shown as text, and taken off again", async () => {
  const { client, send } = await visitor();
  const page = await send("/", { title: "Emma <3" });
  assert.equal(page.status, 200);
  assert.match(page.text(), /<p class="success" role="status">Emma &lt;3 is on the list\.<\/p>/);
  assert.match((await client.get("/")).text(), /<li>Emma &lt;3\n/);
  assert.equal((await send("/", { title: "Emma <3" })).status, 422);
  assert.match((await send("/remove/0", {})).text(), /None yet\./);
  assert.equal((await send("/remove/0", {})).status, 404);
});

test("the list of one visitor is no other's", async () => {
  await (await visitor()).send("/", { title: "Emma" });
  assert.match((await (await visitor()).client.get("/")).text(), /None yet\./);
});

test("the longest list fits into the cookie", async () => {
  const { client, send } = await visitor();
  for (let i = 0; i < 10; i += 1) {
    assert.equal((await send("/", { title: `${i}`.padEnd(60, "文") })).status, 200);
  }
  assert.equal((await send("/", { title: "one more" })).status, 422);
  assert.equal((await client.get("/")).text().match(/<li>/g)?.length, 10);
});

test("a form without a title, or without the token, is refused with a page", async () => {
  const { client, send } = await visitor();
  assert.match((await send("/", { title: " " })).text(), /Please say which book\./);
  assert.equal((await client.post("/", { form: { title: "Emma" } })).status, 403);
});

test("what there is not is a page too, and the files are there", async () => {
  const { client } = await visitor();
  assert.match((await client.get("/elsewhere")).text(), /There is no such page/);
  assert.equal((await client.get("/static/site.css")).status, 200);
  assert.equal((await client.get("/healthz")).status, 200);
});
