// The CSRF check over whole requests: which are let through, which are not and why, and what is never read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../../src/application/client.ts";
import type { ClientResponse } from "../../../src/application/client-response.ts";
import { methods } from "../../../src/application/methods.ts";
import { CsrfFailure, CsrfMiddleware, csrfExempt, rotateCsrfToken } from "../../../src/application/middlewares/csrf.ts";
import { isPromise } from "../../../src/application/promises.ts";
import { Response } from "../../../src/application/response.ts";
import type { View } from "../../../src/application/types.ts";
import { type Site, site } from "../../support/site.ts";

const views: Readonly<Record<string, View>> = {
  "": () => new Response("done"),
  form: (request) => new Response(request.csrfToken()),
  twice: (request) => new Response(`${request.csrfToken()} ${request.csrfToken()}`),
  login: (request) => {
    rotateCsrfToken(request);
    return new Response(request.csrfToken());
  },
  read: async (request) => new Response(String(await request.body())),
  exempt: csrfExempt(async (request) => new Response(await request.text())),
  hook: methods({
    GET: () => new Response(),
    POST: csrfExempt(() => new Response("hooked")),
    PUT: () => new Response(),
  }),
  stream: csrfExempt(async (request) => new Response(await request.stream.read())),
};
const asked = (given: Site = {}): Client => site([CsrfMiddleware], { views, ...given });

/** A visitor who has seen the form. */
async function visitor(given: Site = {}): Promise<{ client: Client; token: string; secret: string }> {
  const client = asked(given);
  const token = (await client.get("/form")).text();
  return { client, token, secret: client.cookies.get("csrftoken")! };
}

const reasonOf = (response: ClientResponse): string => response.errors.join("\n");

test("a form with the token of its page passes, by field or by header, urlencoded or with files", async () => {
  const { client, token, secret } = await visitor();
  for (const options of [
    { form: { csrfToken: token, a: 1 } },
    { multipart: { csrfToken: token, file: { filename: "a.txt", content: "x" } } },
    { json: {}, headers: { "X-CSRFToken": token } },
    { json: {}, headers: { "X-CSRFToken": secret } },
    { form: { a: 1 }, headers: { "X-CSRFToken": token } },
    { form: { csrfToken: token }, headers: { Origin: "http://testserver" } },
  ]) {
    const response = await client.post("/", options);
    assert.deepEqual([response.status, response.text()], [200, "done"], JSON.stringify(options));
  }
  for (const method of ["PUT", "PATCH", "DELETE"]) {
    assert.equal((await client.request(method, "/", { headers: { "X-CSRFToken": token } })).status, 200);
  }
});

test("methods without effect are never checked", async () => {
  for (const method of ["GET", "HEAD", "OPTIONS", "TRACE"]) {
    const response = await asked().request(method, "/", { headers: { Origin: "https://evil.example" } });
    assert.equal(response.status, 200, method);
  }
});

