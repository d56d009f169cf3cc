// An application under `tsgi cgi`, in a process for each request: what comes out on standard output, on standard error, and as exit code.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isCgi } from "../../src/worker/cgi.ts";
import { type CgiAnswer, type CgiRequest, runCgi } from "../support/cgi.ts";
import { APPS } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const at = (path: string, rest: CgiRequest = {}): CgiRequest => ({ ...rest, env: { PATH_INFO: path, ...rest.env } });
const NOTES = { CGI_NOTES: "yes" };
/** What the application noted, in turn. */
const notesOf = ({ stderr }: CgiAnswer) => [...stderr.matchAll(/^note: (.*)$/gm)].map(([, note]) => note);
const FAILED = ["Status: 500 Internal Server Error", "Internal Server Error\n"] as const;
const shown = ({ head, body }: CgiAnswer) => [head[0], body];

test("a request is there when a web server says its method", () => {
  assert.deepEqual([isCgi({}), isCgi({ REQUEST_METHOD: "" }), isCgi({ REQUEST_METHOD: "GET" })], [false, false, true]);
});

test("a body comes in, a response goes out with its status first, and all that is printed goes to standard error", async (t) => {
  const answer = await runCgi(
    t,
    at("/echo", { body: "sent", env: { REQUEST_METHOD: "POST", CONTENT_TYPE: "text/plain" } }),
  );
  assert.deepEqual([answer.code, answer.body], [0, "sent"]);
  assert.deepEqual(answer.head, [
    "Status: 200 OK",
    "Content-Type: text/plain; charset=utf-8",
    "X-Method: POST",
    "Content-Length: 4",
  ]);
  assert.equal(answer.stderr, "console.log at load\nwritten by hand\n");
});

test("the environ is that of the contract, whole under the validator, with what the web server said", async (t) => {
  const env = {
    QUERY_STRING: "a=b",
    HTTP_X_NAME: "v",
    HTTP_PROXY: "http://evil",
    CONTENT_LENGTH: "",
    HTTP_CONTENT_LENGTH: "0",
    HTTPS: "on",
    SERVER_PORT: "443",
  };
  const answer = await runCgi(t, at("/environ", { env, args: ["cgi:application", "--lint", "on"] }));
  assert.equal(answer.stderr, "console.log at load\n");
  const environ = JSON.parse(answer.body) as Record<string, string>;
  const { SCRIPT_NAME, PATH_INFO, QUERY_STRING, HTTP_X_NAME, HTTP_PROXY, CONTENT_LENGTH } = environ;
  assert.deepEqual(
    { SCRIPT_NAME, PATH_INFO, QUERY_STRING, HTTP_X_NAME, HTTP_PROXY, CONTENT_LENGTH },
    {
      ...{ SCRIPT_NAME: "/cgi-bin/site", PATH_INFO: "/environ", QUERY_STRING: "a=b", HTTP_X_NAME: "v" },
      ...{ HTTP_PROXY: undefined, CONTENT_LENGTH: undefined },
    },
  );
  assert.equal(environ["tsgi.url_scheme"], "https");
});

test("startup() runs before the request and shutdown() after it", async (t) => {
  const answer = await runCgi(t, at("/none", { env: NOTES }));
  assert.deepEqual(notesOf(answer), ["startup 1 of 1", "shutdown: the request is over"]);
});

test("the first program of every WSGI course runs as it is, but for the language", async (t) => {
  const cwd = tempFolder(t, {
    "app.mjs": `export function application(environ, startResponse) {
  const status = "200 OK";
  const headers = [["Content-type", "text/plain"]];
  startResponse(status, headers);
  return ["Hello world!"];
}`,
  });
  const answer = await runCgi(t, { cwd, args: ["app:application", "--lint", "on"] });
  assert.equal(answer.stdout, "Status: 200 OK\r\nContent-type: text/plain\r\nContent-Length: 12\r\n\r\nHello world!");
  assert.deepEqual([answer.code, answer.stderr], [0, ""]);
});

test("SIGTERM ends a program whose application pays no heed, when --graceful-timeout is over", async (t) => {
  const answer = await runCgi(
    t,
    at("/stubborn", {
      args: ["cgi:application", "--graceful-timeout", "100ms"],
      meanwhile: (child) =>
        child.stderr!.on("data", (text: string) => {
          if (text.includes("it waits")) child.kill("SIGTERM");
        }),
    }),
  );
  assert.equal(answer.code, 143);
  assert.match(answer.stderr, /the application went on for 0\.1 s \(--graceful-timeout\)/);
});

test("an application in TypeScript loads as everywhere", async (t) => {
  const cwd = tempFolder(t, {
    "app.ts": `export const application = (_environ: object, start: (status: string, headers: string[][]) => void): string => {
  start("200 OK", [["Content-Type", "text/plain"]]);
  return "typed";
};`,
  });
  assert.equal((await runCgi(t, { cwd, args: ["app"] })).body, "typed");
});

test("an application that throws is a 500 with the request's id, and standard error has file and line", async (t) => {
  const answer = await runCgi(t, at("/throws"));
  assert.equal(answer.code, 0);
  assert.match(answer.stdout, /^Status: 500 Internal Server Error\r\n/);
  assert.doesNotMatch(answer.stdout, /secret|cgi\.js/);
  const { line } = lineOf("secret of the inside");
  assert.match(
    answer.stderr,
    new RegExp(`the application failed \\(${join(APPS, "cgi.js")}:${line}:\\d+\\)\nError: secret of the inside`),
  );
});

