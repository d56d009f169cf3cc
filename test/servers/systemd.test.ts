// What docs/deploy/systemd.md tells people to write, taken from the page: checked by systemd's own program, and run by a real service manager.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { ask, get } from "../support/client.ts";
import { Load } from "../support/load.ts";
import { appFolder, block, Manager, noAnalyze, swap } from "../support/systemd.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { application } from "../support/upgrade.ts";

const ECHO = {
  "app.mjs": application("one"),
  "tsgi.config.json": '{ "app": "app:application", "workers": 2, "settle": 0, "logLevel": "debug" }',
};

/** The units of the page with everything in a folder of the test, where the application listens on two sockets of systemd's. */
function units(
  t: TestContext,
  folder: string,
): { readonly service: string; readonly socket: string; readonly path: string } {
  const path = join(tempFolder(t), "app.sock");
  const service = swap(block("service"), "/srv/app", folder);
  const socket = swap(swap(block("socket"), "/run/app.sock", path), "127.0.0.1:8000", `${path}.2`);
  return { service, socket, path };
}

/** Without what a manager of one user cannot do, or has nobody for. */
function mine(unit: string, names: readonly string[]): string {
  for (const name of names) assert.match(unit, new RegExp(`^${name}=`, "m"));
  return unit.replaceAll(new RegExp(`^(?:${names.join("|")})=.*\n`, "gm"), "");
}

test("systemd finds no fault in the units of the page", { skip: noAnalyze }, (t) => {
  const { service } = units(t, appFolder(t, ECHO));
  const folder = tempFolder(t, { "app.service": service, "app.socket": block("socket") });
  const { status, stdout, stderr } = spawnSync(
    "systemd-analyze",
    ["verify", "--man=no", join(folder, "app.socket"), join(folder, "app.service")],
    { encoding: "utf8" },
  );
  assert.deepEqual([stdout + stderr, status], ["", 0]);
});

test("a unit with a fault would be found", { skip: noAnalyze }, (t) => {
  const { service, socket } = units(t, appFolder(t, ECHO));
  const folder = tempFolder(t, {
    "app.service": swap(service, "KillMode=mixed", "KillMode=mixt"),
    "app.socket": socket,
  });
  const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", join(folder, "app.service")], {
    encoding: "utf8",
  });
  assert.match(stderr, /mixt/);
});

test("the limits of the page are longer than those of tsgi that they wait for", () => {
  const seconds = (name: string) => Number(new RegExp(`^${name}=(\\d+)$`, "m").exec(block("service"))?.[1]);
  assert.ok(seconds("TimeoutStartSec") > 60 && seconds("TimeoutStopSec") > 30);
});

test("a real systemd starts, reloads, restarts, upgrades and stops it as the page says, and no client is turned away", {
  skip: process.getuid?.() !== 0 && "needs root",
}, async (t) => {
  const folder = appFolder(t, ECHO);
  const { service, socket, path } = units(t, folder);
  const manager = await Manager.start(t, {
    "app.service":
      `${mine(service, ["User", "Group", "LimitNOFILE", "PrivateTmp", "ProtectSystem", "NoNewPrivileges"])}`.replace(
        "[Service]\n",
        `[Service]\nStandardError=append:${folder}/log\n`,
      ),
    "app.socket": mine(socket, ["SocketUser", "SocketGroup"]),
  });
  if (manager === undefined) {
    t.skip("no service manager can run here: it needs mounts, pid namespaces and control groups");
    return;
  }
  const log = () => fs.readFileSync(join(folder, "log"), "utf8");
  const works = async (...args: readonly string[]) => {
    const { code, said } = await manager.ctl(...args);
    assert.equal(code, 0, `systemctl ${args.join(" ")}: ${said}${log()}`);
  };

  assert.equal((await manager.ctl("start", "app.socket")).code, 0);
  // Nothing runs yet: this client waits in systemd's queue, and starts the service.
  const first = await ask(path, get("/"));
  assert.match(first.body, /version=one/);
  await works("start", "app");
  const started = await manager.until("app", ({ StatusText }) => StatusText === "2 of 2 workers ready, generation 1");
  assert.deepEqual([started["SubState"], started["NRestarts"]], ["running", "0"]);
  const load = await Load.start(t, { where: path, keepAlive: 4, closing: 4, perSecond: 100 });

  fs.writeFileSync(join(folder, "app.mjs"), application("two"));
  await works("reload", "app");
  await manager.until("app", ({ StatusText, SubState }) => SubState === "running" && /generation 2$/.test(StatusText!));
  await load.until(() => load.versions.has("two"));

  fs.writeFileSync(join(folder, "app.mjs"), "const = 1;");
  await works("reload", "app");
  await manager.until(
    "app",
    ({ SubState }) => SubState === "running" && /reload failed, generation 2 goes on/.test(log()),
  );

  fs.writeFileSync(join(folder, "app.mjs"), application("three"));
  const { MainPID: old } = await manager.show("app");
  await works("kill", "--kill-whom=main", "--signal=SIGUSR2", "app");
  const beside = await manager.until("app", ({ StatusText }) => /the new master \(pid \d+\) serves$/.test(StatusText!));
  assert.equal(beside["MainPID"], old);
  await works("kill", "--kill-whom=main", "--signal=SIGTERM", "app");
  const upgraded = await manager.until(
    "app",
    ({ MainPID, StatusText }) => MainPID !== old && /^2 of 2/.test(StatusText!) && !/master/.test(StatusText!),
  );
  assert.deepEqual([upgraded["SubState"], upgraded["NRestarts"]], ["running", "0"]);
  await load.until(() => load.versions.has("three"));
  await load.more(50);
  assert.deepEqual((await load.stop()).failures, []);

  // The new main process is told to stop and waited for, like the first one: it sees its workers leave.
  const closing = await Load.start(t, { where: path, keepAlive: 0, closing: 4, perSecond: 50 });
  await works("restart", "app");
  await closing.more(50);
  assert.deepEqual((await closing.stop()).failures, []);
  const restarted = await manager.until("app", ({ StatusText }) => /generation 1$/.test(StatusText!));
  assert.notEqual(restarted["MainPID"], upgraded["MainPID"]);
  assert.match(
    log(),
    new RegExp(`"pid":${upgraded["MainPID"]},.*worker \\d \\(pid \\d+\\) exited with code 0, as it was asked to`),
  );

  await works("stop", "app.socket", "app");
  // It would be "failed" if it had ended otherwise than with 0.
  assert.equal((await manager.show("app"))["SubState"], "dead");
  assert.doesNotMatch(log(), /"level":"(?:warn|fatal)"/);
});
