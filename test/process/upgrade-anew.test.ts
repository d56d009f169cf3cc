// What the new master of an upgrade begins with: the configuration, the folder and the environment that there are now.

import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ask, get } from "../support/client.ts";
import { Load } from "../support/load.ts";
import { commandLine } from "../support/master-process.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { application, complete, upgrade } from "../support/upgrade.ts";

test("the new master reads the configuration anew: it binds what was added, and what is gone goes with the old master", async (t) => {
  const folder = tempFolder(t, { "app.mjs": application("one") });
  const configure = (...names: readonly string[]) =>
    fs.writeFileSync(
      join(folder, "tsgi.config.json"),
      JSON.stringify({ bind: ["127.0.0.1:0", ...names.map((name) => `unix:${name}.sock`)], pid: `${names[1]}.pid` }),
    );
  const files = () =>
    fs
      .readdirSync(folder)
      .filter((name) => /sock|pid/.test(name))
      .sort();
  configure("kept", "gone");
  const bare = ["app:application", "--log-format", "json", "--log-level", "debug"];
  const server = await Server.start(t, bare, { cwd: folder, bare: true });
  const load = await Load.start(t, { where: join(folder, "kept.sock"), perSecond: 200 });
  configure("kept", "new");
  const heir = await upgrade(server);
  assert.deepEqual(files(), ["gone.pid", "gone.sock", "kept.sock", "new.pid.2", "new.sock"]);
  for (const name of ["kept", "gone", "new"]) {
    assert.equal((await ask(join(folder, `${name}.sock`), get("/"))).status, 200);
  }
  await complete(server);
  assert.deepEqual(files(), ["kept.sock", "new.pid", "new.sock"]);
  assert.equal((await ask(join(folder, "new.sock"), get("/"))).status, 200);
  // A port of the kernel's choosing is still the same one.
  assert.equal((await ask(server.port, get("/"))).status, 200);
  assert.deepEqual((await load.stop()).failures, []);
  process.kill(heir, "SIGTERM");
  await server.ended;
  assert.deepEqual([server.processes(), files()], [[], []]);
});

test("the new master starts where the old one did, by the name that the shell had for the folder, and under its first umask", async (t) => {
  const folder = tempFolder(t, { "1/app.mjs": application("one"), "2/app.mjs": application("two") });
  const current = join(folder, "current");
  fs.symlinkSync("1", current);
  const args = ["app:application", "--umask", "077"];
  const server = await Server.start(t, args, { cwd: current, env: { PWD: current, MARK: "kept" } });
  const version = async () => /version=(\S+)/.exec((await ask(server.port, get("/"))).body)?.[1];
  assert.equal(await version(), "one");
  fs.rmSync(current);
  fs.symlinkSync("2", current);
  const heir = await upgrade(server);
  await complete(server);
  assert.equal(await version(), "two");
  const environ = (pid: number) => fs.readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  assert.ok(environ(heir).includes("MARK=kept"));
  // A worker knows nothing of it.
  const workers = server.processes().filter((pid) => commandLine(pid).startsWith("tsgi: worker"));
  assert.ok(workers.length > 0);
  for (const pid of workers) assert.ok(!environ(pid).some((variable) => variable.startsWith("TSGI_HEIR_OF=")));
  process.kill(heir, "SIGTERM");
  await server.ended;
});
