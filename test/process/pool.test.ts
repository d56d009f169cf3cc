// How many workers there are: options, variables, signals, and workers that are replaced by age.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, get } from "../support/client.ts";
import { Load } from "../support/load.ts";
import { smallestPool } from "../support/pool.ts";
import { Server, statusOf } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("WEB_CONCURRENCY is the number of workers unless something stronger says one", async (t) => {
  const env = { WEB_CONCURRENCY: "3" };
  const server = await Server.start(t, ["site:application"], { env });
  assert.equal(server.workers().length, 3);
  const flag = await Server.start(t, ["site:application", "--workers", "1"], { env });
  assert.equal(flag.workers().length, 1);
  const own = await Server.start(t, ["site:application"], { env: { ...env, TSGI_WORKERS: "2" } });
  assert.equal(own.workers().length, 2);
});

test("a flag beats TSGI_CMD_ARGS, that a variable, that the configuration file", async (t) => {
  const folder = tempFolder(t, { "tsgi.config.json": '{ "name": "file", "workers": 2 }' });
  const strongest: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>])[] = [
    ["file", [], {}],
    ["variable", [], { TSGI_NAME: "variable" }],
    ["cmd args", [], { TSGI_NAME: "variable", TSGI_CMD_ARGS: "--name 'cmd args'" }],
    ["flag", ["--name", "flag"], { TSGI_NAME: "variable", TSGI_CMD_ARGS: "--name 'cmd args'" }],
  ];
  const config = ["--config", join(folder, "tsgi.config.json")];
  for (const [name, args, env] of strongest) {
    const server = await Server.start(t, ["site:application", ...config, ...args], { env });
    assert.deepEqual(server.titles(), [
      `tsgi: master [${name}]`,
      `tsgi: worker 1 [${name}]`,
      `tsgi: worker 2 [${name}]`,
    ]);
    await server.stop();
  }
});

test("TTIN adds a worker and TTOU takes one away, down to one", async (t) => {
  const server = await Server.start(t, ["site:application"]);
  server.signal("SIGTTIN");
  const two = await server.untilServing(2);
  server.signal("SIGTTOU");
  const [first] = await server.untilServing(1);
  assert.equal(first, two[0], "the one that came last goes first");
  server.signal("SIGTTOU");
  // Signals that wait together are delivered in an order of the kernel's.
  while (statusOf(server.pid, "ShdPnd").some((pending) => /[^0]/.test(pending))) await nextTurn();
  const said = server.records.length;
  server.signal("SIGTTIN");
  await server.says(/^1 worker before, 2 wanted now$/, said);
  server.signal("SIGHUP");
  await server.says(/^generation 2 serves with 2 workers/);
  assert.equal((await server.untilServing(2, two)).length, 2);
  assert.equal((await ask(server.port, get("/"))).status, 200);
});

test("--max-requests replaces workers under load: none fails, and the pool is never smaller than asked for", async (t) => {
  const recycling = ["--max-requests", "60", "--max-requests-jitter", "20"];
  const server = await Server.start(t, ["echo:application", "--workers", "2", ...recycling]);
  const load = await Load.start(t, { where: server.port });
  await load.until(() => load.pids.size >= 8);
  const { failures, pids } = await load.stop();
  assert.deepEqual(failures, []);
  assert.ok([...pids.values()].every((answers) => answers >= 1));
  const asked = server.records.flatMap(({ msg }) => /asks for a successor: served (\d+) requests/.exec(msg)?.[1] ?? []);
  assert.ok(
    asked.map(Number).every((served) => served >= 60 && served <= 80),
    asked.join(),
  );
  assert.ok(new Set(asked).size > 1, "the jitter makes a difference");
  assert.equal(smallestPool(server.records, 2), 2);
});

const nextTurn = () => new Promise((next) => setImmediate(next));

test("--log-level leaves out what is less important: a start and a stop without a word", async (t) => {
  const path = join(tempFolder(t), "app.sock");
  const server = Server.spawn(t, ["site:application", "--log-level", "warn", "--bind", `unix:${path}`]);
  while (!existsSync(path)) await nextTurn();
  assert.equal((await ask(path, get("/"))).status, 200);
  assert.deepEqual(await server.stop(), { code: 0, signal: null, stdout: "", stderr: "" });
});
