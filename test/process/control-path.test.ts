// Whose the path of a control socket is: two servers at one path, what a killed one left behind, and starts that fail.

import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { StatusData } from "../../src/ipc/control-data.ts";
import { controlled } from "../support/ctl.ts";
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
