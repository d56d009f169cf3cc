// The watchdog where things are not as usual: stopped processes, a master that is gone, another user, a Node that withholds its inspector.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { blamed, escaped } from "../support/blame.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { node } from "../support/compiled.ts";
import { Server, titleOf } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const SPINS = "export const application = () => {\n  for (;;);\n};\n";

/** Asks and does not wait for the answer. */
async function send(server: Server, target: string): Promise<RawClient> {
  const client = await RawClient.connect(server.port);
  client.send(get(target));
  return client;
}

test("a process that is stopped for longer than --timeout in all, and goes on each time, is not called stuck", async (t) => {
  const server = await Server.start(t, ["site:application", "--timeout", "2"]);
  const [pid] = server.serving();
  for (let times = 0; times < 3; times += 1) {
    process.kill(pid!, "SIGSTOP");
    await new Promise((over) => setTimeout(over, 900));
    process.kill(pid!, "SIGCONT");
    assert.equal((await ask(server.port, get("/"))).body, String(pid));
  }
  assert.deepEqual(server.serving(), [pid]);
});

test("a stopped process that does not go on is replaced by the master, which says that it is stopped", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "2", "--timeout", "1"]);
  const [pid] = server.serving();
  process.kill(pid!, "SIGSTOP");
  const died = await server.says(/was killed/);
  assert.match(
    died.msg,
    new RegExp(
      `\\(pid ${pid}\\) was killed: it gave no sign of life for 1 s \\(--timeout\\): its process is stopped, by SIGSTOP or a debugger`,
    ),
  );
  await server.untilServing(2, [pid!]);
});

test("a worker whose loop is blocked when its master dies is ended by its watchdog, which says so", async (t) => {
  const server = await Server.start(t, ["stuck:application", "--timeout", "1"]);
  const [pid] = server.serving();
  const held = await send(server, "/hold");
  assert.equal((await held.response()).status, 103);
  await send(server, "/spin");
  server.signal("SIGKILL");
  await server.until(() => server.lines.some((line) => line.includes("whose master is gone")));
  const line = server.lines.find((one) => one.includes("whose master is gone"));
  assert.match(
    line!,
    new RegExp(`^tsgi: the worker with pid ${pid}, .*: its event loop is blocked at ${escaped(blamed("/spin"))}:`),
  );
  await server.ended;
  assert.equal(titleOf(pid!), "");
});

test("a worker of another user has a watchdog too", { skip: process.getuid?.() !== 0 && "needs root" }, async (t) => {
  const folder = tempFolder(t, {
    "package.json": '{ "type": "module" }',
    "app.js": SPINS,
  });
  chmodSync(folder, 0o755);
  const server = await Server.start(t, ["app:application", "--timeout", "1", "--user", "nobody"], { cwd: folder });
  await send(server, "/");
  const died = await server.says(/was killed/);
  assert.match(
    died.msg,
    new RegExp(` in application \\(${escaped(join(folder, "app.js"))}:2:\\d+\\); 1 request in flight`),
  );
});

const [major = 0] = /\d+/.exec(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout)?.map(Number) ?? [];
/** Of 22, 24 and 26; 20 has it under a name that may change. */
const PERMISSIONS = `--permission --allow-fs-read=* --allow-fs-write=* --allow-child-process${major >= 26 ? " --allow-net" : ""}`;
const withPermissions = { skip: major < 22 && "this Node has no --permission" };

test(
  "where Node withholds its inspector the worker is replaced all the same, and the line says why there is no stack",
  withPermissions,
  async (t) => {
    const env = { NODE_OPTIONS: `${PERMISSIONS} --allow-worker` };
    const folder = tempFolder(t, { "package.json": '{ "type": "module" }', "app.js": SPINS });
    const server = await Server.start(t, ["app:application", "--timeout", "1"], { cwd: folder, env });
    await send(server, "/");
    const died = await server.says(/was killed/);
    assert.match(
      died.msg,
      /was killed: its event loop was blocked for [\d.]+ s \(--timeout\); its stack cannot be had: Node's permission model withholds its inspector \(--allow-inspector\); .*; 1 request in flight: GET \/ \(/,
    );
  },
);

test(
  "where Node gives no threads the worker says so once, and the master alone finds the blocked loop",
  withPermissions,
  async (t) => {
    const folder = tempFolder(t, { "package.json": '{ "type": "module" }', "app.js": SPINS });
    const server = await Server.start(t, ["app:application", "--timeout", "1"], {
      cwd: folder,
      env: { NODE_OPTIONS: PERMISSIONS },
    });
    const warned = server.records.filter(({ msg }) => msg.startsWith("the worker has no watchdog"));
    assert.deepEqual(
      warned.map(({ level, role }) => [level, role]),
      [["warn", "worker 1"]],
    );
    await send(server, "/");
    assert.match(
      (await server.says(/was killed/)).msg,
      /its event loop is blocked, and its watchdog could not say where; /,
    );
  },
);
