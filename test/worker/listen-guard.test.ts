import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import Fastify from "fastify";
import { Hono } from "hono";
import { ListenGuard, type ListenGuardParts } from "../../src/worker/listen-guard.ts";
import { express, Koa } from "../support/untyped.ts";

const HERE = fileURLToPath(import.meta.url).replaceAll(".", "\\.");
const BIND: ListenGuardParts["bind"] = [{ kind: "tcp", host: "127.0.0.1", port: 8123 }];

function guarded(t: TestContext, parts: Partial<ListenGuardParts> = {}) {
  const said: (readonly [level: string, message: string])[] = [];
  const say: ListenGuardParts["say"] = (level, message) => void said.push([level, message]);
  const guard = new ListenGuard({ adopt: true, bind: BIND, say, ...parts });
  t.after(guard.install());
  return { guard, said };
}

const ADDRESS = { address: "127.0.0.1", port: 8123, family: "IPv4" };

test("the first http.Server that listens is adopted and not bound, however it is told to", async (t) => {
  const ways: readonly (readonly [name: string, start: (done: () => void) => unknown])[] = [
    ["http", (done) => http.createServer().listen(3000, done)],
    ["http with a host and a backlog", (done) => http.createServer().listen(3000, "0.0.0.0", 5, done)],
    ["http with options", (done) => http.createServer().listen({ port: 3000 }, done)],
    ["http on a path", (done) => http.createServer().listen("/nowhere/socket", done)],
    ["http with nothing", (done) => http.createServer().listen(done)],
    ["Express", (done) => express().listen(3000, () => done())],
    ["Koa", (done) => new Koa().listen(3000, done)],
    ["Hono", (done) => serve(new Hono(), done)],
    ["Fastify", (done) => Fastify().listen({ port: 3000 }).then((at) => assert.equal(at, "http://127.0.0.1:8123")).then(done)], // biome-ignore format: one line
  ];
  for (const [name, start] of ways) {
    await t.test(name, async (t) => {
      const { guard, said } = guarded(t);
      await new Promise<void>((done) => void start(done));
      const listened = await guard.first(0);
      assert.deepEqual(listened?.server.address(), ADDRESS);
      assert.equal(said.length, 1);
      assert.match(said[0]![1], /^the server that .* tells to listen on .* is served here, and not bound/);
      await listened?.end();
    });
  }
});

test("a call in the program's own file is named with its line", async (t) => {
  const { guard } = guarded(t);
  http.createServer().listen(3000);
  assert.match((await guard.first(0))!.place, new RegExp(`^${HERE}:\\d+:\\d+$`));
});

test("a server that listens later is waited for, and not longer than there is time", async (t) => {
  const { guard } = guarded(t);
  assert.equal(await guard.first(10), null);
  const server = http.createServer();
  setImmediate(() => server.listen(3000));
  assert.equal((await guard.first(60_000))?.server, server);
});

test("a second server listens as it asked, with a warning; another address of the first does not", async (t) => {
  const { guard, said } = guarded(t);
  http.createServer().listen(3000);
  const again = http.createServer().listen(3000, "::1");
  await once(again, "listening");
  assert.deepEqual(again.address(), ADDRESS);
  assert.equal(said.length, 1);
  const metrics = http.createServer().listen(0, "127.0.0.1");
  t.after(() => metrics.close());
  await once(metrics, "listening");
  assert.notEqual((metrics.address() as AddressInfo).port, 8123);
  assert.match(
    said[1]![1],
    new RegExp(`^${HERE}:\\d+:\\d+ calls listen\\(\\).*Only the first server is adopted, that of ${HERE}:`),
  );
  await (await guard.first(0))?.end();
});

test("servers of other protocols listen as they asked, with a warning", async (t) => {
  const { guard, said } = guarded(t);
  for (const server of [net.createServer(), https.createServer()]) {
    server.listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
  }
  assert.equal(await guard.first(0), null);
  for (const [level, message] of said) assert.deepEqual([level, /It is no http\.Server/.test(message)], ["warn", true]);
  assert.equal(said.length, 2);
});

test("without --adopt-listen every server listens, and each call is warned of with its place and what to do", async (t) => {
  const { guard, said } = guarded(t, { adopt: false });
  const server = http.createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  assert.equal(server.address() !== null, true);
  assert.equal(await guard.first(60_000), null);
  assert.match(guard.places[0]!, new RegExp(`^${HERE}:`));
  assert.match(
    said[0]![1],
    /listens on 127\.0\.0\.1:0 beside the workers' sockets.*export it .*or start with --adopt-listen\.$/,
  );
});

test("a port that the workers have is told to fail", async (t) => {
  const { said } = guarded(t, { adopt: false, dry: true });
  http.createServer().listen(8123);
  assert.match(
    said[0]![1],
    /calls listen\(\) on port 8123, which the workers have \(--bind\): that fails with EADDRINUSE\. If this/,
  );
});

test("a check binds nothing, and says the same", async (t) => {
  const { said } = guarded(t, { adopt: false, dry: true });
  const server = net.createServer().listen(1, "127.0.0.1");
  await once(server, "listening");
  assert.match(said[0]![1], /--adopt-listen\.$/);
});

test("an export of the module wins, and the log says so, whichever came first", async (t) => {
  for (const order of ["listen", "export"]) {
    await t.test(`${order} first`, (t) => {
      const { guard, said } = guarded(t);
      if (order === "export") guard.serves("app");
      http.createServer().listen(3000);
      if (order === "listen") guard.serves("app");
      assert.match(said.at(-1)![1], /and the module exports app as well: that is what is served/);
    });
  }
});

test("listening twice is refused as Node refuses it, and a signal closes", async (t) => {
  const { guard } = guarded(t);
  const stop = new AbortController();
  const server = http.createServer().listen({ port: 3000, signal: stop.signal });
  assert.throws(() => server.listen(3000), { code: "ERR_SERVER_ALREADY_LISTEN" });
  stop.abort();
  const closed = once(server, "close");
  await (await guard.first(0))?.end();
  await closed;
});

test("the address is the workers' first where it says something, else what was asked for", async (t) => {
  const cases: readonly (readonly [bind: ListenGuardParts["bind"], address: unknown])[] = [
    [[{ kind: "unix", path: "/run/site.sock" }], "/run/site.sock"],
    [[{ kind: "tcp", host: "", port: 80 }], { address: "::", port: 80, family: "IPv6" }],
    [[{ kind: "tcp", host: "localhost", port: 0 }], { address: "127.0.0.1", port: 3000, family: "IPv4" }],
    [[{ kind: "fd", fd: 3 }], { address: "127.0.0.1", port: 3000, family: "IPv4" }],
  ];
  for (const [bind, address] of cases) {
    await t.test(JSON.stringify(bind), (t) => {
      guarded(t, { bind });
      assert.deepEqual(http.createServer().listen(3000, "127.0.0.1").address(), address);
    });
  }
});
