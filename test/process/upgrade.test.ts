// USR2: a new master on the same sockets beside the old one takes over. No request may fail at any step.

import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { runCtl } from "../support/ctl.ts";
import { commandLine } from "../support/master-process.ts";
import { statusOf } from "../support/server.ts";
import { clients, complete, finish, gone, more, none, serve, upgrade } from "../support/upgrade.ts";

const parentOf = (pid: number): number => Number(statusOf(pid, "PPid")[0]);

test("USR2, then TERM to the old master, or WINCH and QUIT: no request fails, and the names are right at each step", async (t) => {
  const site = await serve(t);
  const { server, files, controls, pidIn, deploy, folder } = site;
  const control = join(folder, "app.ctl");
  const loads = await clients(t, site);
  let master = server.pid;
  for (const version of ["two", "three"]) {
    deploy(version);
    assert.deepEqual(files(), ["app.pid", "app.sock"]);
    const heir = await upgrade(server, master);
    assert.deepEqual(files(), ["app.pid", "app.pid.2", "app.sock"]);
    assert.deepEqual([pidIn("app.pid"), pidIn("app.pid.2")], [master, heir]);
    assert.deepEqual(controls(), ["app.ctl", "app.ctl.2"]);
    assert.match(commandLine(heir), /^tsgi: master\.2 /);
    for (const load of loads) await load.until(() => load.versions.has(version));
    if (version === "three") {
      // QUIT drops what is open, so the workers are sent home first.
      const old = server.serving().filter((pid) => parentOf(pid) === master);
      assert.equal(old.length, 2);
      process.kill(master, "SIGWINCH");
      await gone(old);
    }
    await complete(server, master, version === "three" ? "SIGQUIT" : "SIGTERM");
    assert.deepEqual([files(), pidIn("app.pid")], [["app.pid", "app.sock"], heir]);
    assert.match(commandLine(heir), /^tsgi: master \[/);
    // Its old name is removed when the new one is there.
    while (controls().includes("app.ctl.2")) await new Promise((next) => setTimeout(next, 10));
    const status = await runCtl(t, ["status", "--json", "--control", control]);
    assert.equal(JSON.parse(status.stdout).pid, heir, status.stderr);
    master = heir;
    await more(loads);
  }
  for (const { versions } of await none(loads)) {
    assert.deepEqual([...versions.keys()].sort(), ["one", "three", "two"]);
  }
  assert.equal(await server.exited, 0);
  await finish(site, master);
});

test("kill -9 of the old master makes the new one the master; the old workers finish what they hold, and no request fails", async (t) => {
  const site = await serve(t);
  const { server, files, pidIn, deploy } = site;
  const loads = await clients(t, site);
  const old = server.workers();
  deploy("two");
  const heir = await upgrade(server);
  await complete(server, server.pid, "SIGKILL");
  assert.equal(await server.exited, "SIGKILL");
  assert.deepEqual([files(), pidIn("app.pid")], [["app.pid", "app.sock"], heir]);
  await gone(old);
  await more(loads);
  await none(loads);
  await finish(site, heir);
});
