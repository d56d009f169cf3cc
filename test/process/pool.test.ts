// How many workers there are: options, variables, signals, and workers that are replaced by age.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, get, RawClient } from "../support/client.ts";
import { holdRequest } from "../support/hold.ts";
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
  const asked = server.records.flatMap(({ msg }) => /gets a successor: served (\d+) requests/.exec(msg)?.[1] ?? []);
  assert.ok(
    asked.map(Number).every((served) => served >= 60 && served <= 80),
    asked.join(),
  );
  assert.ok(new Set(asked).size > 1, "the jitter makes a difference");
  assert.equal(smallestPool(server.records, 2), 2);
});

test("--max-worker-lifetime replaces workers by age, one after another and under load, without a lost request", async (t) => {
  const aging = ["--max-worker-lifetime", "1s", "--max-worker-lifetime-jitter", "500ms"];
  const server = await Server.start(t, ["echo:application", "--workers", "2", ...aging]);
  const load = await Load.start(t, { where: server.port });
  await load.until(() => load.pids.size >= 6);
  assert.deepEqual((await load.stop()).failures, []);
  await server.says(/gets a successor: it has served for [12] s$/);
  assert.equal(smallestPool(server.records, 2), 2);
});

test("--max-rss-hard kills a worker that is too large, with the figures in the log", async (t) => {
  const server = await Server.start(t, ["site:application", "--max-rss-hard", "400M"]);
  const before = server.serving();
  const client = await RawClient.connect(server.port);
  client.send(get("/grow?600"));
  const died = await server.says(/was killed: its memory of \d+ MiB is more than 400 MiB \(--max-rss-hard\)/);
  assert.match(died.msg, /a successor starts at once/);
  await client.rest();
  await server.untilServing(1, before);
});

test("--max-rss replaces a worker that has grown, once it is ten seconds old, and finishes what it holds", async (t) => {
  const server = await Server.start(t, ["site:application", "--max-rss", "300M", "--body-rate", "0"]);
  const before = server.serving();
  assert.equal((await ask(server.port, get("/grow?400"))).body, "grown");
  const held = await holdRequest(server.port);
  await server.says(/gets a successor: its memory of \d+ MiB is more than 300 MiB \(--max-rss\)/);
  await server.untilServing(1, before);
  assert.equal((await held.finish()).body, "held to the end");
});

test("--workers 1..2 follows the load, and says by which figures", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "1..2"]);
  assert.equal(server.workers().length, 1);
  const busy = await RawClient.connect(server.port);
  // Two seconds of work at a time: more than three quarters of the loop's time.
  let asking = true;
  const keepBusy = (async () => {
    while (asking) {
      busy.send(get("/work?900"));
      await busy.response();
    }
  })();
  const more = await server.says(
    /^1 worker before, 2 wanted now: their event loops are \d+ % busy, above 75 % for \d+ s$/,
  );
  assert.equal(more.level, "info");
  await server.untilServing(2);
  asking = false;
  await keepBusy;
  busy.close();
});

const nextTurn = () => new Promise((next) => setImmediate(next));

test("--log-level leaves out what is less important: a start and a stop without a word", async (t) => {
  const path = join(tempFolder(t), "app.sock");
  const server = Server.spawn(t, ["site:application", "--log-level", "warn", "--bind", `unix:${path}`]);
  while (!existsSync(path)) await nextTurn();
  assert.equal((await ask(path, get("/"))).status, 200);
  assert.deepEqual(await server.stop(), { code: 0, signal: null, stdout: "", stderr: "" });
});
