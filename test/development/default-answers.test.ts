// The frameworks themselves say what they answer with: when one of them changes its words, this is where it shows.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import express from "express";
import { H3 } from "h3";
import { Hono } from "hono";
import { errorBehind } from "../../src/development/default-answers.ts";
import type { ResponseEvent } from "../../src/protocol/events.ts";

const said = (type: string | null, body: ResponseEvent["body"]): ResponseEvent => ({
  ...{ type: "response", status: 500, reason: "", fields: ["Content-Type", type ?? ""], length: body?.length },
  ...{ date: "", close: false, body, more: false },
});

test("of Express it is what its page shows, and of nobody else's page", async (t) => {
  const app = express().set("env", "test");
  app.get("/", () => {
    throw new TypeError('<it\'s> "a" & b');
  });
  const server = createServer(app).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const page = await answer.text();
  const type = answer.headers.get("content-type");
  const tagged = page.replace("</head>", '<script src=".tsgi/reload.js" async></script></head>');
  for (const text of [page, tagged]) {
    const error = errorBehind(said(type, Buffer.from(text)), undefined) as Error;
    assert.deepEqual([error.name, error.message], ["TypeError", '<it\'s> "a" & b']);
    assert.match(error.stack!, /\n +at .*default-answers\.test\.ts:\d+:\d+/);
  }
  assert.equal(errorBehind(said(type, page.replace("<title>Error<", "<title>Oh no<")), new Error("x")), undefined);
  assert.equal(
    errorBehind(said(type, page.replace(/<pre>.*<\/pre>/s, "<pre>Internal Server Error</pre>")), undefined),
    undefined,
  );
});

test("of Hono and of h3 it is what they have given to console.error", async (t) => {
  t.mock.method(console, "error", () => {});
  const fails = (): never => {
    throw new Error("mine");
  };
  const hono = await new Hono().get("/", fails).fetch(new Request("http://x/"));
  const complaint = new Error("mine");
  assert.equal(errorBehind(said(hono.headers.get("content-type"), await hono.text()), complaint), complaint);
  const h3 = await new H3().get("/", fails).fetch(new Request("http://x/"));
  const wrapped = new Error("HTTPError", { cause: complaint });
  const type = h3.headers.get("content-type");
  assert.equal(errorBehind(said(type, await h3.text()), wrapped), complaint);
  for (const body of ["Internal Server Error: mine", '{"message":"mine"}', "<p>mine"]) {
    for (const kind of ["text/plain", "application/json", "text/html"])
      assert.equal(errorBehind(said(kind, body), complaint), undefined);
  }
  assert.equal(errorBehind(said("text/plain", "Internal Server Error"), undefined), undefined);
});
