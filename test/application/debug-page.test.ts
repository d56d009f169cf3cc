import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { NotFound } from "../../src/application/exceptions.ts";
import { getApplication } from "../../src/application/get-application.ts";
import { SecurityMiddleware } from "../../src/application/middlewares/security.ts";
import { include, path } from "../../src/application/paths.ts";
import type { Request } from "../../src/application/request.ts";
import { call } from "../support/call.ts";
import { tempFolder } from "../support/temp-folder.ts";

function failing(request: Request): never {
  const secretOfTheCode = request.path;
  throw new Error(`<b>broke</b> at ${secretOfTheCode}`, { cause: new TypeError("the cause") });
}

const urls = [
  path("fails/<slug:what>/", failing, { name: "fails" }),
  path("blog/", include([path("<int:year>/", failing, { name: "year" })], { namespace: "blog" })),
];
const KEY = ["s3c", "r3t"].join("");
const debug = getApplication({ urls, debug: true, secretKey: KEY });
const production = getApplication({ urls, secretKey: KEY });

// Put together, so that the page, which shows lines of this file, has it from nowhere but the request.
const SECRET = ["hun", "ter2"].join("");
const HEADERS = {
  Accept: "text/html",
  "User-Agent": "Browser<1>",
  Authorization: `Basic ${SECRET}`,
  Cookie: `sessionid=${SECRET}; theme=${SECRET}`,
  "X-Api-Key": SECRET,
};
const SIGNS = /secretOfTheCode|debug-page\.test|the cause|broke|Browser|blog:year|settings\.debug/;

test("in development an error shows the message, the line, the frames of the application first, and the request", async () => {
  const { status, text, header } = await call(debug, `/fails/now/??page=2&token=${SECRET}`, { headers: HEADERS });
  assert.equal(status, 500);
  assert.equal(header("Cache-Control"), "no-store");
  assert.match(text, /<h1>Error: &lt;b&gt;broke&lt;\/b&gt; at \/fails\/now\/<\/h1>/);
  assert.match(text, /&gt; \d+ \| {3}throw new Error/);
  assert.match(text, /Caused by TypeError: the cause/);
  assert.match(text, /route &quot;fails\/&lt;slug:what&gt;\/&quot; fails</);
  const first = text.indexOf("debug-page.test.ts");
  const own = text.indexOf("/src/application/");
  assert.ok(first > 0 && own > first, "the application's frames come first");
  for (const [name, value] of [
    ["what", "now"],
    ["page", "2"],
    ["user-agent", "Browser&lt;1&gt;"],
  ] as const) {
    assert.match(text.toLowerCase(), new RegExp(`<th>${name}</th><td><code>${value.toLowerCase()}`), name);
  }
});

test("the page brings a policy that lets its own style through and nothing else, and the site's own does not take its place", async () => {
  const policed = getApplication({
    urls,
    debug: true,
    middleware: [SecurityMiddleware],
    security: { contentSecurityPolicy: "default-src 'none'" },
  });
  for (const target of ["/fails/now/", "/nowhere"]) {
    const { text, header } = await call(policed, target, { headers: HEADERS });
    const style = /<style>([\s\S]*?)<\/style>/.exec(text)![1]!;
    const hash = createHash("sha256").update(style).digest("base64");
    assert.match(header("Content-Security-Policy")!, /^default-src 'none'; /);
    assert.ok(header("Content-Security-Policy")!.includes(`style-src 'sha256-${hash}'`), target);
  }
});

test("whatever is named like a secret is masked, and so is every cookie", async () => {
  const { text } = await call(debug, `/fails/now/??token=${SECRET}`, { headers: HEADERS });
  for (const secret of [SECRET, KEY]) assert.ok(!text.includes(secret));
  for (const name of ["sessionid", "theme", "authorization", "token"]) {
    assert.match(text, new RegExp(`<th>${name}</th><td><code>\\*+<`, "i"), name);
  }
});

test("in development a path without a route shows the routes that there are", async () => {
  const { status, text } = await call(debug, "/<nowhere>", { headers: HEADERS });
  assert.equal(status, 404);
  assert.match(text, /No route matches &quot;\/&lt;nowhere&gt;&quot;/);
  assert.match(text, /<code>&quot;fails\/&lt;slug:what&gt;\/&quot; \(fails\)<\/code>/);
  assert.match(text, /&quot;blog\/&lt;int:year&gt;\/&quot; \(blog:year\)/);
});

test("a client that asks for JSON gets the same as JSON", async () => {
  const headers = { Accept: "application/json" };
  const error = await call(debug, "/fails/now/", { headers });
  assert.equal(error.header("Content-Type"), "application/json");
  const { status, error: message, stack, causes } = JSON.parse(error.text);
  assert.equal(status, 500);
  assert.equal(message, "Error: <b>broke</b> at /fails/now/");
  assert.match(stack[0], /^failing \(.*debug-page\.test\.ts:\d+:\d+\)$/);
  assert.deepEqual(causes, ["TypeError: the cause"]);
  const missing = await call(debug, "/nowhere", { headers });
  assert.deepEqual(JSON.parse(missing.text).routes, ['"fails/<slug:what>/" (fails)', '"blog/<int:year>/" (blog:year)']);
});

test("whatever can be thrown has a page", async () => {
  const odd = new Proxy(new Error("x"), {
    get: () => {
      throw new Error("no");
    },
  });
  for (const thrown of [undefined, null, "text", 1, {}, odd, Object.create(null)]) {
    const application = getApplication({
      debug: true,
      urls: [
        path("", () => {
          throw thrown;
        }),
      ],
    });
    assert.equal((await call(application, "/")).status, 500);
  }
});

test("other errors have the same pages as in production, and handlers of the settings do not hide an error", async () => {
  const application = getApplication({
    debug: true,
    handlers: { 500: () => assert.fail("asked") },
    urls: [
      path("", () => {
        throw new NotFound();
      }),
      ...urls,
    ],
  });
  assert.match((await call(application, "/")).text, /<h1>Not Found<\/h1><p>There is no such page/);
  assert.match((await call(application, "/fails/x/")).text, /broke/);
});

test("in production nothing of it is ever sent", async () => {
  for (const at of [`/fails/now/??token=${SECRET}`, "/nowhere"]) {
    for (const accept of ["text/html", "application/json", "text/plain", "*/*"]) {
      const answer = await call(production, at, { headers: { ...HEADERS, Accept: accept } });
      assert.doesNotMatch(answer.text, SIGNS, accept);
      assert.doesNotMatch(JSON.stringify(answer.headers), SIGNS, accept);
      assert.ok(answer.text.length < 250, answer.text);
    }
  }
});

test("a message that looks like frames shows no file, and of no frame anything but source", async (t) => {
  const keys = join(tempFolder(t, { keys: "k3ys", "other.ts": "s0urce" }), "keys");
  const other = join(dirname(keys), "other.ts");
  const message = `not found: x\n    at steal (${keys}:1:1)\n    at steal (${other}:1:1)`;
  const changed = Object.assign(new Error("first"), { stack: `Error: first\n    at own (${keys}:1:1)` });
  for (const error of [new Error(message), new Error("outer", { cause: new Error(message) }), changed]) {
    const view = (): never => {
      throw error;
    };
    const { text } = await call(getApplication({ urls: [path("", view)], debug: true }), "/");
    assert.match(text, /settings\.debug/);
    assert.doesNotMatch(text, /k3ys|s0urce/);
  }
});
