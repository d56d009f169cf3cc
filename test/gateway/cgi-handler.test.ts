import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { BaseCGIHandler, CGIHandler, IISCGIHandler } from "../../src/gateway/handlers.ts";
import type { Application } from "../../src/gateway/types.ts";
import { runHandler } from "../support/memory-handler.ts";

const PROGRAM = fileURLToPath(new URL("../programs/wsgiref/cgi.ts", import.meta.url));

const tells: Application = (environ, startResponse) => {
  startResponse("200 OK", [["X", "1"]]);
  const { SCRIPT_NAME, PATH_INFO } = environ;
  const facts = ["multithread", "multiprocess", "run_once", "url_scheme"].map((key) => environ[`tsgi.${key}`]);
  return [[SCRIPT_NAME, PATH_INFO, ...facts, environ["tsgi.request_id"]].join(" ")];
};

/** One request of the class, with these variables. */
async function run(handlerClass: typeof CGIHandler, environ: Record<string, string>, application = tells) {
  const out: string[] = [];
  const stdout = { write: (bytes: Uint8Array) => void out.push(Buffer.from(bytes).toString("latin1")) };
  const handler = new handlerClass({ stdin: null, stdout, stderr: { write() {} }, environ });
  await handler.run(application);
  return { handler, out: out.join("") };
}

test("a CGI program is one request of one process, and speaks to a web server", async () => {
  const { out, handler } = await run(CGIHandler, {
    SCRIPT_NAME: "/x.cgi",
    PATH_INFO: "/é",
    HTTPS: "on",
    UNIQUE_ID: "u1",
  });
  assert.equal(out, "Status: 200 OK\r\nX: 1\r\nContent-Length: 35\r\n\r\n/x.cgi /Ã© false true true https u1");
  assert.equal(handler.exitStatus, 0);
});

test("a handler behind a gateway has the facts that it was given", async () => {
  const { out } = await runHandler(BaseCGIHandler, tells, { multithread: true, multiprocess: true });
  assert.match(out, /^Status: 200 OK\r\n/);
  assert.match(out, / {2}true true false http /);
});

test("IIS puts the script's name in front of the path: it is taken off", async () => {
  const { out } = await run(IISCGIHandler, { SCRIPT_NAME: "/app", PATH_INFO: "/app/x", UNIQUE_ID: "u" });
  assert.match(out, /\r\n\/app \/x false/);
  assert.match((await run(IISCGIHandler, { SCRIPT_NAME: "/app", PATH_INFO: "/apple" })).out, /\r\n\/app \/apple /);
});

test("an id of the web server's that could not stand in a header is not taken", async () => {
  const { handler } = await run(CGIHandler, { UNIQUE_ID: "a\nb" });
  assert.match(handler.requestId, /^[0-9a-f-]{36}$/);
});

test("a response that was cut is an exit status of 1; an error that was answered is none", async () => {
  const cut = await run(CGIHandler, {}, function* (_environ, startResponse) {
    startResponse("200 OK", []);
    yield "a";
    throw new Error("x");
  });
  const failed = await run(CGIHandler, {}, () => {
    throw new Error("x");
  });
  assert.deepEqual([cut.handler.exitStatus, failed.handler.exitStatus], [1, 0]);
  assert.match(failed.out, /^Status: 500 /);
  assert.equal(process.exitCode ?? 0, 0);
});

/** Runs the program as a web server does. */
async function cgi(environ: Record<string, string>, stdin = "") {
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), PROGRAM], { env: environ });
  const texts = { out: "", err: "" };
  child.stdout.on("data", (bytes: Buffer) => {
    texts.out += bytes.toString("latin1");
  });
  child.stderr.on("data", (bytes: Buffer) => {
    texts.err += bytes;
  });
  // Its input is not ended: a web server may leave it open.
  child.stdin.write(stdin);
  const [code] = (await once(child, "close")) as [number];
  return { code, ...texts };
}

test("a process that is called as a CGI program answers on its output, reads no more than its body, and ends", async () => {
  const [whole, cut, failed] = await Promise.all([
    cgi(
      {
        ...{ REQUEST_METHOD: "POST", SCRIPT_NAME: "/cgi-bin/echo", PATH_INFO: "/a b", CONTENT_LENGTH: "5" },
        ...{ SERVER_PROTOCOL: "HTTP/1.1", HTTP_PROXY: "http://evil" },
      },
      "hello, and more",
    ),
    cgi({ PATH_INFO: "/cut" }),
    cgi({ PATH_INFO: "/fail" }),
  ]);
  assert.equal(
    whole.out,
    "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 39\r\n\r\n" +
      "POST /cgi-bin/echo/a b undefined hello\n",
    whole.err,
  );
  assert.deepEqual([whole.code, whole.err], [0, ""]);
  assert.deepEqual([cut.code, cut.out.endsWith("\r\n\r\na part")], [1, true]);
  assert.match(cut.err, /Error: in the middle/);
  assert.deepEqual([failed.code, failed.out.startsWith("Status: 500 Internal Server Error\r\n")], [0, true]);
  assert.match(failed.err, /Error: the program failed/);
});
