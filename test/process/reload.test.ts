// HUP: a new generation takes over without a lost request, and one that does not work changes nothing.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ask, get, RawClient } from "../support/client.ts";
import { holdRequest } from "../support/hold.ts";
import { Load } from "../support/load.ts";
import { APPS, Server, titleOf } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ECHO = readFileSync(join(APPS, "echo.js"), "utf8");
const SITE = readFileSync(join(APPS, "site.js"), "utf8");

/** The text of test/programs/apps/echo.js that answers with this version. */
const version = (name: string): string => ECHO.replace('"one"', JSON.stringify(name));

interface Deployed {
  readonly server: Server;
  deploy(text: string): void;
  configure(text: string): void;
}

/** A server of an application that can be replaced, with a configuration file that can be. */
async function deployed(
  t: TestContext,
  text: string,
  config = '{ "workers": 2 }',
  args: readonly string[] = ["--settle", "0"],
): Promise<Deployed> {
  const folder = tempFolder(t, { "package.json": '{ "type": "module" }', "app.js": text, "tsgi.config.json": config });
  return {
    server: await Server.start(t, ["app:application", ...args], { cwd: folder }),
    deploy: (next) => writeFileSync(join(folder, "app.js"), next),
    configure: (next) => writeFileSync(join(folder, "tsgi.config.json"), next),
  };
}

const byNumber = (pids: readonly number[]): number[] => [...pids].sort((a, b) => a - b);

test("HUP under load: new workers with the new code, and no failed request", async (t) => {
  const { server, deploy } = await deployed(t, version("one"));
  const load = await Load.start(t, { where: server.port });
  for (const name of ["two", "three", "four"]) {
    const before = server.serving();
    const said = server.records.length;
    deploy(version(name));
    server.signal("SIGHUP");
    await server.says(/^generation \d+ serves with 2 workers/, said);
    await server.untilServing(2, before);
    const { body } = await ask(server.port, get("/1"));
    assert.match(body, new RegExp(` version=${name} `));
    await load.more(200);
  }
  const { failures, versions } = await load.stop();
  assert.deepEqual(failures, []);
  assert.deepEqual([...versions.keys()], ["one", "two", "three", "four"]);
});

