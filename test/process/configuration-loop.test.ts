// A configuration that loops for ever, read again by a running server: the master stays and listens, and gives it up in the end.

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, get } from "../support/client.ts";
import { MasterProcess } from "../support/master-process.ts";
import { APPS, Server, titleOf } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("an endless loop in the configuration, at HUP: clients, TTIN and USR1 are served meanwhile, and TERM ends everything", async (t) => {
  const text = `export default { app: "echo:application", chdir: ${JSON.stringify(APPS)}, settle: 0, workers: 2 };`;
  const folder = tempFolder(t, { "tsgi.config.mjs": text });
  const server = await Server.start(t, [], { cwd: folder });
  const before = server.serving();
  const loop = 'import { writeSync } from "node:fs";\nwriteSync(2, "the file is read\\n");\nfor (;;) {}';
  writeFileSync(join(folder, "tsgi.config.mjs"), loop);
  server.signal("SIGHUP");
  await server.until(() => server.lines.includes("the file is read"), "the file was never read");
  const readers = server.processes().filter((pid) => titleOf(pid).startsWith("tsgi: configuration"));
  assert.equal(readers.length, 1);
  assert.equal((await ask(server.port, get("/"))).status, 200);
  server.signal("SIGUSR1");
  server.signal("SIGTTIN");
  const now = await server.untilServing(3);
  assert.ok(before.every((pid) => now.includes(pid)));
  const { code, stderr } = await server.stop();
  assert.equal(code, 0);
  assert.doesNotMatch(stderr, /reload failed/);
  // `stop` waits for every process that could still write to the log, and so for the one that was looping.
});

test("a configuration that blocks its process is given up, and the log says so; the next one is read", async (t) => {
  const master = await MasterProcess.start(t, {}, { args: ["500"] });
  const before = [...master.workers()].sort();
  rmSync(join(master.folder, "tsgi.config.json"));
  writeFileSync(join(master.folder, "tsgi.config.mjs"), "for (;;) {}");
  master.signal("SIGHUP");
  const said = await master.says(/^reload failed, nothing has changed: /);
  assert.match(
    said,
    /tsgi\.config\.mjs: not loaded after 0\.5 seconds: it blocks its process, with an endless loop perhaps$/,
  );
  assert.deepEqual([...master.workers()].sort(), before);
  assert.ok(before.includes((await master.ask()).pid));
  rmSync(join(master.folder, "tsgi.config.mjs"));
  master.configure({ workers: 1 });
  master.signal("SIGHUP");
  await master.says(/^generation 2 serves with 1 worker/);
});
