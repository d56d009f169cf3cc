// The way back from an upgrade: WINCH, HUP and TERM to the new master. No request may fail at any step.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { clients, finish, gone, more, none, serve, upgrade } from "../support/upgrade.ts";

test("WINCH sends the old workers home, HUP brings them back, TERM to the new master takes the upgrade back: no request fails", async (t) => {
  const site = await serve(t);
  const { server, files, pidIn, deploy } = site;
  const loads = await clients(t, site);
  const old = server.workers();
  deploy("two");
  const heir = await upgrade(server);
  server.signal("SIGWINCH");
  await gone(old);
  const only = async (version: string) => {
    for (const load of loads) load.versions.clear();
    await more(loads);
    for (const load of loads) assert.deepEqual([...load.versions.keys()], [version]);
  };
  await only("two");
  deploy("back");
  server.signal("SIGHUP");
  await server.says(/^the workers are started again on SIGHUP$/);
  for (const load of loads) await load.until(() => load.versions.has("back"));
  process.kill(heir, "SIGTERM");
  await server.says(/^the new master \(pid \d+\) exited with code 0$/);
  await more(loads);
  assert.ok(server.workers().every((pid) => !old.includes(pid)));
  assert.deepEqual([files(), pidIn("app.pid")], [["app.pid", "app.sock"], server.pid]);
  await none(loads);
  await finish(site, server.pid);
});

test("TERM to the new master while the old workers are at home brings these back, and whoever connects meanwhile waits", async (t) => {
  const site = await serve(t);
  const { server } = site;
  const loads = await clients(t, site);
  const old = server.workers();
  const heir = await upgrade(server);
  server.signal("SIGWINCH");
  await gone(old);
  process.kill(heir, "SIGTERM");
  await server.says(/^the new master \(pid \d+\) leaves: this one goes on; the workers are started again$/);
  await server.says(/^the new master \(pid \d+\) exited with code 0$/);
  await more(loads);
  await server.untilServing(2, old);
  await none(loads);
  await finish(site, server.pid);
});
