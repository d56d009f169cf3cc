// Sockets that systemd passes: which ones are listened on, that they are never taken from it, and that they outlive everything.

import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { createHandle, listenWithoutAccepting, type NativeHandle } from "../../src/master/handles.ts";
import { ask, get } from "../support/client.ts";
import { APPS, Server, type ServerOptions } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { complete, upgrade } from "../support/upgrade.ts";

/** Sockets that somebody else listens on, as systemd does before it starts a service; one TCP port and one path. */
function sockets(t: TestContext) {
  const path = join(tempFolder(t), "passed.sock");
  const open = (place: Parameters<typeof createHandle>[0]): NativeHandle => {
    const handle = createHandle(place);
    assert.ok(typeof handle !== "string", String(handle));
    assert.equal(listenWithoutAccepting(handle, 16), undefined);
    t.after(() => handle.close());
    return handle;
  };
  const [tcp, unix] = [open({ host: "127.0.0.1", port: 0, family: 4 }), open({ path })];
  const name: { port?: number } = {};
  tcp.getsockname?.(name);
  return { port: name.port!, path, inherit: [tcp.fd, unix.fd] };
}

/** Only the process itself knows its id before it begins, and keeps it when it becomes another program. */
const AS_SYSTEMD = ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"];

const activated = (inherit: readonly number[], env: Readonly<Record<string, string>> = {}): ServerOptions => ({
  ...{ through: AS_SYSTEMD, inherit, bare: true },
  env: { LISTEN_FDS: String(inherit.length), ...env },
});

const LOG = ["--log-format", "json", "--log-level", "debug"];

const variablesOf = (pid: number): readonly string[] =>
  fs
    .readFileSync(`/proc/${pid}/environ`, "latin1")
    .split("\0")
    .map((variable) => variable.split("=")[0]!);

test("passed sockets are served when no address is said, before PORT; a reload and an upgrade keep them, and their files stay", async (t) => {
  const { port, path, inherit } = sockets(t);
  const env = { PORT: "0", LISTEN_FDNAMES: "web:app.socket" };
  const server = await Server.start(t, ["site:application", ...LOG], activated(inherit, env));
  assert.deepEqual(server.urls, [`http://127.0.0.1:${port}`, `unix:${path}`]);
  const served = async () => {
    for (const where of [port, path]) assert.equal((await ask(where, get("/"))).status, 200);
  };
  await served();
  for (const pid of server.workers()) assert.ok(!variablesOf(pid).some((name) => name.startsWith("LISTEN_")));
  server.signal("SIGHUP");
  await server.says(/^generation 2 serves with/);
  await served();
  const heir = await upgrade(server);
  await complete(server);
  assert.deepEqual(server.urls.slice(2), server.urls.slice(0, 2));
  await served();
  // And once more, from a master that got them from a master.
  const next = await upgrade(server, heir);
  await complete(server, heir);
  await served();
  process.kill(next, "SIGTERM");
  await server.ended;
  assert.deepEqual(server.processes(), []);
  assert.ok(fs.existsSync(path));
});

test("fd://NAME is the socket of that name; one that nobody uses is named in a warning, and left to its owner", async (t) => {
  const { port, path, inherit } = sockets(t);
  const names = { LISTEN_FDNAMES: "web:admin" };
  const folder = tempFolder(t, { "tsgi.config.json": '{ "bind": "fd://web" }' });
  fs.copyFileSync(join(APPS, "site.js"), join(folder, "site.mjs"));
  const options = { ...activated(inherit, names), cwd: folder };
  const server = await Server.start(t, ["site:application", ...LOG], options);
  assert.deepEqual(server.urls, [`http://127.0.0.1:${port}`]);
  const unused = await server.says(/^sockets that systemd passed and no --bind names are left alone/);
  assert.deepEqual([unused.level, unused.msg.split(": ")[1]], ["warn", "fd://4 (admin)"]);
  // Its clients wait for whom it is passed to next.
  const waiting = ask(path, get("/"));
  const bind = async (...binds: readonly string[]) => {
    const from = server.records.length;
    fs.writeFileSync(join(folder, "tsgi.config.json"), JSON.stringify({ bind: binds, settle: 0 }));
    server.signal("SIGHUP");
    await server.says(/^generation \d+ serves with/, from);
  };
  // A reload takes it up, lays it down, and takes it up again.
  await bind("fd://web", "fd://admin");
  assert.equal((await waiting).status, 200);
  await bind("fd://admin");
  await bind("fd://web");
  assert.equal((await ask(port, get("/"))).status, 200);
});

test("a name that no passed socket has ends the start, and the message says which there are", async (t) => {
  const { inherit } = sockets(t);
  const names = { LISTEN_FDNAMES: "web:admin" };
  const server = Server.run(t, ["serve", "site:application", "--bind", "fd://api"], activated(inherit, names));
  const { code, stderr } = await server.ended;
  assert.equal(code, 32);
  assert.match(
    stderr,
    /^tsgi: cannot listen on fd:\/\/api: the sockets that systemd passed are web \(fd:\/\/3\), admin \(fd:\/\/4\)$/m,
  );
  const twice = Server.run(
    t,
    ["serve", "site:application", "--bind", "fd://web", "--bind", "fd://3"],
    activated(inherit, names),
  );
  const refused = await twice.ended;
  assert.equal(refused.code, 32);
  assert.match(refused.stderr, /fd:\/\/3 is said twice/);
});

test("sockets that were passed to another process are left alone, with a word about what may stand in between", async (t) => {
  const { inherit } = sockets(t);
  const env = { LISTEN_FDS: "2", LISTEN_PID: "1", PORT: "0" };
  const server = await Server.start(t, ["site:application", ...LOG], { inherit, env, bare: true });
  assert.match(server.urls.join(), /^http:\/\/0\.0\.0\.0:\d+$/);
  const { level } = await server.says(/^sockets were passed to process 1 \(LISTEN_PID\), and this is \d+/);
  assert.equal(level, "warn");
});

test("tsgi config says that systemd said it", async (t) => {
  const { inherit } = sockets(t);
  const shown = await Server.run(t, ["config"], activated(inherit, { PORT: "80" })).ended;
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /^bind +fd:\/\/3, fd:\/\/4 +variable LISTEN_FDS$/m);
  assert.match(shown.stdout, /^ +\(not 0\.0\.0\.0:80\) +\(variable PORT\)$/m);
});
