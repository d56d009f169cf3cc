// `tsgi ctl` and the control socket, as their users have them: where it is, what a person and what a script sees, and the end.

import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { StatusData, WorkersData } from "../../src/ipc/control-data.ts";
import { VERSION } from "../../src/version.ts";
import { get, ask as get200, RawClient } from "../support/client.ts";
import { controlled, runCtl } from "../support/ctl.ts";
import { holdRequest } from "../support/hold.ts";
import { APPS, Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const turn = () => new Promise((next) => setImmediate(next));

test("in the project's folder tsgi ctl finds the server by its configuration; the socket is 0600 and goes with the server", async (t) => {
  const config = { app: "app:application", pid: "run/tsgi.pid" };
  const app = readFileSync(join(APPS, "echo.js"), "utf8");
  const cwd = tempFolder(t, { "tsgi.config.json": JSON.stringify(config), "app.mjs": app, "run/x": "" });
  const server = await Server.start(t, ["--workers", "2"], { cwd });
  assert.equal(lstatSync(join(cwd, "run/tsgi.ctl")).mode & 0o777, 0o600);
  const status = await runCtl(t, ["status"], { cwd });
  assert.deepEqual([status.code, status.stderr], [0, ""]);
  const first = `^tsgi ${VERSION} \\(pid ${server.pid}\\), app:application: ready\nstate +serving\n`;
  assert.match(status.stdout, new RegExp(first));
  assert.match(status.stdout, /^workers +2 wanted, 2 ready, 0 booting, 0 leaving$/m);
  assert.match(status.stdout, new RegExp(`^listening +http://127\\.0\\.0\\.1:${server.port}$`, "m"));
  await server.stop();
  assert.deepEqual(readdirSync(join(cwd, "run")), ["x"]);
  assert.equal((await runCtl(t, ["status"], { cwd })).code, 3);
});

test("status and workers have what the server is and does, as JSON and as a table", async (t) => {
  const { server, ask, ctl } = await controlled(t, ["echo:application", "--workers", "2"]);
  for (let i = 0; i < 5; i += 1) await get200(server.port, get(`/${i}`));
  // The figures come with the workers' beats, once a second.
  while ((await ask<StatusData>("status")).load.served < 5) await turn();
  const { uptime, load, ...rest } = JSON.parse((await ctl("status", "--json")).stdout) as StatusData;
  assert.ok(uptime > 0 && load.rss > 10_000_000, `${uptime} s, ${load.rss} bytes`);
  assert.deepEqual([load.served, load.inFlight], [5, 0]);
  assert.deepEqual(rest, {
    ...{ version: VERSION, pid: server.pid, app: "echo:application", state: "serving", ready: true, generation: 1 },
    workers: { wanted: 2, min: 2, max: 2, ready: 2, booting: 0, leaving: 0 },
    listeners: [`http://127.0.0.1:${server.port}`],
    ...{ reload: null, lastReload: null, upgrade: null, stop: null },
  });
  const { workers, empty } = JSON.parse((await ctl("workers", "--json")).stdout) as WorkersData;
  const pids = workers.map(({ pid }) => pid!);
  assert.deepEqual(
    [[...pids].sort((a, b) => a - b), workers.map(({ slot }) => slot)],
    [[...server.workers()].sort((a, b) => a - b), [1, 2]],
  );
  assert.ok(workers.every((row) => row.phase === "ready" && row.age > 0 && row.rss !== null && row.leaves === null));
  assert.deepEqual(empty, []);
  const table = (await ctl("workers")).stdout.split("\n");
  assert.match(
    table[0]!,
    /^SLOT +PID +GEN +STATE +AGE +SERVED +ERRORS +IN FLIGHT +CONNS +WS +RSS +BUSY +DELAY +SILENT$/,
  );
  assert.match(table[1]!, new RegExp(`^ +1 +${pids[0]} +1 +ready +\\d+`));
  assert.equal(table.length, 4);
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

test("reopen opens the log files again, and stop ends the server gracefully", async (t) => {
  const file = join(tempFolder(t), "access.log");
  const { server, ctl, path } = await controlled(t, ["site:application", "--access-log", file]);
  await get200(server.port, get("/one"));
  while (statSync(file).size === 0) await turn();
  renameSync(file, `${file}.1`);
  assert.deepEqual((await ctl("reopen")).stdout, "the log files are opened again\n");
  while (!existsSync(file)) await turn();
  assert.match(readFileSync(`${file}.1`, "utf8"), /"GET \/one /);

  const held = await holdRequest(server.port);
  const stopped = await ctl("stop");
  assert.deepEqual([stopped.code, stopped.stdout], [0, "the server stops gracefully, within 30 s\n"]);
  await server.says(/^stopping on tsgi ctl stop/);
  assert.equal((await held.finish()).body, "held to the end");
  assert.equal((await server.ended).code, 0);
  assert.deepEqual(readdirSync(dirname(path)), []);
});

test("stop --quick drops what is open", async (t) => {
  const { server, ctl } = await controlled(t, ["site:application"]);
  const open = await holdRequest(server.port);
  const quick = await ctl("stop", "--quick", "--json");
  assert.deepEqual([quick.code, JSON.parse(quick.stdout)], [0, { message: "the server stops at once" }]);
  assert.equal((await server.ended).code, 0);
  assert.equal(await open.client.rest(), "");
});

test("--control off is none, also with a pid file", async (t) => {
  const folder = tempFolder(t);
  await Server.start(t, ["site:application", "--pid", join(folder, "a.pid"), "--control", "off"]);
  assert.deepEqual(readdirSync(folder), ["a.pid"]);
});
