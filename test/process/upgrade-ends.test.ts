// Upgrades that end half-way: a second one on top, TERM to the old master too early, Ctrl-C. Nothing may be left behind.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { complete, finish, nothingIsLeft, serve, upgrade } from "../support/upgrade.ts";

test("a second USR2 is refused by both masters while the first one is under way", async (t) => {
  const site = await serve(t);
  const { server } = site;
  const heir = await upgrade(server);
  const from = server.records.length;
  server.signal("SIGUSR2");
  const first = await server.says(/^SIGUSR2 is ignored: a new master/, from);
  process.kill(heir, "SIGUSR2");
  const second = await server.says(/^SIGUSR2 is ignored: the old master/, from);
  assert.deepEqual([first.level, first.pid, second.level, second.pid], ["warn", server.pid, "warn", heir]);
  await complete(server);
  await finish(site, heir);
});

test("TERM to the old master while the new one still boots stops both, and nothing is left", async (t) => {
  const site = await serve(t);
  const { server, deploy } = site;
  const before = server.processes();
  deploy("two", "for (;;);");
  server.signal("SIGUSR2");
  // The worker of the new master that hangs.
  while (server.processes().length < before.length + 3) await new Promise((next) => setTimeout(next, 10));
  server.signal("SIGTERM");
  assert.equal((await server.ended).code, 0);
  nothingIsLeft(site);
});

test("Ctrl-C reaches both masters, and is one clean stop", async (t) => {
  const site = await serve(t);
  const { server } = site;
  const heir = await upgrade(server);
  for (const pid of [heir, server.pid]) process.kill(pid, "SIGINT");
  assert.equal((await server.ended).code, 0);
  nothingIsLeft(site);
});
