// What systemd hears of a server, through its own program and a socket like its own.

import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { ask, get } from "../support/client.ts";
import { NotifySocket, noNotify } from "../support/notify-socket.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { application, complete, upgrade } from "../support/upgrade.ts";

const skip = noNotify;

/** A server whose application loads when the file `go` is there, as long as it has not got it. */
async function notified(t: TestContext, env: Readonly<Record<string, string>> = {}) {
  const gate =
    'import fs from "node:fs";\nwhile (!fs.existsSync("go")) await new Promise((next) => setTimeout(next, 10));';
  const folder = tempFolder(t, { "app.mjs": application("one", gate) });
  const socket = await NotifySocket.open(t);
  const server = Server.spawn(t, ["app:application", "--workers", "2"], {
    cwd: folder,
    env: { NOTIFY_SOCKET: socket.path, ...env },
  });
  const go = () => fs.writeFileSync(join(folder, "go"), "");
  return { folder, socket, server, go };
}

test("READY comes when the workers accept, RELOADING and READY around a reload, STOPPING at the end, with a line for people", {
  skip,
}, async (t) => {
  const { folder, socket, server, go } = await notified(t);
  await socket.hears(/^STATUS=0 of 2 workers ready, generation 1$/);
  assert.deepEqual(socket.said("READY"), []);
  go();
  const ready = await socket.hears(/^READY=1$/);
  // The log comes by another way, and may come later.
  await server.says(/^listening on /);
  assert.equal((await ask(server.port, get("/"))).status, 200);
  assert.ok(socket.messages[ready]!.includes("STATUS=2 of 2 workers ready, generation 1"));
  for (const pid of server.workers()) {
    assert.ok(!fs.readFileSync(`/proc/${pid}/environ`, "latin1").includes("NOTIFY_SOCKET="));
  }

  server.signal("SIGHUP");
  const reloading = await socket.hears(/^RELOADING=1$/, ready + 1);
  assert.match(socket.messages[reloading]!.join(), /,MONOTONIC_USEC=\d+$/);
  const again = await socket.hears(/^READY=1$/, reloading + 1);
  assert.ok(socket.messages[again]!.includes("STATUS=2 of 2 workers ready, generation 2"));

  // A reload that fails is over as well.
  fs.writeFileSync(join(folder, "app.mjs"), "const = 1;");
  server.signal("SIGHUP");
  const broken = await socket.hears(/^RELOADING=1$/, again + 1);
  await socket.hears(/^READY=1$/, broken + 1);
  await server.says(/^reload failed, generation 2 goes on/);

  server.signal("SIGTERM");
  await socket.hears(/^STOPPING=1$/, broken + 1);
  assert.equal((await server.ended).code, 0);
  assert.deepEqual(
    server.records.filter(({ level, msg }) => level === "warn" && /systemd/.test(msg)),
    [],
  );
});

test("a watchdog is fed until the end; one that was set on another process is not", { skip }, async (t) => {
  const fed = await notified(t, { WATCHDOG_USEC: "600000" });
  const other = await notified(t, { WATCHDOG_USEC: "600000", WATCHDOG_PID: "1" });
  fed.go();
  other.go();
  let at = -1;
  for (let i = 0; i < 5; i += 1) at = await fed.socket.hears(/^WATCHDOG=1$/, at + 1);
  await other.socket.hears(/^READY=1$/);
  other.server.signal("SIGTERM");
  await other.socket.hears(/^STOPPING=1$/);
  assert.deepEqual(other.socket.said("WATCHDOG"), []);
});

test("the old master of an upgrade names the new one as the main process before it leaves; from then on that one speaks", {
  skip,
}, async (t) => {
  const { socket, server, go } = await notified(t, { WATCHDOG_USEC: "1000000" });
  go();
  await socket.hears(/^READY=1$/);
  const heir = await upgrade(server);
  await socket.hears(new RegExp(`^STATUS=.*, the new master \\(pid ${heir}\\) serves$`));
  assert.deepEqual([socket.said("READY"), socket.said("MAINPID")], [["1"], []]);
  await complete(server);
  const handed = await socket.hears(new RegExp(`^MAINPID=${heir}$`));
  // What comes next comes from the new one, the only one that says READY again.
  const taken = await socket.hears(/^READY=1$/, handed + 1);
  assert.deepEqual(socket.said("STOPPING"), []);
  await socket.hears(/^WATCHDOG=1$/, taken + 1);
  process.kill(heir, "SIGTERM");
  await socket.hears(/^STOPPING=1$/, taken + 1);
  await server.ended;
});

test("a socket that nobody reads, or a program that is missing, costs one line in the log; the server starts, reloads and stops", {
  skip,
}, async (t) => {
  const gone = join(tempFolder(t), "gone");
  const cases: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ NOTIFY_SOCKET: gone, WATCHDOG_USEC: "200000" }, /\(.*No such file or directory.*\)/],
    [{ NOTIFY_SOCKET: gone, WATCHDOG_USEC: "200000", PATH: gone }, /\(there is no program systemd-notify\)/],
  ];
  for (const [env, why] of cases) {
    const server = await Server.start(t, ["site:application"], { env });
    server.signal("SIGHUP");
    await server.says(/^generation 2 serves with/);
    assert.equal((await ask(server.port, get("/"))).status, 200);
    const ended = await server.stop();
    assert.equal(ended.code, 0);
    const warnings = server.records.filter(({ level }) => level === "warn");
    assert.equal(warnings.length, 1, ended.stderr);
    assert.match(warnings[0]!.msg, /^systemd cannot be told how this server is/);
    assert.match(warnings[0]!.msg, why);
  }
});
