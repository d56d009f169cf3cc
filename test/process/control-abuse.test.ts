// The control socket in the hands of others: two servers at one path, leftovers of a killed one, and clients that say too much, too
// little or the wrong thing. The server goes on serving, and its state is the right one afterwards.

import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { StatusData } from "../../src/ipc/control-data.ts";
import { RawClient } from "../support/client.ts";
import { controlled } from "../support/ctl.ts";
import { Load } from "../support/load.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("a second server at the same control socket is refused with 26 and leaves nothing behind; the first goes on", async (t) => {
  const { path, ask, server } = await controlled(t, ["site:application"]);
  const folder = dirname(path);
  const second = Server.spawn(t, ["site:application", "--control", path, "--pid", join(folder, "second.pid")]);
  const { code, stderr } = await second.ended;
  assert.deepEqual(
    [code, stderr],
    [26, `tsgi: the control socket ${path} belongs to a server that is alive; stop it, or give another --control\n`],
  );
  assert.deepEqual(readdirSync(folder), ["tsgi.ctl"]);
  assert.equal((await ask<StatusData>("status")).pid, server.pid);
});

test("a start that fails after the control socket was made takes it away again", async (t) => {
  const folder = tempFolder(t, { "app.mjs": "throw new Error('no');" });
  const server = Server.spawn(t, ["app:application", "--pid", "x.pid"], { cwd: folder });
  assert.equal((await server.ended).code, 42);
  assert.deepEqual(readdirSync(folder), ["app.mjs"]);
});

test("the socket of a killed server says so, and the next server replaces it", async (t) => {
  const { path, server, ctl } = await controlled(t, ["site:application"]);
  await server.stop("SIGKILL");
  assert.ok(existsSync(path));
  const left = await ctl("status");
  assert.deepEqual(
    [left.code, left.stderr],
    [3, `tsgi: nobody serves the control socket ${path} any more: the server was killed\n`],
  );
  const next = await controlled(t, ["site:application"], { path });
  assert.deepEqual([(await next.ask<StatusData>("status")).ready, lstatSync(path).mode & 0o777], [true, 0o600]);
});

test("a control socket that cannot be made ends the start with 26 and why", async (t) => {
  const folder = tempFolder(t, { file: "text" });
  const { code, stderr } = await Server.spawn(t, ["site:application", "--control", join(folder, "file")]).ended;
  assert.equal(code, 26);
  assert.match(stderr, /^tsgi: no control socket: .*\/file exists and is no socket; it is left alone/);
});

test("garbage, megabytes, a hundred silent clients and clients that leave while they wait: the server serves on", async (t) => {
  const { path, server, ctl, ask } = await controlled(t, ["echo:application", "--workers", "2", "--settle", "0"]);
  const load = await Load.start(t, { where: server.port, perSecond: 200 });
  const from = server.records.length;
  const errorOf = async (text: string): Promise<string> => {
    const client = await RawClient.connect(path);
    client.send(text);
    const lines = (await client.rest()).trim().split("\n");
    client.close();
    assert.equal(lines.length, 1);
    return JSON.parse(lines[0]!).error;
  };
  for (let i = 0; i < 20; i += 1) {
    assert.match(await errorOf(`${"\0\xff\x1b]0;".repeat(20)}${i}\n`), /^unknown command /);
    assert.match(await errorOf(`nonsense ${i}\n`), /^unknown command nonsense; there are status, /);
    assert.match(await errorOf("{ not json\n"), /^not JSON/);
  }
  const megabytes = await RawClient.connect(path);
  megabytes.socket.write(Buffer.alloc(20 * 1_048_576, "x"));
  assert.equal(JSON.parse(await megabytes.rest()).error, "a line may have at most 65536 bytes");
  megabytes.close();

  const silent = await Promise.all(Array.from({ length: 100 }, () => RawClient.connect(path)));
  assert.equal((await ctl("status")).code, 0);
  for (const client of silent) client.close();

  const leavers = await Promise.all(Array.from({ length: 40 }, () => RawClient.connect(path)));
  for (const client of leavers.slice(0, 20)) client.send("reload --wait\n");
  await server.says(/^reloading: generation 2/, from);
  for (const client of leavers) client.close();

  const reload = await ctl("reload", "--wait");
  assert.deepEqual([reload.code, reload.stderr], [0, ""]);
  await load.more(200);
  assert.deepEqual((await load.stop()).failures, []);
  const status = await ask<StatusData>("status");
  assert.deepEqual(
    [status.state, status.ready, status.workers, status.reload, status.lastReload?.ok],
    ["serving", true, { wanted: 2, min: 2, max: 2, ready: 2, booting: 0, leaving: 0 }, null, true],
  );
  await server.stop();
  const warned = server.records.slice(from).filter(({ msg }) => msg.startsWith("control socket: "));
  // More than a hundred mishaps of three kinds: each is said once, and then as a number.
  assert.ok(warned.length <= 12, warned.map(({ msg }) => msg).join("\n"));
});
