// Flash messages over whole requests, in the session and in their own cookie.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MessagesMiddleware } from "../../../src/application/middlewares/messages.ts";
import { SessionMiddleware } from "../../../src/application/middlewares/session.ts";
import { Redirect, Response } from "../../../src/application/response.ts";
import type { View } from "../../../src/application/types.ts";
import { site } from "../../support/site.ts";

const views: Readonly<Record<string, View>> = {
  "": ({ messages }) => new Response([...messages].map(({ level, text }) => `${level}: ${text}`).join("\n")),
  other: () => new Response("other"),
  say: ({ messages, query }) => {
    messages.success(query.get("text") ?? "saved");
    return new Redirect("/");
  },
  many: ({ messages }) => {
    for (let i = 0; i < 100; i += 1) messages.info(`${i} ${Math.random()} ${Math.random()}`);
    return new Response("");
  },
  huge: ({ messages }) => {
    messages.info(Array.from({ length: 2000 }, () => Math.random().toString(36)).join(""));
    return new Response("");
  },
};

for (const [where, middleware, cookie] of [
  ["the session", [SessionMiddleware, MessagesMiddleware], "sessionid"],
  ["a cookie of their own", [MessagesMiddleware], "messages"],
] as const) {
  test(`kept in ${where}: a message is there until a page reads it, and then no longer`, async () => {
    const client = site(middleware, { views });
    const shown = await client.get("/say", { query: { text: "über;,%" }, follow: true });
    assert.equal(shown.text(), "success: über;,%");
    assert.deepEqual(Object.keys(shown.history[0]!.cookies), [cookie]);
    assert.equal(client.cookies.get(cookie), undefined, "nothing is left to be kept");
    assert.equal((await client.get("/")).text(), "");
    await client.get("/say");
    await client.get("/say", { query: { text: "again" } });
    assert.equal((await client.get("/other")).headers.has("Vary"), false);
    const both = await client.get("/");
    assert.equal(both.text(), "success: saved\nsuccess: again");
    assert.equal(both.headers.get("Vary"), "Cookie");
  });
}

test("a cookie that somebody changed has no messages", async () => {
  const client = site([MessagesMiddleware], { views });
  await client.get("/say");
  const value = client.cookies.get("messages")!;
  assert.equal((await client.get("/", { headers: { cookie: `messages=x${value}` } })).text(), "");
});

test("what does not fit into the cookie is left out, oldest first, and the log says so", async () => {
  const client = site([MessagesMiddleware], { views });
  const { errors } = await client.get("/many");
  assert.match(errors[0]!, /^\d+ of the messages for "\/many" did not fit/);
  const lines = (await client.get("/")).text().split("\n");
  assert.ok(lines.length > 5 && lines.length < 100);
  assert.match(lines.at(-1)!, /^info: 99 /);
  const huge = await client.get("/huge");
  assert.match(huge.errors[0]!, /^1 of the messages/);
  assert.equal(huge.headers.has("Set-Cookie"), false);
});

test("sessions inside of it, and no key for a cookie, are refused when it is loaded", () => {
  assert.throws(
    () => site([MessagesMiddleware, SessionMiddleware]),
    /SessionMiddleware \(at 1\) must come before MessagesMiddleware \(at 0\)/,
  );
  assert.throws(
    () => site([MessagesMiddleware], { secretKey: "" }),
    /MessagesMiddleware without SessionMiddleware.*secretKey/,
  );
});

test("a cookie that no browser would keep is refused when it is loaded", () => {
  assert.throws(
    () => site([MessagesMiddleware], { session: { cookieSameSite: "None" } }),
    /^ImproperlyConfigured: settings\.session: cookieSameSite "None" needs cookieSecure/,
  );
});
