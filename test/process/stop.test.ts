// The ways to end a server: gracefully, quickly, and when the master itself is killed.

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ask, get, RawClient } from "../support/client.ts";
import { holdRequest } from "../support/hold.ts";
import { Load } from "../support/load.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** What connecting to a place of this machine gives: `connect`, or the name of the error. */
async function knock(where: net.NetConnectOpts): Promise<string> {
  const socket = net.connect(where);
  try {
    await once(socket, "connect");
    return "connect";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
  }
}

test("TERM lets a request of two seconds complete, then ends with 0 and leaves nothing behind", async (t) => {
  const folder = tempFolder(t);
  const [socket, pid] = [join(folder, "app.sock"), join(folder, "tsgi.pid")];
  const args = ["--workers", "2", "--bind", "127.0.0.1:0", "--bind", `unix:${socket}`, "--pid", pid];
  const server = await Server.start(t, ["site:application", ...args]);
  assert.ok(existsSync(socket) && existsSync(pid));
  const client = await RawClient.connect(server.port);
  client.send(get("/later?2000"));
  assert.equal((await client.response()).status, 103);
  server.signal("SIGTERM");
  await server.says(/^stopping on SIGTERM/);
  const { status, fields, body } = await client.response();
  assert.deepEqual([status, body, fields["connection"]], [200, "later", "close"]);
  client.close();
  const ended = await server.ended;
  assert.deepEqual([ended.code, ended.stdout], [0, ""]);
  assert.deepEqual(server.processes(), []);
  assert.equal(await knock({ port: server.port, host: "127.0.0.1" }), "ECONNREFUSED");
  assert.equal(await knock({ path: socket }), "ENOENT");
  assert.ok(!existsSync(socket) && !existsSync(pid));
});

test("TERM ends an idle server with 0 and without a word about trouble", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "2"]);
  const ended = await server.stop();
  assert.equal(ended.code, 0);
  assert.deepEqual(
    server.records.filter(({ level }) => !["debug", "info"].includes(level)),
    [],
  );
});

test("connections that wait in the queue when TERM comes are answered", async (t) => {
  const server = await Server.start(t, ["site:application"]);
  const [worker = 0] = server.workers();
  process.kill(worker, "SIGSTOP");
  const waiting = await Promise.all(Array.from({ length: 5 }, () => RawClient.connect(server.port)));
  for (const client of waiting) client.send(get("/"));
  server.signal("SIGTERM");
  await server.says(/^stopping on SIGTERM/);
  process.kill(worker, "SIGCONT");
  for (const client of waiting) {
    assert.equal((await client.response()).status, 200);
    client.close();
  }
  assert.equal((await server.ended).code, 0);
});

test("TERM under load loses no request on a connection that was open", async (t) => {
  const server = await Server.start(t, ["echo:application", "--workers", "2"]);
  const load = await Load.start(t, { where: server.port, keepAlive: 16, closing: 0 });
  server.signal("SIGTERM");
  const { code } = await server.ended;
  const { failures } = await load.stop();
  assert.equal(code, 0);
  // What comes after that is refused, as it should be.
  assert.deepEqual(
    failures.filter(({ pid }) => pid !== undefined),
    [],
  );
});

test("what is open longer than --graceful-timeout is cut, and the server still ends with 0", async (t) => {
  const server = await Server.start(t, ["site:application", "--graceful-timeout", "1"]);
  const held = await holdRequest(server.port);
  server.signal("SIGTERM");
  assert.equal(await held.client.rest(), "");
  assert.equal((await server.ended).code, 0);
  const cut = await server.says(/^cut 1 /);
  assert.match(cut.msg, /within 1 s \(--graceful-timeout\)/);
});

test("INT and QUIT end at once, and so does a second TERM", async (t) => {
  for (const signals of [["SIGINT"], ["SIGQUIT"], ["SIGTERM", "SIGTERM"]] as const) {
    const server = await Server.start(t, ["site:application", "--workers", "2"]);
    const held = await holdRequest(server.port);
    for (const signal of signals) {
      const said = server.records.length;
      server.signal(signal);
      await server.says(/^stopping on/, said);
    }
    assert.equal((await server.ended).code, 0);
    assert.equal(await held.client.rest(), "");
    assert.deepEqual(server.processes(), []);
  }
});

test("--drain-delay serves on for its time after TERM, then stops; a second TERM does not wait for it", async (t) => {
  const server = await Server.start(t, ["site:application", "--drain-delay", "1"]);
  server.signal("SIGTERM");
  await server.says(/^stopping on SIGTERM: the server is not ready any more and serves on for 1 s/);
  assert.equal((await ask(server.port, get("/"))).status, 200);
  assert.equal((await server.ended).code, 0);
  const hasty = await Server.start(t, ["site:application", "--drain-delay", "1h"]);
  hasty.signal("SIGTERM");
  await hasty.says(/serves on for 3600 s/);
  assert.equal((await hasty.stop()).code, 0);
});

test("a signal while the workers are still starting stops the server", async (t) => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) {
    const server = Server.spawn(t, ["broken/waits:application"]);
    // A worker exists and loads; nothing is said about that.
    while (server.workers().length === 0) await new Promise((next) => setImmediate(next));
    assert.deepEqual((await server.stop(signal)).code, 0);
    assert.deepEqual(server.processes(), []);
  }
});

test("workers whose master was killed finish what they hold and leave", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "2"]);
  const held = await holdRequest(server.port);
  process.kill(server.pid, "SIGKILL");
  assert.equal(await server.exited, "SIGKILL");
  await server.until(() => server.records.filter(({ msg }) => /^the master is gone/.test(msg)).length === 2);
  const { status, body } = await held.finish();
  assert.deepEqual([status, body], [200, "held to the end"]);
  await server.ended;
  assert.deepEqual(server.processes(), []);
  assert.equal(await knock({ port: server.port, host: "127.0.0.1" }), "ECONNREFUSED");
});

test("TERM to one worker costs nothing: it finishes and is replaced", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "2"]);
  const before = server.serving();
  const held = await holdRequest(server.port);
  for (const pid of before) process.kill(pid, "SIGTERM");
  await server.untilServing(2, before);
  assert.equal((await held.finish()).body, "held to the end");
  assert.equal((await ask(server.port, get("/"))).status, 200);
});
