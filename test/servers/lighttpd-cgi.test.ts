// `tsgi cgi` under a real web server that speaks CGI, with the configuration of docs/cgi.md: requests, bodies, paths, redirects, files,
// errors, clients that leave. The validator is on, so that it judges what lighttpd makes of a request, too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, get, RawClient } from "../support/client.ts";
import { noLighttpd, startLighttpd } from "../support/lighttpd.ts";
import { APPS } from "../support/server.ts";

const SOURCE = readFileSync(join(APPS, "cgi.js"), "utf8");
const FILES = { "cgi.js": SOURCE, "app.js": SOURCE, "package.json": '{ "type": "module" }' };
const LINT = ["--lint", "on"];
const VIOLATION = /broke the contract|does what it should not/;

test("GET, HEAD, POST, redirects, cookies, a file and a large body through lighttpd, and the validator has nothing to say", {
  skip: noLighttpd,
}, async (t) => {
  const { port, lines } = await startLighttpd(t, FILES, LINT);
  const url = `http://127.0.0.1:${port}/app`;

  const posted = await fetch(`${url}/echo`, { method: "POST", body: "sent" });
  assert.deepEqual([posted.status, posted.headers.get("x-method"), await posted.text()], [200, "POST", "sent"]);
  const chunked = await ask(
    port,
    "POST /app/stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
  );
  assert.deepEqual([chunked.status, chunked.body], [200, "abcde"]);

  const head = await fetch(`${url}/file`, { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("content-length"), await head.text()], [200, `${SOURCE.length}`, ""]);
  assert.equal(await (await fetch(`${url}/file`)).text(), SOURCE);

  const redirect = await fetch(`${url}/redirect`, { redirect: "manual" });
  assert.deepEqual([redirect.status, redirect.headers.get("location")], [303, "/elsewhere"]);
  const cookies = await fetch(`${url}/cookies`);
  assert.deepEqual(cookies.headers.getSetCookie(), ["a=1", "b=2"]);
  assert.equal((await fetch(`${url}/none`)).status, 204);

  const large = await (await fetch(`${url}/large?256`)).arrayBuffer();
  assert.equal(large.byteLength, 256 * 65_536);
  assert.deepEqual(
    lines.filter((line) => VIOLATION.test(line)),
    [],
  );
  assert.ok(lines.includes("console.log at load") && lines.includes("written by hand"), "the application prints here");
});

test("paths and queries are those of the contract: SCRIPT_NAME, PATH_INFO decoded as UTF-8, the query as it was sent", {
  skip: noLighttpd,
}, async (t) => {
  const { port } = await startLighttpd(t, FILES, LINT);
  const environ = async (target: string): Promise<Record<string, string>> =>
    JSON.parse((await ask(port, get(target, "X-Name: caf\xe9\r\nProxy: http://evil\r\nConnection: close\r\n"))).body);
  const found = await environ("/app/environ?x=%20a+b&y=/");
  assert.deepEqual(
    [found["SCRIPT_NAME"], found["PATH_INFO"], found["QUERY_STRING"], found["HTTP_PROXY"]],
    ["/app", "/environ", "x=%20a+b&y=/", undefined],
  );
  assert.deepEqual(
    [found["REMOTE_ADDR"], found["SERVER_PROTOCOL"], found["REQUEST_URI"]],
    ["127.0.0.1", "HTTP/1.1", "/app/environ?x=%20a+b&y=/"],
  );
  const missing = await fetch(`http://127.0.0.1:${port}/app/caf%C3%A9%20%26`);
  assert.deepEqual([missing.status, await missing.text()], [404, "nothing at /café &\n"]);
  assert.equal((await ask(port, get("/app?-c+/nothing", "Connection: close\r\n"))).body, "nothing at \n");
});

test("an application that throws is a 500 without its secret; one that was begun ends; one that does not load is a 500 too", {
  skip: noLighttpd,
}, async (t) => {
  const { port, lines, says } = await startLighttpd(t, FILES, LINT);
  const url = `http://127.0.0.1:${port}/app`;
  const failed = await fetch(`${url}/throws`);
  assert.equal(failed.status, 500);
  assert.match(await failed.text(), /^500 Internal Server Error\nrequest [\w-]+\n$/);
  await says(/^the application failed \(.*app\.js:\d+:\d+\)$/);
  assert.equal(await (await fetch(`${url}/throws-late`)).text(), "the first part");
  assert.equal((await fetch(`${url}/exits`)).status, 500);
  assert.ok(lines.some((line) => line.includes("the program ended before the application had answered")));
  const broken = await startLighttpd(t, { "app.js": "export const application = 3 +;" });
  const answer = await fetch(`http://127.0.0.1:${broken.port}/app/`);
  assert.deepEqual([answer.status, await answer.text()], [500, "Internal Server Error\n"]);
  await broken.says(/tsgi: cannot load app:application: it has a syntax error/);
});

test("a client that leaves in the middle of a response ends the program: the body is closed and shutdown() runs", {
  skip: noLighttpd,
}, async (t) => {
  const { port, lines, says } = await startLighttpd(t, FILES, ["--env", "CGI_NOTES=yes"]);
  const client = await RawClient.connect(port);
  client.send(get("/app/endless"));
  await client.until(() => client.received.length > 100_000);
  client.socket.destroy();
  await says(/^note: shutdown: the request is over$/);
  assert.deepEqual(
    lines.filter((line) => line.startsWith("note: ")),
    ["note: startup 1 of 1", "note: begun", "note: closed", "note: shutdown: the request is over"],
  );
});
