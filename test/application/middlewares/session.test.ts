// Sessions over whole requests: what the cookie says, when it is sent, and that nobody but us can make one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ImproperlyConfigured, NotFound } from "../../../src/application/exceptions.ts";
import { SessionMiddleware } from "../../../src/application/middlewares/session.ts";
import { Response } from "../../../src/application/response.ts";
import { dumps } from "../../../src/application/signing.ts";
import type { View } from "../../../src/application/types.ts";
import { SECRET_KEY, type Site, site } from "../../support/site.ts";

const views: Readonly<Record<string, View>> = {
  "": () => new Response("untouched"),
  set: ({ session, query }) => {
    session.set("user", query.get("user") ?? "ada");
    return new Response("");
  },
  get: ({ session }) => new Response(String(session.get("user", "nobody"))),
  push: ({ session }) => {
    session.get<string[]>("list", []).push("x");
    session.modified = true;
    return new Response("");
  },
  logout: ({ session }) => {
    session.flush();
    return new Response("");
  },
  login: ({ session }) => {
    session.flush();
    session.set("user", "new");
    session.cycleKey();
    return new Response("");
  },
  brief: ({ session }) => {
    session.set("user", "brief");
    session.setExpiry(60);
    return new Response("");
  },
  close: ({ session }) => {
    session.setExpiry(null);
    session.set("user", "closing");
    return new Response("");
  },
  large: ({ session }) => {
    session.set("small", 1);
    session.set("noise", Array.from({ length: 3000 }, (_, i) => ((i * 7919) % 65_521).toString(36)).join(""));
    return new Response("");
  },
  fails: ({ session }) => {
    session.set("user", "half done");
    throw new Error("after the change");
  },
  missing: ({ session }) => {
    session.set("user", "kept");
    throw new NotFound();
  },
};

const asked = (given: Site = {}) => site([SessionMiddleware], { views, ...given });

test("what one request sets the next one gets, from a signed cookie with the settings' attributes", async () => {
  const client = asked();
  const { cookies } = await client.get("/set");
  const { value, ...attributes } = cookies["sessionid"]!;
  assert.deepEqual(
    { ...attributes, expiresAt: undefined },
    {
      name: "sessionid",
      path: "/",
      domain: undefined,
      expiresAt: undefined,
      maxAge: 14 * 24 * 3600,
      secure: false,
      httpOnly: true,
      sameSite: "Lax",
    },
  );
  assert.equal((await client.get("/get")).text(), "ada");
  assert.equal((await client.get("/get", { headers: { cookie: "sessionid=" } })).text(), "nobody");
});

test("a request that does not touch it has no Vary and no cookie; one that reads it varies; one that changes it sets", async () => {
  const client = asked();
  await client.get("/set");
  const untouched = await client.get("/");
  assert.deepEqual([untouched.headers.get("Vary"), untouched.headers.has("Set-Cookie")], [undefined, false]);
  const read = await client.get("/get");
  assert.deepEqual([read.headers.get("Vary"), read.headers.has("Set-Cookie")], ["Cookie", false]);
  const changed = await client.get("/push");
  assert.deepEqual([changed.headers.get("Vary"), changed.headers.has("Set-Cookie")], ["Cookie", true]);
});

test("a cookie that is changed, cut, signed with another key or for another use is an empty session", async () => {
  const client = asked();
  const good = (await client.get("/set")).cookies["sessionid"]!.value;
  const now = Math.floor(Date.now() / 1000);
  for (const cookie of [
    `x${good}`,
    good.slice(0, -1),
    `${good.slice(0, -3)}AAA`,
    "",
    "a:b:c",
    encodeURIComponent(
      dumps([now, { user: "eve" }], { secretKey: "another key", secretKeyFallbacks: [] }, { salt: "tsgi.sessions" }),
    ),
    encodeURIComponent(
      dumps([now, { user: "eve" }], { secretKey: SECRET_KEY, secretKeyFallbacks: [] }, { salt: "tsgi.messages" }),
    ),
  ]) {
    const response = await client.get("/get", { headers: { cookie: `sessionid=${cookie}` } });
    assert.equal(response.text(), "nobody", cookie);
    assert.equal(response.cookies["sessionid"]?.maxAge, 0, "it is deleted");
  }
});

