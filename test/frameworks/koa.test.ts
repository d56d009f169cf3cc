import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import Koa from "koa";
import { get, RawClient } from "../support/client.ts";
import { serveNode } from "../support/node-worker.ts";

test("Koa: texts, objects, streams, statuses, cookies, errors and what it knows of its client", async (t) => {
  const app = new Koa({ proxy: true });
  const failed: string[] = [];
  app.on("error", (error: Error) => failed.push(error.message));
  app.use(async (context, next) => {
    context.set("X-Before", "1");
    await next();
  });
  app.use(async (context) => {
    switch (context.path) {
      case "/text":
        context.cookies.set("a", "1");
        context.body = "text";
        break;
      case "/object":
        context.body = { ip: context.ip, protocol: context.protocol, secure: context.secure };
        break;
      case "/stream":
        context.type = "text/plain";
        context.body = Readable.from(["a", "b"]);
        break;
      case "/throw":
        context.throw(409, "no");
        break;
      case "/fail":
        throw new Error("broken");
      case "/empty":
        context.status = 204;
        break;
    }
  });
  const { url, troubles } = serveNode(t, app.callback());
  const text = await fetch(`${url}/text`);
  assert.deepEqual(
    [await text.text(), text.headers.get("x-before"), text.headers.get("set-cookie")],
    ["text", "1", "a=1; path=/; httponly"],
  );
  const fields = { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https" };
  assert.deepEqual(await (await fetch(`${url}/object`, { headers: fields })).json(), {
    ...{ ip: "203.0.113.7", protocol: "https", secure: true },
  });
  assert.equal(await (await fetch(`${url}/stream`)).text(), "ab");
  for (const [path, status] of [
    ["throw", 409],
    ["fail", 500],
    ["empty", 204],
    ["nowhere", 404],
  ] as const) {
    const answer = await fetch(`${url}/${path}`);
    await answer.text();
    assert.equal(answer.status, status, path);
  }
  assert.deepEqual(failed, ["no", "broken"]);
  assert.deepEqual(troubles, []);
});

test("streams of one chunk answer each request of a pipeline", async (t) => {
  const app = new Koa();
  app.use(async (context) => {
    context.body = Readable.from([Buffer.alloc(65_536)]);
  });
  const { port } = serveNode(t, app.callback());
  const client = await RawClient.connect(port);
  t.after(() => client.close());
  client.send(get("/").repeat(3));
  for (let i = 0; i < 3; i += 1) assert.equal((await client.response()).body.length, 65_536);
});
