// Every program of docs/asgi.md: compiled as a reader's would be, and run; its answer is compared with what the page promises.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { WebSocket } from "ws";
import { RequestError } from "../../src/gateway/exchange.ts";
import type { Application } from "../../src/gateway/types.ts";
import { asgiInterface } from "../../src/interfaces/asgi.ts";
import type { AsgiApplication, HttpHandler } from "../../src/interfaces/asgi-types.ts";
import { driveAsgi, settle, startAsgi } from "../support/asgi.ts";
import { compilePrograms, programsOf, writePrograms } from "../support/doc-programs.ts";
import { drive } from "../support/exchange.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { serveGateway } from "../support/worker.ts";

const PAGE = "docs/asgi.md";

type Keeps = (module: Readonly<Record<string, unknown>>, t: TestContext, folder: string) => Promise<void>;

const http = (module: Readonly<Record<string, unknown>>) => module["application"] as HttpHandler;

/** One for each program of the page: what a reader is promised. */
const PROMISES: Readonly<Record<string, Keeps>> = {
  async hello(module) {
    const { body, response, events } = await driveAsgi(http(module), { target: "/a%20b" });
    assert.deepEqual([body, response.length, events.length], ["hello from /a b\n", 16, 1]);
  },
  async echo(module) {
    assert.equal((await driveAsgi(http(module), { method: "POST", body: ["one ", "two"] })).body, "one two");
  },
  async streaming(module) {
    const { body, end } = await driveAsgi(http(module));
    assert.deepEqual([body.split("\n").length, body.endsWith("999,998001\n"), end], [1_001, true, "whole"]);
  },
  async sse(module) {
    const driven = startAsgi(http(module));
    await settle();
    assert.equal(driven.body, "retry: 1000\n\n");
    driven.exchange.drain(new RequestError(503, "the worker leaves"));
    await driven.done;
    assert.deepEqual([driven.end, driven.said], ["whole", []]);
  },
  async chat(module, t) {
    const server = serveGateway(asgiInterface(module["application"] as AsgiApplication).gateway);
    t.after(() => server.close());
    const clients = [1, 2].map(() => new WebSocket(`ws://127.0.0.1:${server.port}/`));
    await Promise.all(clients.map((client) => once(client, "open")));
    // One that the other hears has joined.
    const heard = Promise.all(clients.map((client) => once(client, "message")));
    clients[0]!.send("hi");
    assert.deepEqual(
      (await heard).map(([data]) => String(data)),
      ["hi", "hi"],
    );
    for (const client of clients) client.close();
    await Promise.all(clients.map((client) => once(client, "close")));
    assert.deepEqual(server.troubles, []);
  },
  async files(module, _t, folder) {
    const { body, response, events } = await driveAsgi(http(module));
    assert.equal(body, readFileSync(join(folder, "files.ts"), "latin1"));
    assert.deepEqual([response.length, events[0]?.type], [body.length, "information"]);
  },
  async lifespan(module) {
    const { gateway, startup, shutdown } = asgiInterface(module["application"] as AsgiApplication);
    const worker = { slot: 1, generation: 1, workers: 1 };
    await startup!(worker);
    const server = serveGateway(gateway);
    for (const visit of [1, 2]) {
      const answer = await fetch(`http://127.0.0.1:${server.port}/a`);
      assert.equal(await answer.text(), `visit ${visit} of /a\n`);
    }
    server.close();
    await shutdown!({ ...worker, reason: "a test", signal: new AbortController().signal });
  },
  async adapters(module) {
    const application = module["application"] as Application;
    assert.equal((await drive(application, { target: "/service/a" })).body, "ASGI at /service/a\n");
    assert.equal((await drive(application, { target: "/a" })).body, "TSGI at /a\n");
    assert.equal((await driveAsgi(module["other"] as HttpHandler, { target: "/a" })).body, "TSGI at /a\n");
  },
};

const programs = programsOf(PAGE);

test(`every program of ${PAGE} has its promise here, and compiles`, async (t) => {
  assert.deepEqual([...programs.keys()].sort(), Object.keys(PROMISES).sort());
  const folder = tempFolder(t);
  writePrograms(folder, programs, {});
  assert.equal(await compilePrograms(folder), "");
});

for (const [name, keeps] of Object.entries(PROMISES)) {
  test(`the program "${name}" does what ${PAGE} says`, async (t) => {
    const folder = tempFolder(t);
    writePrograms(folder, programs, {});
    const module = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as Record<string, unknown>;
    await keeps(module, t, folder);
  });
}

test("every rule of the check-list has a test of its number", () => {
  const here = new URL(".", import.meta.url);
  const texts = ["scope", "reply", "said", "http", "exchange", "websocket", "websocket-said", "lifespan", "file"].map(
    (name) => readFileSync(new URL(`asgi-${name}.test.ts`, here), "utf8"),
  );
  const all = texts.join("\n");
  const missing = Array.from({ length: 35 }, (_, i) => `A${i + 1}`).filter(
    (rule) => !new RegExp(`test\\([\`"][^\n]*\\b${rule}\\b`).test(all),
  );
  assert.deepEqual(missing, []);
});
