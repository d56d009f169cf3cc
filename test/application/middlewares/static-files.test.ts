// Static files: what is served, with which headers, and every way out of the folder that is shut.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ImproperlyConfigured } from "../../../src/application/exceptions.ts";
import { StaticFilesMiddleware } from "../../../src/application/middlewares/static-files.ts";
import { site } from "../../support/site.ts";

const root = mkdtempSync(join(tmpdir(), "tsgi-static-"));
after(() => rmSync(root, { recursive: true }));
for (const folder of ["one/css", "one/.git", "two"]) mkdirSync(join(root, folder), { recursive: true });
for (const [file, text] of [
  ["secret.txt", "secret"],
  ["one/css/site.css", "body {}"],
  ["one/both.txt", "from one"],
  ["one/.env", "KEY=1"],
  ["one/.git/config", "git"],
  ["one/index.html", "index"],
  ["one/a b%.txt", "odd name"],
  ["two/both.txt", "from two"],
  ["two/only.txt", "only two"],
]) {
  writeFileSync(join(root, file!), text!);
}
const dirs = [join(root, "one"), join(root, "two")];
const client = site([StaticFilesMiddleware], { static: { dirs } });

test("files come with type, length, validators and ranges; the first folder that has one wins", async () => {
  const css = await client.get("/static/css/site.css");
  assert.deepEqual([css.status, css.text()], [200, "body {}"]);
  assert.match(css.headers.get("Content-Type")!, /^text\/css/);
  assert.deepEqual([css.headers.get("Content-Length"), css.headers.get("Cache-Control")], ["7", "no-cache"]);
  const etag = css.headers.get("ETag")!;
  assert.equal((await client.get("/static/css/site.css", { headers: { "If-None-Match": etag } })).status, 304);
  const part = await client.get("/static/css/site.css", { headers: { Range: "bytes=0-3" } });
  assert.deepEqual([part.status, part.text()], [206, "body"]);
  assert.equal((await client.head("/static/css/site.css")).headers.get("Content-Length"), "7");
  assert.equal((await client.get("/static/both.txt")).text(), "from one");
  assert.equal((await client.get("/static/only.txt")).text(), "only two");
  assert.equal((await client.get("/static/a%20b%25.txt")).text(), "odd name");
});

test("below a script name the url is the application's own", async () => {
  const mounted = site([StaticFilesMiddleware], { static: { dirs }, client: { scriptName: "/app" } });
  assert.equal((await mounted.get("/app/static/only.txt")).text(), "only two");
});

test("folders are not listed, and have no index; what is not there is 404", async () => {
  for (const path of ["", "css", "css/", "missing.txt", "index.html/x", `${"x".repeat(300)}`]) {
    assert.equal((await client.get(`/static/${path}`)).status, 404, path);
  }
});

test("files that begin with a dot are not there, however they are written", async () => {
  for (const path of [".env", "%2eenv", ".git/config", "css/../.env", ".%67it/config", "./both.txt"]) {
    const { status } = await client.get(`/static/${path}`);
    assert.ok(status === 404 || status === 400, `${path}: ${status}`);
  }
});

test("no path leads out of the folder, in any encoding", async () => {
  for (const path of [
    "../secret.txt",
    "css/../../secret.txt",
    "%2e%2e/secret.txt",
    "..%2fsecret.txt",
    "%2e%2e%2fsecret.txt",
    "..%5csecret.txt",
    "..\\secret.txt",
    "%252e%252e%252fsecret.txt",
    "%25252e%25252e/secret.txt",
    "..%c0%afsecret.txt",
    "%c0%ae%c0%ae/secret.txt",
    "....//secret.txt",
    "..;/secret.txt",
    "both.txt%00.css",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    `/${root}/secret.txt`,
    "C:/secret.txt",
    "..%20/secret.txt",
  ]) {
    const response = await client.get(`/static/${path}`);
    assert.ok(response.status === 400 || response.status === 404, `${path}: ${response.status}`);
    assert.doesNotMatch(response.text(), /^secret|root:/);
  }
});

test("only GET and HEAD are there, and other paths are the views'", async () => {
  const response = await client.post("/static/both.txt");
  assert.deepEqual([response.status, response.headers.get("Allow")], [405, "GET, HEAD"]);
  assert.equal((await client.get("/")).text(), "hello");
  assert.equal((await client.get("/staticboth.txt")).status, 404);
});

test("no folder, one that is none, and a url that is everything are refused when it is loaded", () => {
  for (const [settings, message] of [
    [{}, /settings\.static\.dirs is empty/],
    [{ dirs: [join(root, "secret.txt")] }, /secret\.txt", which is no folder/],
    [{ dirs: [join(root, "missing")] }, /missing", which is no folder/],
    [{ dirs, url: "/" }, /url is "\/"/],
  ] as const) {
    assert.throws(
      () => site([StaticFilesMiddleware], { static: settings }),
      (error) =>
        error instanceof ImproperlyConfigured &&
        /^StaticFilesMiddleware/.test(error.message) &&
        message.test(error.message),
    );
  }
});