test("an application that throws after its head is cut, and the exit code says so", async (t) => {
  const answer = await runCgi(t, at("/throws-late"));
  assert.deepEqual([answer.code, answer.head[0], answer.body], [1, "Status: 200 OK", "the first part"]);
});

test("with --lint a violation is a 500, with the culprit and the line on standard error; a warning changes nothing", async (t) => {
  const lint = ["cgi:application", "--lint", "on"];
  const violation = await runCgi(t, at("/bad-header", { args: lint }));
  assert.equal(violation.head[0], "Status: 500 Internal Server Error");
  const { line } = lineOf('"X Bad"');
  assert.match(
    violation.stderr,
    new RegExp(`the application, or a middleware.* header name "X Bad".*\\(PEP 3333, .*cgi\\.js:${line}:\\d+\\)`),
  );
  const warning = await runCgi(t, at("/untyped", { args: lint }));
  assert.deepEqual(shown(warning), ["Status: 200 OK", "no type"]);
  assert.match(warning.stderr, /tsgi: the application.* has no Content-Type.*cgi\.js:\d+:\d+\)\n/);
});

test("a body over --limit-body is a 413, announced or not, and an announced one reaches no application", async (t) => {
  const args = ["cgi:application", "--limit-body", "3"];
  const post = { REQUEST_METHOD: "POST" };
  assert.equal(
    (await runCgi(t, at("/never", { args, env: post, body: "four" }))).head[0],
    "Status: 413 Content Too Large",
  );
  const chunked = { ...post, HTTP_TRANSFER_ENCODING: "chunked" };
  const unannounced = await runCgi(t, at("/echo", { args, env: chunked, body: "four", unannounced: true }));
  assert.equal(unannounced.head[0], "Status: 413 Content Too Large");
  const small = await runCgi(t, at("/echo", { args, env: chunked, body: "123", unannounced: true }));
  assert.deepEqual(shown(small), ["Status: 200 OK", "123"]);
  assert.equal((await runCgi(t, at("/echo", { args, env: post, body: "123" }))).body, "123");
});

test("a body shorter than its length is a 400, never a part that passes for the whole", async (t) => {
  const answer = await runCgi(t, at("/echo", { body: "short", env: { REQUEST_METHOD: "POST", CONTENT_LENGTH: "50" } }));
  assert.equal(answer.head[0], "Status: 400 Bad Request");
});

for (const [title, request, code, stderr] of [
  ["an application that is not there", { args: ["nothing:application"] }, 40, /no module "nothing"/],
  ["an export that is not there", { args: ["cgi:nothing"] }, 43, /no export "nothing"/],
  ["no application at all", { args: [] }, 2, /no application is named/],
  ["an application that ends the process", at("/exits"), 1, /the program ended before the application had answered/],
  ["an application that waits for nothing", at("/never"), 1, /the program ended before the application had answered/],
  ["an error in a timer", at("/uncaught"), 1, /secret of a timer/],
] as const) {
  test(`${title} is a 500 of fixed text for the client, and its reason on standard error`, async (t) => {
    const answer = await runCgi(t, request);
    assert.deepEqual([...shown(answer), answer.code], [...FAILED, code]);
    assert.match(answer.stderr, stderr);
  });
}

test("a startup() that fails is exit code 48, and a module that never loads 46", async (t) => {
  const cwd = tempFolder(t, {
    "starts.mjs": `export const application = () => "x";\nexport const startup = () => { throw new Error("no database"); };`,
    "hangs.mjs": "setInterval(() => {}, 1000);\nawait new Promise(() => {});",
  });
  const starts = await runCgi(t, { cwd, args: ["starts"] });
  assert.deepEqual([...shown(starts), starts.code], [...FAILED, 48]);
  assert.match(starts.stderr, /no database/);
  const hangs = await runCgi(t, { cwd, args: ["hangs", "--boot-timeout", "500ms"] });
  assert.deepEqual([...shown(hangs), hangs.code], [...FAILED, 46]);
});

test("a client that leaves closes the body, runs shutdown(), and is no failure", async (t) => {
  const answer = await runCgi(
    t,
    at("/endless", {
      env: NOTES,
      meanwhile: (child) => child.stdout!.once("data", () => child.stdout!.destroy()),
    }),
  );
  assert.equal(answer.code, 0);
  assert.deepEqual(notesOf(answer).slice(1), ["begun", "closed", "shutdown: the request is over"]);
  assert.doesNotMatch(answer.stderr, /Error|failed/);
});

test("SIGTERM, by which a web server says that nobody waits any more, aborts the signal and ends in good order", async (t) => {
  const answer = await runCgi(
    t,
    at("/waits", {
      env: NOTES,
      meanwhile: (child) =>
        child.stderr!.on("data", (text: string) => {
          if (text.includes("it waits")) child.kill("SIGTERM");
        }),
    }),
  );
  assert.deepEqual([answer.code, answer.signal, answer.stdout], [0, null, ""]);
  assert.deepEqual(notesOf(answer).slice(1), ["shutdown: the request is over"]);
});

function lineOf(words: string): { readonly line: number } {
  return {
    line:
      readFileSync(join(APPS, "cgi.js"), "utf8")
        .split("\n")
        .findIndex((text) => text.includes(words)) + 1,
  };
}
