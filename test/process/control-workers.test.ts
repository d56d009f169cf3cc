// What `tsgi ctl` does to the workers: reload and its outcome, scale, restart. Counted with clients that never tire.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { DoneData, StatusData } from "../../src/ipc/control-data.ts";
import { ask, get } from "../support/client.ts";
import { type Controlled, controlled } from "../support/ctl.ts";
import { Load } from "../support/load.ts";
import { APPS } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ECHO = readFileSync(join(APPS, "echo.js"), "utf8");
const version = (name: string): string => ECHO.replace('"one"', JSON.stringify(name));

const sorted = (pids: readonly number[]): number[] => [...pids].sort((a, b) => a - b);

interface Deployed extends Controlled {
  deploy(text: string): void;
  configure(text: string): void;
}

/** A server of an application and a configuration file that can be replaced. */
async function deployed(t: TestContext): Promise<Deployed> {
  const folder = tempFolder(t, {
    ...{ "package.json": '{ "type": "module" }', "app.js": version("one") },
    "tsgi.config.json": '{ "workers": 2, "settle": 0 }',
  });
  const path = join(folder, "ctl");
  return {
    ...(await controlled(t, ["app:application"], { cwd: folder, path })),
    deploy: (text) => writeFileSync(join(folder, "app.js"), text),
    configure: (text) => writeFileSync(join(folder, "tsgi.config.json"), text),
  };
}

test("reload --wait ends with 0 when the new generation serves, for everybody who waits, and no request is lost", async (t) => {
  const { server, ctl, json, deploy } = await deployed(t);
  const load = await Load.start(t, { where: server.port, perSecond: 300 });
  deploy(version("two"));
  const reload = await ctl("reload", "--wait");
  assert.deepEqual([reload.code, reload.stderr], [0, ""]);
  assert.match(reload.stdout, /^generation 2 serves with 2 workers, ready in [\d.]+ s\n$/);
  assert.match((await ask(server.port, get("/1"))).body, / version=two /);
  deploy(version("three"));
  const [first, second] = await Promise.all([
    json<DoneData>("reload", "--wait"),
    json<DoneData>("reload", "--wait"),
    ctl("status"),
  ]);
  for (const { message } of [first, second]) assert.match(message, /^generation \d serves with 2 workers, ready in/);
  assert.match((await ask(server.port, get("/1"))).body, / version=three /);
  assert.deepEqual((await load.stop()).failures, []);
});

test("reload --wait onto broken code ends with 1 and the file and line, and so does a broken configuration; nothing changes", async (t) => {
  const { server, ctl, json, deploy, configure } = await deployed(t);
  const before = sorted(server.workers());
  deploy("export function application() {\n  return [;\n}\n");
  const broken = await ctl("reload", "--wait");
  assert.deepEqual([broken.code, broken.stdout], [1, ""]);
  assert.match(
    broken.stderr,
    /^tsgi: reload failed, generation 1 goes on: [\s\S]*app\.js:2:\d+[\s\S]*> 2 \|\s+return \[;/,
  );
  deploy('\nthrow new Error("not today");\n');
  const throws = await ctl("reload", "--wait", "--json");
  assert.deepEqual([throws.code, throws.stdout], [1, ""]);
  assert.match(throws.stderr, /Error: not today[\s\S]*app\.js:2:\d+/);
  configure('{ "wokers": 2 }');
  const config = await ctl("reload", "--wait");
  assert.equal(config.code, 1);
  assert.match(
    config.stderr,
    /^tsgi: reload failed, nothing has changed: .*unknown key wokers \(did you mean workers\?\)/,
  );
  assert.deepEqual(sorted(server.workers()), before);
  const { lastReload, generation, ready } = await json<StatusData>("status");
  assert.deepEqual([lastReload?.ok, generation, ready], [false, 1, true]);
  assert.match(
    (await ctl("status")).stdout,
    /^last reload +failed [\d.]+ m?s ago: reload failed, nothing has changed/m,
  );
});

test("reload without --wait ends at once, and status has the outcome later", async (t) => {
  const { ctl, json, server } = await deployed(t);
  const { code, stdout } = await ctl("reload");
  assert.deepEqual([code, stdout], [0, "the reload has begun; its outcome is in the log\n"]);
  await server.says(/^generation 2 serves/);
  const { lastReload, generation } = await json<StatusData>("status");
  assert.deepEqual([lastReload?.ok, generation], [true, 2]);
});

test("scale sets the number of workers up and down, within a range if there is one, and a reload keeps it", async (t) => {
  const { server, ctl, json } = await controlled(t, ["site:application", "--workers", "1..3", "--settle", "0"]);
  const scaled = await ctl("scale", "3");
  assert.deepEqual([scaled.code, scaled.stdout], [0, "3 workers are wanted\n"]);
  const three = await server.untilServing(3);
  assert.equal((await ctl("reload", "--wait")).code, 0);
  const kept = await server.untilServing(3, three);
  const tooMany = await ctl("scale", "4");
  assert.deepEqual([tooMany.code, tooMany.stderr], [1, "tsgi: 4 is outside --workers 1..3; a number within fits\n"]);
  assert.deepEqual(await json("scale", "1"), { message: "1 worker is wanted" });
  const [left] = await server.untilServing(1);
  assert.ok(kept.includes(left!));
  const { workers } = await json<StatusData>("status");
  assert.deepEqual([workers.wanted, workers.min, workers.max], [1, 1, 3]);
});

test("restart replaces one worker by a ready one without a lost request, and leaves the others alone", async (t) => {
  const { server, ctl } = await controlled(t, ["echo:application", "--workers", "2"]);
  const [old = 0, other = 0] = server.workers();
  const load = await Load.start(t, { where: server.port, perSecond: 300 });
  const restarted = await ctl("restart", String(old));
  assert.deepEqual([restarted.code, restarted.stderr], [0, ""]);
  assert.match(restarted.stdout, new RegExp(`^worker \\d \\(pid ${old}\\) gets a successor and then leaves\n$`));
  const now = await server.untilServing(2, [old]);
  assert.ok(now.includes(other));
  await load.more(100);
  assert.deepEqual((await load.stop()).failures, []);
  await server.says(new RegExp(`\\(pid ${old}\\) exited with code 0, as it was asked to \\(tsgi ctl restart\\)`));
  const { stdout } = await ctl("workers");
  assert.match(
    stdout,
    /^place \d before, .* ago: the worker exited with code 0, as it was asked to \(tsgi ctl restart\)$/m,
  );
  const nobody = await ctl("restart", String(old));
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, new RegExp(`^tsgi: no worker has the pid ${old}; there are \\d+, \\d+\n$`));
});
