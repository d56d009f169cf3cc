// The pid file of a real server, and a master that is killed: what it leaves behind must not keep the next one from starting.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ask, get, RawClient } from "../support/client.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { finish, gone, serve, upgrade } from "../support/upgrade.ts";

/** A folder that is mounted again, for reading only, for one program. */
const READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"';
const noMounts =
  spawnSync("unshare", ["--mount", "true"]).status !== 0 && "needs root, and a container that allows mounts";

test("a live server's file is refused with 23 and left as it is; the server goes on", async (t) => {
  const path = join(tempFolder(t), "app.pid");
  const first = await Server.start(t, ["site:application", "--pid", path]);
  const second = await Server.spawn(t, ["site:application", "--pid", path]).ended;
  assert.equal(second.code, 23);
  assert.match(
    second.stderr,
    new RegExp(`^tsgi: ${path} names a tsgi master that is alive \\(pid ${first.pid}\\)`, "m"),
  );
  assert.equal(fs.readFileSync(path, "utf8"), `${first.pid}\n`);
  assert.equal((await ask(first.port, get("/"))).status, 200);
});

test("a number that another program has by now does not keep a server from starting", async (t) => {
  const other = spawn("sleep", ["1000"]);
  t.after(() => other.kill("SIGKILL"));
  await once(other, "spawn");
  const path = join(tempFolder(t, { "app.pid": `${other.pid}\n` }), "app.pid");
  const server = await Server.start(t, ["site:application", "--pid", path]);
  assert.equal(fs.readFileSync(path, "utf8"), `${server.pid}\n`);
  await server.stop();
  assert.ok(!fs.existsSync(path));
});

test("a folder that is read-only ends the start with 23, names the file, and leaves nothing running", {
  skip: noMounts,
}, async (t) => {
  const folder = tempFolder(t);
  const through = ["unshare", "--mount", "sh", "-c", READ_ONLY, folder];
  const args = ["site:application", "--pid", join(folder, "app.pid")];
  const server = Server.spawn(t, args, { through });
  const { code, stderr } = await server.ended;
  assert.equal(code, 23, stderr);
  assert.match(stderr, /^tsgi: the pid file \S+app\.pid cannot be written: EROFS/m);
  assert.deepEqual(server.processes(), []);
});

test("a new master that cannot take the place of the old one's file says so and serves", async (t) => {
  const site = await serve(t);
  const { server, folder } = site;
  const heir = await upgrade(server);
  fs.rmSync(join(folder, "app.pid"));
  fs.mkdirSync(join(folder, "app.pid"));
  server.signal("SIGTERM");
  const { level } = await server.says(
    /app\.pid keeps the process id of the old master, and ours is in \S+app\.pid\.2: EISDIR/,
  );
  assert.equal(level, "error");
  await server.says(/^the old master \(pid \d+\) is gone/);
  assert.equal((await ask(server.port, get("/"))).status, 200);
  fs.rmdirSync(join(folder, "app.pid"));
  await finish(site, heir);
});

test("kill -9 of the master: within 3 seconds the same port, path and pid file serve again", async (t) => {
  const folder = tempFolder(t);
  const [pid, socket] = [join(folder, "app.pid"), join(folder, "app.sock")];
  const first = await Server.start(t, ["site:application", "--workers", "2", "--pid", pid, "--bind", "127.0.0.1:0"]);
  const { port } = first;
  await first.stop();
  const args = [
    "site:application",
    "--workers",
    "2",
    "--pid",
    pid,
    "--bind",
    `127.0.0.1:${port}`,
    "--bind",
    `unix:${socket}`,
  ];
  const server = await Server.start(t, args);
  const idle = await RawClient.connect(port);
  idle.send(get("/"));
  await idle.response();
  const workers = server.workers();
  const killedAt = performance.now();
  process.kill(server.pid, "SIGKILL");
  await server.exited;
  const probe = net.createServer();
  for (;;) {
    probe.listen(port, "127.0.0.1");
    const isFree = await once(probe, "listening").then(
      () => true,
      () => false,
    );
    if (isFree) break;
    await new Promise((next) => setTimeout(next, 10));
  }
  const tookMs = performance.now() - killedAt;
  probe.close();
  await once(probe, "close");
  assert.ok(tookMs < 3000, `the port was free after ${Math.round(tookMs)} ms`);
  await gone(workers);
  assert.deepEqual([fs.readFileSync(pid, "utf8"), fs.existsSync(socket)], [`${server.pid}\n`, true]);
  const next = await Server.start(t, args);
  for (const where of [port, socket]) assert.equal((await ask(where, get("/"))).status, 200);
  assert.equal(fs.readFileSync(pid, "utf8"), `${next.pid}\n`);
  assert.equal((await next.stop()).code, 0);
  assert.deepEqual(fs.readdirSync(folder), []);
});
