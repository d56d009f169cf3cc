// What keeps a worker from taking clients, in a real server: a startup() that fails or hangs, a ready path that does not answer 2xx. And the
// same path once the server will stop.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, get, RawClient } from "../support/client.ts";
import { APP, assertShutDown, serveLifecycle, sorted } from "../support/lifecycle.ts";
import { APPS, Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const TEXT = readFileSync(join(APPS, "lifecycle.js"), "utf8");

test("a startup that throws ends the server with 48, and names its file and line; shutdown does not run", async (t) => {
  const server = Server.spawn(t, [APP, "--workers", "2"], { env: { STARTUP: "throws" } });
  const { code, stderr, stdout } = await server.ended;
  assert.deepEqual([code, stdout], [48, ""]);
  assert.match(stderr, /tsgi: cannot load lifecycle:application: startup\(\) of .*lifecycle\.js failed/);
  assert.match(stderr, /Error: startup is broken[\s\S]*lifecycle\.js:\d+:\d+[\s\S]*> \d+ \|/);
});

test("a startup that hangs ends the server with 46, and is named", async (t) => {
  const server = Server.spawn(t, [APP, "--boot-timeout", "10"], { env: { STARTUP: "hangs" } });
  const { code, stderr } = await server.ended;
  assert.equal(code, 46);
  assert.match(stderr, /startup\(\) of .*lifecycle\.js was not over within 10 s \(--boot-timeout\)/);
});

test("a worker takes clients only when its ready path answers 2xx; that is in the log, and no client's request", async (t) => {
  const args = ["--ready-path", "/healthz", "--access-log", "-", "--access-log-format", '"%(U)s %(s)s"'];
  const server = await serveLifecycle(t, args, { env: { HEALTH: "2" } });
  await server.says(/^--ready-path \/healthz answered 503, attempt 1 in /);
  await server.says(/^--ready-path \/healthz answered 200: ready after 3 attempts in /);
  await ask(server.port, get("/first"));
  await server.stop();
  assert.deepEqual(
    server.stdout.split("\n").filter((line) => line.startsWith('"')),
    ['"/first 200"'],
  );
});

test("a ready path that never answers 2xx ends the server with 49 and its last answer; shutdown has run", async (t) => {
  const cases = [
    [
      "1000000",
      /the application is not ready within 10 s \(--boot-timeout\): --ready-path \/healthz answered 503, attempt \d+ in/,
    ],
    [
      "throws",
      /--ready-path \/healthz answered 500, attempt \d+ in [\s\S]*Error: no database[\s\S]*lifecycle\.js:\d+:\d+/,
    ],
  ] as const;
  const run = async ([health, words]: (typeof cases)[number]): Promise<void> => {
    const args = ["--ready-path", "/healthz", "--boot-timeout", "10"];
    const server = Server.spawn(t, [APP, ...args], { env: { HEALTH: health } });
    const { code, stderr } = await server.ended;
    assert.equal(code, 49, stderr);
    assert.match(stderr, words);
    assertShutDown(server, /^the worker could not start$/);
  };
  await Promise.all(cases.map(run));
});

test("HUP onto a startup that throws, or a ready path that fails, changes nothing, and the log says why", async (t) => {
  const folder = tempFolder(t, { "package.json": '{ "type": "module" }', "lifecycle.js": TEXT });
  const config = (env: object): void => {
    const settings = { workers: 2, readyPath: "/healthz", bootTimeout: 10, env };
    writeFileSync(join(folder, "tsgi.config.json"), JSON.stringify(settings));
  };
  config({});
  const server = await serveLifecycle(t, [], { cwd: folder });
  const before = server.serving();
  for (const [env, words] of [
    [
      { STARTUP: "throws" },
      /startup\(\) of .*lifecycle\.js failed[\s\S]*Error: startup is broken[\s\S]*lifecycle\.js:\d+/,
    ],
    [{ HEALTH: "throws" }, /--ready-path \/healthz answered 500[\s\S]*Error: no database[\s\S]*lifecycle\.js:\d+/],
  ] as const) {
    const said = server.records.length;
    config(env);
    server.signal("SIGHUP");
    assert.match((await server.says(/^reload failed, generation 1 goes on/, said)).msg, words);
  }
  assert.deepEqual(sorted(server.serving()), sorted(before));
  assert.equal((await ask(server.port, get("/"))).status, 200);
});

test("in --drain-delay the ready path is 503 and everything else is served; then the server ends with 0", async (t) => {
  const args = ["--workers", "2", "--ready-path", "/healthz", "--drain-delay", "4"];
  const server = await serveLifecycle(t, args);
  const [kept, probe] = [await RawClient.connect(server.port), await RawClient.connect(server.port)];
  t.after(() => kept.close());
  t.after(() => probe.close());
  const statusOf = async (client: RawClient, target: string): Promise<number> => {
    client.send(get(target));
    return (await client.response()).status;
  };
  assert.deepEqual([await statusOf(probe, "/healthz"), await statusOf(kept, "/")], [200, 200]);
  server.signal("SIGTERM");
  await server.says(/^stopping on SIGTERM: the server is not ready any more/);
  // The workers hear it a moment after the log says it.
  let status = 200;
  while (status === 200) status = (await ask(server.port, get("/healthz"))).status;
  assert.equal(status, 503);
  assert.equal(await statusOf(kept, "/"), 200);
  assert.equal((await ask(server.port, get("/"))).status, 200);
  const { code } = await server.ended;
  assert.equal(code, 0);
  assertShutDown(server, /^the server stops on SIGTERM$/);
});
