// The quick-start program of each framework, with the one change that it exports its application: four workers serve it, and neither HUP nor
// --max-requests costs a request.

import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ask, get } from "../support/client.ts";
import type { Mixture } from "../support/load/asks.ts";
import { Load } from "../support/load.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const PROGRAMS = fileURLToPath(new URL("../programs/quickstart", import.meta.url));
const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));
const WORKERS = 4;

const QUICK_STARTS: readonly (readonly [framework: string, says: string, body: string])[] = [
  ["express", "an Express application, served by the node interface", "Hello World!"],
  ["fastify", "a Fastify application, served by the node interface", '{"hello":"world"}'],
  ["koa", "a Koa application, served by the node interface", "Hello World"],
  ["nest", "a Nest application, served by the node interface", "Hello World!"],
  ["hono", "an application with fetch(), served by the fetch interface", "Hello Hono!"],
  ["h3", "an application with fetch(), served by the fetch interface", "Hello h3!"],
  ["elysia", "an application with fetch(), served by the fetch interface", "Hello Elysia"],
];

/** The same answer to everything, where a lost one would be an error of its own. */
const asking =
  (wanted: string): Mixture =>
  (number) => ({
    name: `GET /?${number}`,
    head: `GET /?${number} HTTP/1.1\r\nHost: load\r\n`,
    body: "",
    judge: ({ body }) => (body === wanted ? undefined : `answered ${JSON.stringify(body.slice(0, 60))}`),
  });

for (const [framework, says, body] of QUICK_STARTS) {
  test(`${framework}: its quick start is recognised, and HUP and --max-requests under load lose no request`, async (t) => {
    const args = ["server", "--workers", String(WORKERS), "--max-requests", "150", "--max-requests-jitter", "50"];
    const server = await Server.start(t, [...args, "--settle", "0", "--reload-style", "all"], {
      cwd: join(PROGRAMS, framework),
    });
    await server.says(
      new RegExp(`^server is .* of .*${framework}/server\\.\\w+, ${says.replace(/[()]/g, "\\$&")} \\(`),
    );
    assert.equal((await ask(server.port, get("/"))).body, body);

    const load = await Load.start(t, {
      ...{ where: server.port, keepAlive: 4, closing: 4, perSecond: 300, mixture: asking(body) },
    });
    const before = server.serving();
    server.signal("SIGHUP");
    await server.says(/^generation 2 serves with 4 workers/);
    await server.untilServing(WORKERS, before);
    await server.says(/served \d+ requests/);
    await load.more(300);
    const { failures } = await load.stop();
    assert.deepEqual(failures, []);
    server.signal("SIGTERM");
    assert.equal((await server.ended).code, 0);
  });
}

/** Started as `node server.js`, these listen by themselves. */
const LISTENING: readonly (readonly [name: string, source: string])[] = [
  [
    "Express",
    `import express from "express";
     const app = express();
     app.get("/", (req, res) => res.send("adopted"));
     const server = app.listen(3000, () => console.log("listens", server.address().port));
     process.on("SIGTERM", () => server.close(() => console.log("closed")));`,
  ],
  [
    "Fastify",
    `import Fastify from "fastify";
     const app = Fastify();
     app.get("/", async () => "adopted");
     console.log("listens", new URL(await app.listen({ port: 3000 })).port);
     process.on("SIGTERM", async () => { await app.close(); console.log("closed"); });`,
  ],
  [
    "Koa, after something else",
    `import Koa from "koa";
     const app = new Koa().use((ctx) => { ctx.body = "adopted"; });
     async function main() {
       await new Promise((connected) => setTimeout(connected, 50));
       const server = app.listen(3000, () => console.log("listens", server.address().port));
       process.on("SIGTERM", () => server.close(() => console.log("closed")));
     }
     main();`,
  ],
  [
    "Nest",
    `import "reflect-metadata";
     import { Controller, Get, Module } from "@nestjs/common";
     import { NestFactory } from "@nestjs/core";
     class Site { hello() { return "adopted"; } onModuleDestroy() { console.log("closed"); } }
     Controller()(Site);
     Get()(Site.prototype, "hello", Object.getOwnPropertyDescriptor(Site.prototype, "hello"));
     class Main {}
     Module({ controllers: [Site] })(Main);
     const app = await NestFactory.create(Main, { logger: false });
     app.enableShutdownHooks();
     await app.listen(3000);
     console.log("listens", new URL(await app.getUrl()).port);`,
  ],
  [
    "Hono on its server for Node",
    `import { serve } from "@hono/node-server";
     import { Hono } from "hono";
     const app = new Hono().get("/", (c) => c.text("adopted"));
     const server = serve(app, ({ port }) => console.log("listens", port));
     process.on("SIGTERM", () => server.close(() => console.log("closed")));`,
  ],
];

for (const [name, source] of LISTENING) {
  test(`${name}: a program that listens is served with --adopt-listen, and hears of its end`, async (t) => {
    const cwd = tempFolder(t, { "package.json": '{ "type": "module" }', "server.js": source });
    symlinkSync(MODULES, join(cwd, "node_modules"));
    const server = await Server.start(t, ["server.js", "--adopt-listen"], { cwd });
    assert.equal((await ask(server.port, get("/"))).body, "adopted");
    assert.match(server.stdout, /^listens \d+$/m);
    server.signal("SIGTERM");
    const { code, stdout } = await server.ended;
    assert.equal(code, 0);
    assert.match(stdout, /^closed$/m);
  });
}

test("without --adopt-listen a program that only listens is told of it", async (t) => {
  const source = `import http from "node:http";\nhttp.createServer().listen(0, "127.0.0.1");\n`;
  const cwd = tempFolder(t, { "server.mjs": source });
  const { stderr } = await Server.spawn(t, ["server"], { cwd }).ended;
  assert.match(stderr, /server\.mjs:2:21\): export the application instead, or start with --adopt-listen/);
});

test("a (request, response) handler that was taken for TSGI fails with the flag that it needs", async (t) => {
  const source = `export const app = (req, res) => {\n  res.writeHead(200);\n  res.end("hi");\n};\n`;
  const cwd = tempFolder(t, { "server.mjs": source });
  const server = await Server.start(t, ["server"], { cwd });
  await server.says(/^app is served by the interface tsgi, but its parameters are called \(req, res\)/);
  assert.match((await ask(server.port, get("/"))).head, / 500 /);
  const { requestId } = await server.says(/^the application failed \(.*server\.mjs:2:7\); .*--interface node/);
  assert.match(String(requestId), /./);
});
