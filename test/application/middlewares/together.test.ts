// All the stock middlewares in the order that the documentation gives, over a visit; and that a request which needs none of them pays nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { getApplication } from "../../../src/application/get-application.ts";
import { CommonMiddleware } from "../../../src/application/middlewares/common.ts";
import { CompressMiddleware } from "../../../src/application/middlewares/compress.ts";
import { ConditionalGetMiddleware } from "../../../src/application/middlewares/conditional-get.ts";
import { CsrfMiddleware, rotateCsrfToken } from "../../../src/application/middlewares/csrf.ts";
import { MessagesMiddleware } from "../../../src/application/middlewares/messages.ts";
import { SecurityMiddleware } from "../../../src/application/middlewares/security.ts";
import { SessionMiddleware } from "../../../src/application/middlewares/session.ts";
import { path } from "../../../src/application/paths.ts";
import { isPromise } from "../../../src/application/promises.ts";
import type { Request } from "../../../src/application/request.ts";
import { JsonResponse, Redirect, Response, StreamingResponse } from "../../../src/application/response.ts";
import type { View } from "../../../src/application/types.ts";
import type { Environ } from "../../../src/gateway/types.ts";
import { site } from "../../support/site.ts";

const ALL = [
  SecurityMiddleware,
  CompressMiddleware,
  ConditionalGetMiddleware,
  CommonMiddleware,
  SessionMiddleware,
  CsrfMiddleware,
  MessagesMiddleware,
];

const home: View = (request) => {
  const lines = [...request.messages].map(({ text }) => text);
  return new Response(`${request.csrfToken()}\n${request.session.get("user", "nobody")}\n${lines.join("\n")}`);
};
const TOO_LATE: Readonly<Record<string, (request: Request) => unknown>> = {
  "session.set": (request) => request.session.set("a", 1),
  "session.flush": (request) => request.session.flush(),
  "messages.add": (request) => request.messages.success("done"),
  "reading the messages": (request) => [...request.messages],
  "request.csrfToken": (request) => request.csrfToken(),
  rotateCsrfToken: (request) => rotateCsrfToken(request),
};

test("what needs a cookie throws in the body of a stream, whose head is out; what was asked for before does not", async () => {
  for (const [name, late] of Object.entries(TOO_LATE)) {
    for (const early of [() => {}, (request: Request) => void request.csrfToken()]) {
      const view: View = (request) => {
        early(request);
        return new StreamingResponse(
          (function* () {
            yield String(request.session.get("never", "nothing"));
            late(request);
          })(),
        );
      };
      const client = site(ALL, { views: { "": view } });
      if (name === "request.csrfToken" && early.length > 0) assert.equal((await client.get("/")).text(), "nothing");
      else await assert.rejects(client.get("/"), { name: "HeadIsOut", message: new RegExp(`^${name}`) });
    }
  }
});

const login: View = async (request) => {
  const { fields } = await request.form();
  request.session.flush();
  request.session.set("user", fields.get("user"));
  rotateCsrfToken(request);
  request.messages.success("welcome");
  return new Redirect("/");
};
const text: View = () => new Response("long ".repeat(100));

test("a visit: a form, a login, a flash message once, and pages that are compressed and not sent twice", async () => {
  const client = site(ALL, { views: { "": home, "login/": login, text } });
  const token = (await client.get("/")).text().split("\n")[0]!;
  assert.equal((await client.post("/login/", { form: { user: "eve" } })).status, 403);
  assert.equal((await client.post("/login", { form: {} })).status, 308);
  const shown = await client.post("/login/", { form: { user: "ada", csrfToken: token }, follow: true });
  assert.deepEqual(shown.text().split("\n").slice(1), ["ada", "welcome"]);
  assert.deepEqual((await client.get("/")).text().split("\n").slice(1), ["ada", ""]);
  assert.equal((await client.post("/login/", { form: { csrfToken: token } })).status, 403, "the token is a new one");

  const headers = { "Accept-Encoding": "br" };
  const page = await client.get("/text", { headers });
  assert.equal(String(brotliDecompressSync(page.body)), "long ".repeat(100));
  assert.equal(page.headers.get("X-Frame-Options"), "DENY");
  assert.equal(page.headers.get("Vary"), "Accept-Encoding");
  const etag = page.headers.get("ETag")!;
  const again = await client.get("/text", { headers: { ...headers, "If-None-Match": etag } });
  assert.deepEqual([again.status, again.body.length], [304, 0]);
});

test("a JSON view behind all of them answers without a promise, and nobody looks at a cookie", () => {
  const application = getApplication({
    secretKey: "key",
    urls: [path("", () => new JsonResponse({ a: 1 }))],
    middleware: ALL,
  });
  const environ = Object.defineProperty(
    { REQUEST_METHOD: "GET", SCRIPT_NAME: "", PATH_INFO: "/", HTTP_HOST: "h", "tsgi.url_scheme": "http" },
    "HTTP_COOKIE",
    { get: () => assert.fail("the cookies were looked at") },
  ) as unknown as Environ;
  let status = "";
  const body = application(environ, (line) => {
    status = line;
    return async () => {};
  });
  assert.equal(isPromise(body), false);
  assert.deepEqual([status, String(body)], ["200 OK", '{"a":1}']);
});
