// What `tsgi dev` makes of a folder: presets, env files, and what is watched for them.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { presetOverProduction, presetUnlessSaid, withNodeEnv } from "../../src/config/development.ts";
import { OPTION_KEYS, rowOf } from "../../src/config/options.ts";
import { resolveSettings, type SettingsInput } from "../../src/config/resolve.ts";
import { tempFolder } from "../support/temp-folder.ts";

const input = (cwd: string, said: Partial<SettingsInput> = {}): SettingsInput => ({
  ...{ flags: {}, app: undefined, configFile: undefined, cmdArgs: undefined, variables: {}, cwd, isTerminal: false },
  isDevelopment: true,
  ...said,
});

test("every preset is a value of its option, and no option has two", () => {
  for (const key of OPTION_KEYS) {
    const presets = [presetOverProduction(key), presetUnlessSaid(key)].filter((text) => text !== undefined);
    assert.ok(presets.length <= 1, key);
    for (const text of presets) assert.ok(rowOf(key).parse.read(text, {} as never).ok, key);
  }
});

test("tsgi dev has one worker and logs for a person whatever the file says of production, and reloads unless it says no", async (t) => {
  const cwd = tempFolder(t, {
    "tsgi.config.json": `{ "workers": 4, "logFormat": "json", "accessLog": "x.log", "accessLogFormat": "json", "lint": "off" }`,
  });
  const { settings, origins } = await resolveSettings(input(cwd));
  const { workers, logFormat, accessLog, accessLogFormat, reload, errorPages, lint } = settings;
  assert.deepEqual(
    { workers, logFormat, accessLog, accessLogFormat, reload, errorPages, lint },
    {
      ...{ workers: { min: 1, max: 1 }, logFormat: "dev", accessLog: "-", accessLogFormat: "dev" },
      ...{ reload: "on", errorPages: "on", lint: "off" },
    },
  );
  assert.deepEqual(origins.workers, { from: "tsgi dev", lost: [{ from: `file ${cwd}/tsgi.config.json`, said: "4" }] });
  assert.deepEqual(origins.reload, { from: "tsgi dev", lost: [] });
  assert.deepEqual(origins.lint, {
    from: `file ${cwd}/tsgi.config.json`,
    lost: [{ from: "tsgi dev", said: "on" }],
  });
  const loud = await resolveSettings(input(cwd, { flags: { workers: "2" }, cmdArgs: "--log-format json" }));
  assert.deepEqual([loud.settings.workers.max, loud.settings.logFormat], [2, "json"]);
  const serve = await resolveSettings(input(cwd, { isDevelopment: false }));
  assert.deepEqual([serve.settings.workers.max, serve.settings.reload, serve.settings.development], [4, "off", null]);
});

test(".env, then .env.local, then --env-file, then --env; what the environment has wins over the first two", async (t) => {
  const cwd = tempFolder(t, {
    ".env": "A=env\nB=env\nC=env\nD=env\nE=env\nNODE_ENV=production\n",
    ".env.local": "B=local\nC=local\nD=local\nE=local\n",
    named: "C=named\nD=named\nE=named\n",
  });
  const { settings, origins } = await resolveSettings(
    input(cwd, {
      flags: { envFile: ["named"], env: ["D=flag"] },
      variables: { A: "outside", E: "outside", NODE_ENV: "development" },
    }),
  );
  assert.deepEqual(settings.env, { B: "local", C: "named", D: "flag", E: "named" });
  assert.deepEqual(settings.development, { envFiles: [join(cwd, ".env"), join(cwd, ".env.local")] });
  assert.equal(origins.env.from, `flag --env, over env file ${cwd}/.env, ${cwd}/.env.local, ${cwd}/named`);
  const serve = await resolveSettings(input(cwd, { isDevelopment: false }));
  assert.deepEqual(serve.settings.env, {});
});

test("the env files of --chdir are read, anew each time, and a folder called .env is left alone", async (t) => {
  const cwd = tempFolder(t, { "sub/app.js": "" });
  mkdirSync(join(cwd, "sub/.env"));
  const given = input(cwd, { flags: { chdir: "sub" } });
  const before = await resolveSettings(given);
  assert.deepEqual([before.settings.env, before.settings.development], [{}, { envFiles: [] }]);
  writeFileSync(join(cwd, "sub/.env.local"), "X=1\n");
  assert.deepEqual((await resolveSettings(given)).settings.env, { X: "1" });
});

test("the files that settings come from are named, also those that are not there", async (t) => {
  const cwd = tempFolder(t, { named: "" });
  const bare = await resolveSettings(input(cwd, { flags: { envFile: ["named"] } }));
  const endings = ["ts", "mts", "js", "mjs", "cjs", "json"];
  assert.deepEqual(bare.watch, [
    ...endings.map((ending) => join(cwd, `tsgi.config.${ending}`)),
    ...[".env", ".env.local", "named"].map((name) => join(cwd, name)),
  ]);
  writeFileSync(join(cwd, "own.json"), "{}");
  const named = await resolveSettings(input(cwd, { configFile: "own.json", isDevelopment: false }));
  assert.deepEqual(named.watch, [join(cwd, "own.json")]);
});

test("what the configuration file imports belongs to it while one develops, and packages do not", async (t) => {
  const cwd = tempFolder(t, {
    "tsgi.config.ts": 'import { name } from "./parts/name.ts";\nimport "installed";\nexport default { name };',
    "parts/name.ts": 'export const name: string = "one";',
    "node_modules/installed/package.json": '{ "name": "installed", "main": "main.js" }',
    "node_modules/installed/main.js": "",
    "package.json": '{ "type": "module" }',
  });
  const { watch, settings } = await resolveSettings(input(cwd));
  assert.equal(settings.name, "one");
  const below = watch.filter((file) => file.startsWith(join(cwd, "/"))).map((file) => file.slice(cwd.length + 1));
  assert.deepEqual(below.toSorted(), [".env", ".env.local", "package.json", "parts/name.ts", "tsgi.config.ts"]);
  const serve = await resolveSettings(input(cwd, { isDevelopment: false }));
  assert.deepEqual(serve.watch, [join(cwd, "tsgi.config.ts")]);
});

test("NODE_ENV is development unless it says something", () => {
  assert.equal(withNodeEnv({}).NODE_ENV, "development");
  assert.equal(withNodeEnv({ NODE_ENV: "" }).NODE_ENV, "development");
  assert.equal(withNodeEnv({ NODE_ENV: "test" }).NODE_ENV, "test");
});
