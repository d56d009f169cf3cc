// `tsgi ctl` and the control socket, as their users have them: every command for a person and for a script, and where the socket is.

import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { StatusData, WorkersData } from "../../src/ipc/control-data.ts";
import { VERSION } from "../../src/version.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { beside, controlled, runCtl } from "../support/ctl.ts";
import { holdRequest } from "../support/hold.ts";
import { APPS, Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ECHO = readFileSync(join(APPS, "echo.js"), "utf8");
const sorted = (numbers: readonly (number | null)[]): (number | null)[] => [...numbers].sort();

test("in the project's folder tsgi ctl finds the server by its configuration; the socket is 0600 and goes with the server", async (t) => {
  const config = { app: "app:application", pid: "run/tsgi.pid", bind: "127.0.0.1:0" };
  const cwd = tempFolder(t, { "tsgi.config.json": JSON.stringify(config), "app.mjs": ECHO, "run/x": "" });
  const server = await Server.start(t, ["--workers", "2"], { cwd });
  assert.equal(lstatSync(join(cwd, "run/tsgi.ctl")).mode & 0o777, 0o600);
  const status = await runCtl(t, ["status"], { cwd });
  assert.deepEqual([status.code, status.stderr], [0, ""]);
  assert.match(
    status.stdout,
    new RegExp(`^tsgi ${VERSION} \\(pid ${server.pid}\\), app:application: ready\nstate +serving\n`),
  );
  assert.match(status.stdout, /^workers +2 wanted, 2 ready, 0 booting, 0 leaving$/m);
  assert.match(status.stdout, new RegExp(`^listening +http://127\\.0\\.0\\.1:${server.port}$`, "m"));
  await server.stop();
  assert.deepEqual(readdirSync(join(cwd, "run")), ["x"]);
  assert.equal((await runCtl(t, ["status"], { cwd })).code, 3);
});

test("status and workers as JSON have what the server is and does", async (t) => {
  const { server, json, ctl } = await controlled(t, ["echo:application", "--workers", "2"]);
  for (let i = 0; i < 5; i += 1) await ask(server.port, get(`/${i}`));
  let status = await json<StatusData>("status");
  // The figures come with the workers' beats, once a second.
  while (status.load.served < 5) status = await json<StatusData>("status");
  const { uptime, load, ...rest } = status;
  assert.ok(uptime > 0 && load.rss > 10_000_000, `${uptime} s, ${load.rss} bytes`);
  assert.deepEqual([load.served, load.inFlight], [5, 0]);
  assert.deepEqual(rest, {
    ...{ version: VERSION, pid: server.pid, app: "echo:application", state: "serving", ready: true, generation: 1 },
    workers: { wanted: 2, min: 2, max: 2, ready: 2, booting: 0, leaving: 0 },
    listeners: [`http://127.0.0.1:${server.port}`],
    ...{ reload: null, lastReload: null, upgrade: null, stop: null },
  });
  const { workers, empty } = await json<WorkersData>("workers");
  assert.deepEqual(
    [sorted(workers.map(({ pid }) => pid)), workers.map(({ slot }) => slot)],
    [sorted(server.workers()), [1, 2]],
  );
  assert.ok(workers.every((row) => row.phase === "ready" && row.age > 0 && row.rss !== null && row.leaves === null));
  assert.deepEqual(empty, []);
  const table = (await ctl("workers")).stdout.split("\n");
  assert.match(table[0]!, /^SLOT +PID +GEN +STATE +AGE +SERVED +ERRORS +IN FLIGHT +CONNS +RSS +BUSY +DELAY +SILENT$/);
  assert.match(table[1]!, new RegExp(`^ +1 +${workers[0]!.pid} +1 +ready +\\d+`));
  assert.equal(table.length, 4);
});

test("the exit code of status is a readiness probe: 4 while it starts, 0 while it serves, 4 in the drain delay, 3 when it is gone", async (t) => {
  const app = `
    import { existsSync } from "node:fs";
    while (!existsSync("go")) await new Promise((later) => setTimeout(later, 20));
    ${ECHO}`;
  const cwd = tempFolder(t, { "app.mjs": app });
  const path = join(cwd, "ctl");
  const server = Server.spawn(t, ["app:application", "--control", path, "--drain-delay", "600"], { cwd });
  while (!existsSync(path)) await new Promise((next) => setImmediate(next));
  const { ctl, json } = beside(t, path);
  const starting = await ctl("status");
  assert.deepEqual([starting.code, starting.stderr], [4, ""]);
  assert.match(starting.stdout, /: not ready\nstate +starting\n/);
  writeFileSync(join(cwd, "go"), "");
  await server.says(/^ready in/);
  assert.equal((await ctl("status")).code, 0);
  assert.equal((await ctl("stop")).code, 0);
  const draining = await ctl("status");
  assert.deepEqual([draining.code, (await json<StatusData>("status")).state], [4, "drain-delay"]);
  assert.match(draining.stdout, /^stop +graceful on tsgi ctl stop, since/m);
  assert.match((await ask(server.port, get("/1"))).body, /^pid=/);
  const again = await ctl("stop");
  assert.deepEqual([again.code, (await server.ended).code], [0, 0]);
  assert.equal((await ctl("status")).code, 3);
});

test("stop ends the server gracefully, and stop --quick drops what is open", async (t) => {
  const { server, ctl, folder } = await controlled(t, ["site:application"]);
  const held = await holdRequest(server.port);
  const stopped = await ctl("stop");
  assert.deepEqual([stopped.code, stopped.stdout], [0, "the server stops gracefully, within 30 s\n"]);
  await server.says(/^stopping on tsgi ctl stop/);
  assert.equal((await held.finish()).body, "held to the end");
  assert.equal((await server.ended).code, 0);
  assert.deepEqual(readdirSync(folder), []);

  const other = await controlled(t, ["site:application"]);
  const open = await holdRequest(other.server.port);
  const quick = await other.ctl("stop", "--quick", "--json");
  assert.deepEqual([quick.code, JSON.parse(quick.stdout)], [0, { message: "the server stops at once" }]);
  assert.equal((await other.server.ended).code, 0);
  assert.equal(await open.client.rest(), "");
});

test("reopen opens the log files again", async (t) => {
  const file = join(tempFolder(t), "access.log");
  const { server, ctl } = await controlled(t, ["echo:application", "--access-log", file]);
  await ask(server.port, get("/1"));
  while (statSync(file).size === 0) await new Promise((next) => setImmediate(next));
  renameSync(file, `${file}.1`);
  assert.deepEqual((await ctl("reopen")).stdout, "the log files are opened again\n");
  while (!existsSync(file)) await ask(server.port, get("/2"));
  assert.match(readFileSync(`${file}.1`, "utf8"), /"GET \/1 /);
});

test("people with nc say words and hear one line; programs say JSON lines, and hear as many", async (t) => {
  const { path } = await controlled(t, ["site:application"]);
  const words = await RawClient.connect(path);
  words.send("status\n");
  const { id, ok, data } = JSON.parse(await words.rest());
  assert.deepEqual([id, ok, data.ready], [null, true, true]);
  words.close();
  const program = await RawClient.connect(path);
  program.send('{"id":1,"command":"status"}\n{"id":2,"command":"scale","count":2}\n');
  const lines = (await program.until((text) => text.split("\n").length === 3)).trim().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).id),
    [1, 2],
  );
  program.close();
});

test("--control off is none, also with a pid file, and so is a server without either", async (t) => {
  const folder = tempFolder(t);
  await Server.start(t, ["site:application", "--pid", join(folder, "a.pid"), "--control", "off"]);
  await Server.start(t, ["site:application"]);
  assert.deepEqual(readdirSync(folder), ["a.pid"]);
});
