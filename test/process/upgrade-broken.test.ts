// USR2 onto something that does not get ready: the old master goes on, nobody notices but who reads the log.

import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { commandLine, MasterProcess } from "../support/master-process.ts";
import { clients, finish, more, none, STARTS_MS, serve } from "../support/upgrade.ts";

test("USR2 onto code or a configuration that is broken changes nothing, and the log says why", async (t) => {
  const site = await serve(t);
  const { server, files, deploy, folder } = site;
  const loads = await clients(t, site);
  const before = server.workers();
  const cases: readonly (readonly [() => void, RegExp, RegExp])[] = [
    [() => deploy("two", "const = 1;"), /exited with code 41 \(syntax-error: .*\) before it was ready/, /app\.mjs/],
    [() => deploy("two", "process.exit(0);"), /exited with code 47 /, /before it was ready/],
    [
      () => fs.writeFileSync(join(folder, "tsgi.config.json"), '{ "wokers": 2 }'),
      /exited with code 20 \(config-file: /,
      /wokers/,
    ],
  ];
  for (const [spoil, how, why] of cases) {
    const [from, line] = [server.records.length, server.lines.length];
    spoil();
    server.signal("SIGUSR2");
    const { level, msg } = await server.says(
      /^the upgrade failed, this master goes on: the new master/,
      from,
      STARTS_MS,
    );
    assert.equal(level, "error");
    assert.match(msg, how);
    assert.match(server.lines.slice(line).join("\n"), why);
    await more(loads);
    assert.deepEqual(files().slice(0, 2), ["app.pid", "app.sock"]);
    assert.deepEqual(server.workers(), before);
  }
  const results = await none(loads);
  for (const { versions } of results) assert.deepEqual([...versions.keys()], ["one"]);
  fs.rmSync(join(folder, "tsgi.config.json"));
  await finish(site, server.pid);
});

test("USR2 onto code that hangs is given up, and leaves no process behind", async (t) => {
  const site = await serve(t);
  const { server, deploy, folder } = site;
  const loads = await clients(t, site);
  const before = server.processes();
  deploy("two", "for (;;);");
  fs.writeFileSync(join(folder, "tsgi.config.json"), '{ "bootTimeout": 1 }');
  server.signal("SIGUSR2");
  const { msg } = await server.says(/^the upgrade failed, this master goes on/, 0, STARTS_MS);
  assert.match(msg, /exited with code 46 \(boot-timeout: /);
  await more(loads);
  // A worker that hangs was killed by its own master, before that one left.
  assert.deepEqual(server.processes(), before);
  await none(loads);
  fs.rmSync(join(folder, "tsgi.config.json"));
  await finish(site, server.pid);
});

/** The new master of a master, as soon as it exists; no log has it yet. */
async function heirOf(pid: number): Promise<number> {
  for (;;) {
    const children = fs
      .readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .split(" ")
      .filter(Boolean)
      .map(Number);
    const heir = children.find((child) => commandLine(child).includes("/run.js"));
    if (heir !== undefined) return heir;
    await new Promise((next) => setTimeout(next, 10));
  }
}

test("a new master that hangs itself is told to go when its time is up, and killed when it does not", async (t) => {
  const master = await MasterProcess.start(t, { bootTimeout: 4, gracefulTimeout: 0.2 });
  master.signal("SIGUSR2");
  process.kill(await heirOf(master.pid), "SIGSTOP");
  await master.says(
    /^the upgrade failed, this master goes on: .* did not get ready within 4\.5 s \(--boot-timeout and 0\.5 s\)/,
  );
  await master.says(/^the new master \(pid \d+\) did not leave in time and is killed$/);
  await master.says(/^the new master \(pid \d+\) was killed by SIGKILL$/);
  assert.ok((await master.ask()).pid > 0);
});
