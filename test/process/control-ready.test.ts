// The exit code of `tsgi ctl status` as a readiness probe, from the first moment of a server to after its last.

import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { StatusData } from "../../src/ipc/control-data.ts";
import { get, ask as request } from "../support/client.ts";
import { beside } from "../support/ctl.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("4 while it starts, 0 while it serves, 4 in the drain delay, 3 when it is gone", async (t) => {
  const app = `
    import { existsSync } from "node:fs";
    while (!existsSync("go")) await new Promise((later) => setTimeout(later, 20));
    export const application = (environ, startResponse) => (startResponse("200 OK", []), ["served"]);`;
  const cwd = tempFolder(t, { "app.mjs": app });
  const path = join(cwd, "ctl");
  const server = Server.spawn(t, ["app:application", "--control", path, "--drain-delay", "600"], { cwd });
  while (!existsSync(path)) await new Promise((next) => setImmediate(next));
  const { ctl, ask } = beside(t, path);
  const starting = await ctl("status");
  assert.deepEqual([starting.code, starting.stderr], [4, ""]);
  assert.match(starting.stdout, /: not ready\nstate +starting\n/);
  writeFileSync(join(cwd, "go"), "");
  await server.says(/^ready in/);
  assert.equal((await ctl("status")).code, 0);
  assert.equal((await ctl("stop")).code, 0);
  const draining = await ctl("status");
  assert.deepEqual([draining.code, (await ask<StatusData>("status")).state], [4, "drain-delay"]);
  assert.match(draining.stdout, /^stop +graceful on tsgi ctl stop, since/m);
  assert.equal((await request(server.port, get("/"))).body, "served");
  // Once more is a harder stop.
  await ask("stop");
  assert.equal((await server.ended).code, 0);
  assert.equal((await ctl("status")).code, 3);
});