test("everything else is 403, and the log has the reason", async () => {
  const { client, token, secret } = await visitor();
  const other = (await visitor()).token;
  const rows = [
    [client, { form: { a: 1 } }, /form has no field csrfToken/],
    [client, { form: { csrfToken: "" } }, /field csrfToken is no token/],
    [client, { form: { csrfToken: other } }, /does not belong to the cookie/],
    [client, { multipart: { csrfToken: other } }, /does not belong/],
    [client, { json: { csrfToken: token } }, /no header X-CSRFToken, and no form/],
    [client, { headers: { "X-CSRFToken": "x" } }, /header X-CSRFToken is no token/],
    [client, { form: { csrfToken: token }, headers: { "X-CSRFToken": other } }, /does not belong/],
    [client, { form: { csrfToken: token }, headers: { Origin: "https://evil.example" } }, /origin "https:\/\/evil/],
    [client, { form: { csrfToken: token }, headers: { cookie: `csrftoken=${secret}x` } }, /no cookie csrftoken/],
    [asked(), { form: { csrfToken: token } }, /no cookie csrftoken.*does the browser take cookies/],
    [client, { form: { csrfToken: token }, secure: true }, /neither an Origin nor a Referer/],
  ] as const;
  for (const [who, options, reason] of rows) {
    const response = await who.post("/", options);
    assert.equal(response.status, 403, String(reason));
    assert.match(reasonOf(response), reason);
    assert.doesNotMatch(response.text(), reason, "strangers are not told");
  }
});

test("in development the page says why", async () => {
  const { client } = await visitor({ debug: true });
  for (const options of [{ form: { a: "1" } }, { json: {} }]) {
    const response = await client.post("/", options);
    assert.equal(response.status, 403);
    assert.match(
      response.text(),
      /Reason: <strong>(the form has no field|there is no header).*settings\.csrf\.trustedOrigins/s,
    );
    // Whatever the site's own policy is, the page has its style, and no script.
    assert.match(
      response.headers.get("Content-Security-Policy") ?? "",
      /^default-src 'none'; style-src 'unsafe-inline';/,
    );
  }
});

test("the cookie and Vary are there when a token was asked for, and only then", async () => {
  const { client, secret } = await visitor();
  const plain = await client.get("/");
  assert.deepEqual([plain.headers.has("Vary"), plain.headers.has("Set-Cookie")], [false, false]);
  const form = await client.get("/form");
  assert.equal(form.headers.get("Vary"), "Cookie");
  const cookie = form.cookies["csrftoken"]!;
  assert.equal(cookie.value, secret, "a visitor keeps the secret");
  assert.deepEqual([cookie.maxAge, cookie.httpOnly, cookie.sameSite], [365 * 24 * 3600, false, "Lax"]);
  const [one, two] = (await client.get("/twice")).text().split(" ");
  assert.notEqual(one, two, "each token is masked anew");
});

test("a login changes the secret, and a token from before is worth nothing", async () => {
  const { client, token, secret } = await visitor();
  const fresh = (await client.get("/login")).text();
  assert.notEqual(client.cookies.get("csrftoken"), secret);
  assert.equal((await client.post("/", { form: { csrfToken: token } })).status, 403);
  assert.equal((await client.post("/", { form: { csrfToken: fresh } })).status, 200);
});

test("the body of an exempt view, and of one that is checked by its header, is the view's own", async () => {
  const { client, token } = await visitor();
  assert.equal((await client.post("/exempt", { body: "raw" })).text(), "raw");
  assert.equal((await client.post("/stream", { form: { a: 1 } })).text(), "a=1");
  assert.equal((await client.post("/read", { form: { b: 2 }, headers: { "X-CSRFToken": token } })).text(), "b=2");
});

test("a form that cannot be read has the status of that", async () => {
  const { client } = await visitor({ dataUploadMaxNumberFields: 1 });
  assert.equal((await client.post("/", { form: { a: 1, b: 2 } })).status, 400);
});

test("a request with the header never waits for anything", async () => {
  const { client, token, secret } = await visitor();
  let outcome: unknown;
  const watched = new Client((environ, startResponse) => {
    const body = client.application(environ, startResponse);
    outcome = body;
    return body;
  });
  watched.cookies.set("csrftoken", secret);
  assert.equal((await watched.post("/", { json: {}, headers: { "X-CSRFToken": token } })).status, 200);
  assert.equal(isPromise(outcome), false);
});

test("names and attributes follow the settings; trusted origins are let in; the failure goes to the view for 403", async () => {
  const csrf = {
    cookieName: "c",
    headerName: "X-C",
    fieldName: "f",
    cookieAge: null,
    trustedOrigins: ["https://a.example"],
  };
  const client = asked({
    csrf: { ...csrf, cookieHttpOnly: true, cookieSameSite: "Strict", cookiePath: "/" },
    handlers: { 403: (_request, error) => new Response((error as CsrfFailure).reason, { status: 403 }) },
  });
  const form = await client.get("/form", { secure: true });
  const { maxAge, httpOnly, secure, sameSite } = form.cookies["c"]!;
  assert.deepEqual([maxAge, httpOnly, secure, sameSite], [undefined, true, true, "Strict"]);
  const given = { secure: true, headers: { Origin: "https://a.example" } };
  assert.equal((await client.post("/", { ...given, form: { f: form.text() } })).status, 200);
  assert.match((await client.post("/", { ...given, form: {} })).text(), /no field f, and there is no header X-C/);
  assert.ok(new CsrfFailure("x") instanceof Error);
});

test("a cookie that no browser would keep is refused when it is loaded", () => {
  assert.throws(
    () => site([CsrfMiddleware], { csrf: { cookieSameSite: "None" } }),
    /^ImproperlyConfigured: settings\.csrf: cookieSameSite "None" needs cookieSecure/,
  );
});

test("one of several views by method is exempt, and the others are not", async () => {
  const client = asked();
  assert.equal((await client.post("/hook", { json: {} })).text(), "hooked");
  assert.equal((await client.put("/hook", { json: {} })).status, 403);
});