test("HUP onto a syntax error changes nothing, and the log names the line; the next good version serves", async (t) => {
  const { server, deploy } = await deployed(t, version("one"));
  const before = server.serving();
  const load = await Load.start(t, { where: server.port });
  deploy("export function application() {\n  return [;\n}\n");
  server.signal("SIGHUP");
  const failed = await server.says(/^reload failed, generation 1 goes on/);
  assert.equal(failed.level, "error");
  assert.match(failed.msg, /app\.js:2:\d+[\s\S]*> 2 \|\s+return \[;/);
  await load.more(200);
  assert.deepEqual(byNumber(server.workers()), byNumber(before));

  deploy(version("two"));
  server.signal("SIGHUP");
  await server.says(/^generation \d+ serves with 2 workers/);
  await server.untilServing(2, before);
  await load.more(100);
  assert.deepEqual((await load.stop()).failures, []);
  assert.match((await ask(server.port, get("/1"))).body, / version=two /);
});

test("HUP onto code that throws, or leaves, or exports nothing changes nothing", async (t) => {
  const { server, deploy } = await deployed(t, version("one"));
  const before = server.serving();
  for (const [text, says] of [
    ['\nthrow new Error("not today");\n', /Error: not today[\s\S]*app\.js:2:\d+/],
    ["process.exit(3);\n", /exited with code 3/],
    ["export const other = 1;\n", /has no export "application"/],
  ] as const) {
    const said = server.records.length;
    deploy(text);
    server.signal("SIGHUP");
    assert.match((await server.says(/^reload failed, generation 1 goes on/, said)).msg, says);
  }
  assert.deepEqual(byNumber(server.serving()), byNumber(before));
  assert.match((await ask(server.port, get("/1"))).body, / version=one /);
});

test("HUP with a broken configuration changes nothing, and the log names the place", async (t) => {
  const { server, deploy, configure } = await deployed(t, version("one"));
  const before = server.serving();
  deploy(version("two"));
  for (const [text, says] of [
    ['{\n  "workers": 4,,\n}', /tsgi\.config\.json:2:\d+: not JSON/],
    ['{ "wokers": 4 }', /unknown key wokers/],
    ['{ "workers": 0 }', /workers.* 0: expected a whole number of at least 1/],
    ['{ "workers": 4, "umask": "999" }', /umask/],
  ] as const) {
    const said = server.records.length;
    configure(text);
    server.signal("SIGHUP");
    const failed = await server.says(/^reload failed, nothing has changed: /, said);
    assert.equal(failed.level, "error");
    assert.match(failed.msg, says);
  }
  assert.deepEqual(byNumber(server.workers()), byNumber(before));
  assert.match((await ask(server.port, get("/1"))).body, / version=one /);
});

test("HUP brings changed settings into force, and names those that need a restart", async (t) => {
  const { server, configure } = await deployed(t, SITE, '{ "workers": 1, "env": { "COLOUR": "red" } }');
  const before = server.serving();
  configure('{ "workers": 3, "env": { "COLOUR": "blue" }, "name": "shop", "accept": "round-robin" }');
  server.signal("SIGHUP");
  await server.says(/^generation 2 serves with 3 workers/);
  await server.untilServing(3, before);
  const warned = await server.says(/needs a restart/);
  assert.deepEqual([warned.level, /^\w+/.exec(warned.msg)?.[0]], ["warn", "accept"]);
  const { body } = await ask(server.port, get("/process"));
  assert.equal(JSON.parse(body).env.COLOUR, "blue");
  assert.equal(titleOf(server.pid), "tsgi: master [shop]");
  assert.match(titleOf(JSON.parse(body).pid), /^tsgi: worker \d \[shop\]$/);
});

test("a request in flight during HUP is finished by the code that began it", async (t) => {
  const { server, deploy } = await deployed(t, SITE, "{}");
  const [old = 0] = server.serving();
  const held = await holdRequest(server.port);
  deploy(version("two"));
  server.signal("SIGHUP");
  await server.says(/^generation 2 serves/);
  await server.untilServing(1, [old]);
  assert.match((await ask(server.port, get("/1"))).body, / version=two /);
  assert.ok(server.workers().includes(old));
  const { status, fields, body } = await held.finish();
  assert.deepEqual([status, body, fields["connection"]], [200, "held to the end", "close"]);
  await server.says(new RegExp(`\\(pid ${old}\\) exited with code 0`));
});

test("an idle connection of a worker that leaves may bring one more request, which is its last", async (t) => {
  const { server } = await deployed(t, SITE, "{}");
  const [old = 0] = server.serving();
  const client = await RawClient.connect(server.port);
  client.send(get("/"));
  assert.equal((await client.response()).body, String(old));
  server.signal("SIGHUP");
  await server.untilServing(1, [old]);
  client.send(get("/"));
  const { status, fields, body } = await client.response();
  assert.deepEqual([status, body, fields["connection"]], [200, String(old), "close"]);
  assert.equal(await client.rest(), "");
  client.close();
});

test("HUPs that come while a reload is under way are answered by one more, with the newest code", async (t) => {
  const { server, deploy } = await deployed(t, version("one"));
  const before = server.serving();
  const load = await Load.start(t, { where: server.port });
  deploy(version("two"));
  server.signal("SIGHUP");
  await server.says(/^reloading: generation 2/);
  for (const name of ["three", "four"]) {
    deploy(version(name));
    server.signal("SIGHUP");
    await server.says(/^generation 2 is on its way already/);
  }
  await server.says(/^generation 3 serves with 2 workers/);
  await server.untilServing(2, before);
  await load.more(100);
  assert.deepEqual((await load.stop()).failures, []);
  assert.match((await ask(server.port, get("/1"))).body, / version=four /);
  assert.ok(!server.records.some(({ msg }) => /generation 4/.test(msg)));
});

test("a new worker that dies within --settle withdraws its generation, which had no client yet: old pids unchanged, nothing lost", async (t) => {
  const { server, deploy } = await deployed(t, version("one"), '{ "workers": 2 }', []);
  const before = server.serving();
  const load = await Load.start(t, { where: server.port });
  deploy(`${version("two")}\nsetTimeout(() => process.exit(7), 1_000);\n`);
  server.signal("SIGHUP");
  const failed = await server.says(/^reload failed, generation 1 goes on/);
  assert.match(failed.msg, /exited with code 7/);
  await load.more(100);
  const { failures, versions } = await load.stop();
  assert.deepEqual([failures, [...versions.keys()]], [[], ["one"]]);
  assert.deepEqual(byNumber(server.serving()), byNumber(before));
});

test("--reload-style all boots the new workers together", async (t) => {
  const { server } = await deployed(t, version("one"), '{ "workers": 3, "reloadStyle": "all" }');
  const before = server.serving();
  server.signal("SIGHUP");
  await server.says(/^generation 2 serves with 3 workers/);
  await server.untilServing(3, before);
  const boots = server.records.filter(({ msg }) => /^(booting|accepting connections)/.test(msg));
  assert.ok(boots.length >= 3);
});

test("--canary lets the first new worker serve among the old ones, and withdraws it when it answers with errors", async (t) => {
  const fails = version("two").replace('"200 OK"', 'version === "two" ? "500 Internal Server Error" : "200 OK"');
  const { server, deploy } = await deployed(t, version("one"), '{ "workers": 2, "canary": "1h" }');
  const before = server.serving();
  deploy(fails);
  server.signal("SIGHUP");
  await server.says(/^the first worker of generation 2 serves among the old ones for 3600 s/);
  let failures = 0;
  const failed = server.says(/^reload failed, generation 1 goes on: its first worker did worse/);
  let over = false;
  void failed.finally(() => {
    over = true;
  });
  while (!over) if ((await ask(server.port, get("/1"))).status === 500) failures += 1;
  assert.match((await failed).msg, /[1-9]\d* of \d+ answers were errors \([\d.]+ %\), the old ones 0 of \d+/);
  assert.ok(failures >= 3);
  assert.deepEqual(byNumber(await server.untilServing(2)), byNumber(before));
});

test("a reload binds what was added, keeps what stayed and closes what is gone, and loses nobody", async (t) => {
  const paths = tempFolder(t);
  const [kept, gone, added] = ["kept", "gone", "added"].map((name) => join(paths, name)) as [string, string, string];
  const config = (...binds: readonly string[]): string =>
    JSON.stringify({ workers: 2, settle: 0, bind: binds.map((path) => `unix:${path}`) });
  const files = {
    "package.json": '{ "type": "module" }',
    "app.js": version("one"),
    "tsgi.config.json": config(kept, gone),
  };
  const folder = tempFolder(t, files);
  const log = ["--log-format", "json", "--log-level", "debug"];
  const server = await Server.start(t, ["app:application", ...log], { cwd: folder, bare: true });
  const configure = (text: string): void => writeFileSync(join(folder, "tsgi.config.json"), text);
  const load = await Load.start(t, { where: kept });
  const before = server.serving();

  configure(config(added, kept));
  server.signal("SIGHUP");
  await server.says(/^generation 2 serves/);
  await server.untilServing(2, before);
  assert.equal((await ask(added, get("/1"))).status, 200);
  while (existsSync(gone)) await new Promise((next) => setImmediate(next));
  await load.more(50);
  assert.deepEqual((await load.stop()).failures, []);

  configure(config(join(paths, "no/folder/x"), kept));
  const said = server.records.length;
  server.signal("SIGHUP");
  assert.match((await server.says(/^reload failed, nothing has changed/, said)).msg, /there is no folder/);
  assert.equal((await ask(added, get("/1"))).status, 200);
});