test("a former key still opens a session, and the next change signs it with the new one", async () => {
  const old = asked({ secretKey: "the former key" });
  const { value } = (await old.get("/set")).cookies["sessionid"]!;
  const rotated = asked({ secretKeyFallbacks: ["the former key"] });
  assert.equal((await rotated.get("/get", { headers: { cookie: `sessionid=${value}` } })).text(), "ada");
});

test("flush deletes the cookie; a login after it has a new one without what was there", async () => {
  const client = asked();
  await client.get("/set");
  await client.get("/push");
  assert.equal((await client.get("/logout")).cookies["sessionid"]?.maxAge, 0);
  assert.equal(client.cookies.get("sessionid"), undefined);
  assert.equal((await client.get("/logout")).headers.has("Set-Cookie"), false);
  await client.get("/set");
  await client.get("/login");
  assert.equal((await client.get("/get")).text(), "new");
});

test("a session ends at its time, also for a client that keeps its cookie", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000_000_000 });
  const client = asked({ session: { cookieAge: 100 } });
  const long = (await client.get("/set")).cookies["sessionid"]!;
  const brief = (await client.get("/brief")).cookies["sessionid"]!;
  assert.deepEqual([long.maxAge, brief.maxAge], [100, 60]);
  const get = async ({ value }: typeof long): Promise<string> =>
    (await client.get("/get", { headers: { cookie: `sessionid=${value}` } })).text();
  t.mock.timers.tick(61_000);
  assert.deepEqual([await get(long), await get(brief)], ["ada", "nobody"]);
  t.mock.timers.tick(40_000);
  assert.equal(await get(long), "nobody");
});

test("saveEveryRequest renews the cookie each time, and an empty session has none", async () => {
  const client = asked({ session: { saveEveryRequest: true } });
  assert.equal((await client.get("/")).headers.has("Set-Cookie"), false);
  await client.get("/set");
  assert.equal((await client.get("/")).cookies["sessionid"]?.maxAge, 14 * 24 * 3600);
});

test("a session until the browser closes has no age, by the settings or by itself", async () => {
  const closing = await asked().get("/close");
  assert.equal(closing.cookies["sessionid"]?.maxAge, undefined);
  const client = asked({ session: { expireAtBrowserClose: true } });
  assert.equal((await client.get("/set")).cookies["sessionid"]?.maxAge, undefined);
  assert.equal((await client.get("/brief")).cookies["sessionid"]?.maxAge, 60);
});

test("the attributes follow the settings, and Secure the request where they leave it open", async () => {
  const session = {
    cookieName: "s",
    cookiePath: "/app",
    cookieDomain: "example.org",
    cookieSameSite: "Strict",
  } as const;
  const { cookies } = await asked({ session: { ...session, cookieHttpOnly: false } }).get("/set", { secure: true });
  const { path, domain, secure, httpOnly, sameSite } = cookies["s"]!;
  assert.deepEqual([path, domain, secure, httpOnly, sameSite], ["/app", "example.org", true, false, "Strict"]);
});

test("a session that no browser would keep is an error that names its largest keys", async () => {
  await assert.rejects(
    asked().get("/large"),
    /SessionTooLarge: the session would be a cookie of \d+ bytes.*largest: "noise" with \d+/s,
  );
});

test("what a failed request changed is not kept; what one that found nothing changed is", async () => {
  const client = asked({ client: { raiseExceptions: false } });
  assert.equal((await client.get("/fails")).headers.has("Set-Cookie"), false);
  assert.equal((await client.get("/missing")).status, 404);
  assert.equal((await client.get("/get")).text(), "kept");
});

test("without a secret key it is refused when it is loaded", () => {
  assert.throws(
    () => asked({ secretKey: "" }),
    (error) => error instanceof ImproperlyConfigured && /SessionMiddleware.*secretKey/.test(error.message),
  );
});

test("a cookie that no browser would keep is refused when it is loaded", () => {
  assert.throws(
    () => site([SessionMiddleware], { session: { cookieSameSite: "None" } }),
    /^ImproperlyConfigured: settings\.session: cookieSameSite "None" needs cookieSecure/,
  );
});
