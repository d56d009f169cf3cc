// wsgiref's documented behaviour, example by example, and the programs of docs/wsgiref.md as they stand there.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Application } from "../../src/gateway/types.ts";
import { makeServer } from "../../src/worker/simple-server.ts";
import { application as environ } from "../programs/wsgiref/environ.ts";
import { filesOf } from "../programs/wsgiref/files.ts";
import { application as hello } from "../programs/wsgiref/hello.ts";
import { application as walk } from "../programs/wsgiref/walk.ts";
import { runCgi } from "../support/cgi.ts";
import { ask, get } from "../support/client.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WSGIREF = join(ROOT, "test/programs/wsgiref");

async function serve(t: TestContext, application: Application): Promise<number> {
  const server = await makeServer("127.0.0.1", 0, application, { log: null });
  t.after(() => server.serverClose());
  void server.serveForever();
  return server.serverPort;
}

test("the introductory program of the notes on WSGI runs unchanged under makeServer, tsgi serve and tsgi cgi", async (t) => {
  const target = "hello.ts:application";
  const server = await Server.start(t, [target], { cwd: WSGIREF });
  for (const port of [await serve(t, hello), server.port]) {
    const { status, fields, body } = await ask(port, get("/"));
    assert.deepEqual([status, fields["content-type"], body], [200, "text/plain", "Hello world!"]);
  }
  const { code, head, body, stderr } = await runCgi(t, { args: [target], cwd: WSGIREF });
  assert.deepEqual([code, body, stderr], [0, "Hello world!", ""]);
  assert.deepEqual(head, ["Status: 200 OK", "Content-type: text/plain", "Content-Length: 12"]);
});

test("the environ is shown, and what is there is not replaced by the defaults for tests", async (t) => {
  const port = await serve(t, environ);
  const { body } = await ask(port, get("/where?x=y"));
  for (const line of ["PATH_INFO: /where", "QUERY_STRING: x=y", "HTTP_HOST: example.com", `SERVER_PORT: ${port}`]) {
    assert.ok(body.split("\n").includes(line), body);
  }
});

test("a small file server sends what is in its folder, and nothing else", async (t) => {
  const folder = tempFolder(t, { "site/page.html": "<h1>page</h1>", "site/sub/a.txt": "text", "secret.txt": "secret" });
  const port = await serve(t, filesOf(join(folder, "site")));
  const page = await ask(port, get("/page.html"));
  assert.deepEqual(
    [page.status, page.fields["content-type"], page.fields["content-length"], page.body],
    [200, "text/html; charset=utf-8", "13", "<h1>page</h1>"],
  );
  assert.equal((await ask(port, get("/sub/a.txt"))).body, "text");
  for (const path of [
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/sub",
    "/",
    "/none",
    "/page.html%00",
  ]) {
    assert.equal((await ask(port, get(path))).status, 404, path);
  }
});

test("applications below one another walk down the path, and each knows its own address", async (t) => {
  const port = await serve(t, walk);
  const bodyOf = async (path: string) => (await ask(port, get(path))).body;
  assert.equal(await bodyOf("/"), "the front page at http://example.com/ was asked for http://example.com/\n");
  assert.equal(await bodyOf("/blog"), "the blog at http://example.com/blog was asked for http://example.com/blog\n");
  assert.equal(
    await bodyOf("/blog//archive/2026?page=2"),
    "the archive at http://example.com/blog/archive was asked for http://example.com/blog/archive/2026?page=2\n",
  );
  assert.equal(await bodyOf("/toString"), "there is no toString here\n");
});

const BLOCKS = [...readFileSync(join(ROOT, "docs/wsgiref.md"), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
  ([, code]) => code!,
);
const MODULES: Readonly<Record<string, string>> = {
  "simple-server": "src/worker/simple-server.ts",
  gateway: "src/gateway/index.ts",
};

/** Programs of the page in a folder, with our sources for the package. */
function programsOf(t: TestContext, blocks: readonly string[]): readonly string[] {
  const folder = tempFolder(t, { "package.json": '{ "type": "module" }' });
  return blocks.map((block, i) => {
    const code = block
      .replace(/from "tsgi\/([\w-]+)"/g, (_all, name: string) => {
        return `from ${JSON.stringify(pathToFileURL(join(ROOT, MODULES[name] ?? `src/gateway/${name}.ts`)).href)}`;
      })
      .replace("8000", "0");
    const file = join(folder, `${i}.ts`);
    writeFileSync(file, code);
    return file;
  });
}

/** Starts programs of the page, one after the other in one process. */
function start(t: TestContext, blocks: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const [first, ...others] = programsOf(t, blocks);
  const main = others.reduce(
    (code, file) => `${code}console.log("----");await import(${JSON.stringify(file)});`,
    `await import(${JSON.stringify(first)});`,
  );
  const args = ["--import", import.meta.resolve("tsx"), "--input-type=module", "--eval", main];
  const child = spawn(process.execPath, args, { env });
  const text = { out: "", err: "" };
  child.stdout.on("data", (bytes) => {
    text.out += bytes;
  });
  child.stderr.on("data", (bytes) => {
    text.err += bytes;
  });
  t.after(() => void child.kill("SIGKILL"));
  return { child, text };
}

/** What the programs print, in the order of the page. `null` for those that have a test of their own. */
const PRINTS: readonly (string | RegExp | null)[] = [
  null,
  "Hello world!\n1\n",
  new RegExp(
    "^HTTP/1\\.1 503 Service Unavailable\r\nDate: .*\r\nConnection: close\r\n" +
      "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 44\r\nX-Frame-Options: deny\r\n\r\n" +
      "We are sorry\\. Please try again in a minute\\.\nwhole\n$",
  ),
  null,
  'text/plain 2\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="bud.gif"\r\n\r\n\n',
  "http://example.com/shop/cart/items?page=2\ncart /shop/cart /items\nhttp://example.com/shop/cart\n",
  "404 Not Found [ 'text' ]\n",
  "200 Hello World\n",
];

test("the page has the programs that are run here", () => {
  assert.equal(BLOCKS.length, PRINTS.length);
});

test("the server of the page serves until it is ended", async (t) => {
  const { child, text } = start(t, [BLOCKS[0]!]);
  while (!text.out.includes("\n")) await once(child.stdout, "data");
  const { body } = await ask(Number(/on port (\d+)/.exec(text.out)![1]), get("/"));
  assert.equal(body, "Hello world!");
});

test("the CGI program of the page answers as one", async (t) => {
  const { child, text } = start(t, [BLOCKS[3]!], { REQUEST_METHOD: "PUT", PATH_INFO: "/x", CONTENT_LENGTH: "4" });
  child.stdin.end("text");
  await once(child, "close");
  assert.equal(text.out, "Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n\r\nPUT /x: 4 bytes\n");
});

test("the other programs of the page print what it says", async (t) => {
  const { child, text } = start(
    t,
    BLOCKS.filter((_block, i) => PRINTS[i] !== null),
  );
  const [code] = (await once(child, "close")) as [number];
  assert.equal(code, 0, text.err);
  const wanted = PRINTS.filter((prints) => prints !== null);
  const printed = text.out.split("----\n");
  assert.equal(printed.length, wanted.length);
  for (const [i, prints] of wanted.entries()) {
    if (typeof prints === "string") assert.equal(printed[i], prints);
    else assert.match(printed[i]!, prints);
  }
  assert.match(text.err, /^Error: no database\n/);
});
