// `tsgi ctl reload`, with --wait: the outcome, and the reason with file and line when there is no new generation.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { DoneData, StatusData } from "../../src/ipc/control-data.ts";
import { get, ask as request } from "../support/client.ts";
import { type Controlled, controlled } from "../support/ctl.ts";
import { Load } from "../support/load.ts";
import { APPS } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ECHO = readFileSync(join(APPS, "echo.js"), "utf8");
const version = (name: string): string => ECHO.replace('"one"', JSON.stringify(name));

interface Deployed extends Controlled {
  deploy(text: string): void;
  configure(text: string): void;
}

/** A server of an application and a configuration file that can be replaced. */
async function deployed(t: TestContext): Promise<Deployed> {
  const folder = tempFolder(t, {
    ...{ "package.json": '{ "type": "module" }', "app.js": version("one") },
    "tsgi.config.json": '{ "settle": 0 }',
  });
  const path = join(folder, "ctl");
  return {
    ...(await controlled(t, ["app:application"], { cwd: folder, path })),
    deploy: (text) => writeFileSync(join(folder, "app.js"), text),
    configure: (text) => writeFileSync(join(folder, "tsgi.config.json"), text),
  };
}

test("reload --wait ends with 0 when the new generation serves, for everybody who waits, and no request is lost", async (t) => {
  const { server, ctl, ask, deploy } = await deployed(t);
  const load = await Load.start(t, { where: server.port, keepAlive: 2, closing: 2, perSecond: 50 });
  deploy(version("two"));
  const reload = await ctl("reload", "--wait");
  assert.deepEqual([reload.code, reload.stderr], [0, ""]);
  assert.match(reload.stdout, /^generation 2 serves with 1 worker, ready in [\d.]+ s\n$/);
  assert.match((await request(server.port, get("/1"))).body, / version=two /);

  assert.deepEqual(await ask("reload"), { message: "the reload has begun; its outcome is in the log" });
  const both = await Promise.all([1, 2].map(() => ask<DoneData>("reload --wait")));
  for (const { message } of both) assert.match(message, /^generation \d serves with 1 worker, ready in/);
  const { lastReload, state } = await ask<StatusData>("status");
  assert.deepEqual([lastReload?.ok, state], [true, "serving"]);
  assert.deepEqual((await load.stop()).failures, []);
});

test("reload --wait onto broken code ends with 1 and the file and line, and so does a broken configuration; nothing changes", async (t) => {
  const { server, ctl, ask, deploy, configure } = await deployed(t);
  const before = server.workers();
  deploy("export function application() {\n  return [;\n}\n");
  const broken = await ctl("reload", "--wait");
  assert.deepEqual([broken.code, broken.stdout], [1, ""]);
  const says = /^tsgi: reload failed, generation 1 goes on: [\s\S]*app\.js:2:\d+[\s\S]*> 2 \|\s+return \[;/;
  assert.match(broken.stderr, says);
  deploy('\nthrow new Error("not today");\n');
  await assert.rejects(ask("reload --wait"), /Error: not today[\s\S]*app\.js:2:\d+/);
  configure('{ "wokers": 2 }');
  const config = await ctl("reload", "--wait", "--json");
  assert.deepEqual([config.code, config.stdout], [1, ""]);
  assert.match(
    config.stderr,
    /^tsgi: reload failed, nothing has changed: .*unknown key wokers \(did you mean workers\?\)/,
  );
  assert.deepEqual(new Set(server.workers()), new Set(before));
  const { lastReload, generation, ready } = await ask<StatusData>("status");
  assert.deepEqual([lastReload?.ok, generation, ready], [false, 1, true]);
});
