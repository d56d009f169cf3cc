import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { configJson, configTable, mistypedVariables } from "../../src/cli/config.ts";
import { OPTION_KEYS } from "../../src/config/options.ts";
import { resolveSettings } from "../../src/config/resolve.ts";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("the table has every setting with its value and origin, and below it what the weaker sources said", async (t) => {
  const cwd = tempFolder(t, { "tsgi.config.json": `{ "workers": 5, "env": { "SECRET": "hunter2" } }` });
  const resolution = await resolveSettings({
    ...{ flags: { workers: "2" }, app: undefined, configFile: undefined, cmdArgs: undefined },
    ...{ variables: { WEB_CONCURRENCY: "4" }, cwd, isTerminal: false },
  });
  const table = configTable(resolution);
  const rows = table.trimEnd().split("\n");
  assert.equal(rows.filter((row) => !row.startsWith(" ")).length, OPTION_KEYS.length);
  const at = rows.findIndex((row) => /^workers +2 +flag --workers$/.test(row));
  assert.match(rows[at + 1]!, /^ +\(not 4\) +\(variable WEB_CONCURRENCY\)$/);
  assert.ok(rows[at + 2]!.endsWith(`(file ${join(cwd, "tsgi.config.json")})`));
  assert.match(table, /^app +none +default$/m);
  assert.match(table, /^bind +127\.0\.0\.1:8000 +default$/m);
  assert.match(table, /^env +SECRET +file /m);
  assert.doesNotMatch(table, /hunter2/);
  assert.deepEqual(JSON.parse(configJson(resolution)).settings.env.value, { SECRET: "hunter2" });
});

test("a variable that is nearly ours is pointed out, and one that a platform made is not", () => {
  assert.deepEqual(
    mistypedVariables({
      TSGI_WORKER: "4",
      TSGI_PORT: "x",
      TSGI_SERVICE_HOST: "x",
      TSGI_WORKERS: "4",
      TSGI_CMD_ARGS: "",
      TSGI_CONFIG: "",
      WORKER: "",
    }),
    ["the variable TSGI_WORKER is set, and is none of tsgi's (did you mean TSGI_WORKERS?)"],
  );
});

test("tsgi config shows which of flag, variable and file won, without an application", async (t) => {
  const cwd = tempFolder(t, { "tsgi.config.ts": "const workers: number = 5;\nexport default { workers };" });
  const env = { WEB_CONCURRENCY: "4", TSGI_TIMEOT: "1" };
  const run = await runCli(["config", "--workers", "2", "--json"], { cwd, env });
  assert.equal(run.code, 0, run.stderr);
  const { file, settings } = JSON.parse(run.stdout);
  assert.equal(file, join(cwd, "tsgi.config.ts"));
  assert.deepEqual(settings.workers, {
    value: { min: 2, max: 2 },
    from: "flag --workers",
    lost: [
      { from: "variable WEB_CONCURRENCY", said: "4" },
      { from: `file ${file}`, said: "5" },
    ],
  });
  assert.deepEqual(Object.keys(settings), OPTION_KEYS);
  assert.equal(
    run.stderr,
    "tsgi: the variable TSGI_TIMEOT is set, and is none of tsgi's (did you mean TSGI_TIMEOUT?)\n",
  );
});

test("a configuration file that leaves a timer behind does not keep the process", async (t) => {
  const cwd = tempFolder(t, { "tsgi.config.mjs": "setInterval(() => {}, 1000);\nexport default { workers: 5 };" });
  const run = await runCli(["config"], { cwd });
  assert.equal(run.code, 0);
  assert.match(run.stdout, /^workers +5/m);
});
