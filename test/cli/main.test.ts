import assert from "node:assert/strict";
import { test } from "node:test";
import { VERSION } from "../../src/version.ts";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("every wrong word on the way in is one message on standard error and its documented exit code", async (t) => {
  const cwd = tempFolder(t, { "key.json": `{ "worker": 4 }`, "broken.json": "{", "app.mjs": "" });
  const cases = [
    {
      args: ["serve", "app", "--worker", "4"],
      code: 2,
      stderr: "tsgi: unknown flag --worker (did you mean --workers?); see tsgi serve --help\n",
    },
    {
      args: ["serve", "app", "--workers", "0"],
      code: 2,
      stderr: "tsgi: --workers 0: expected a whole number of at least 1, auto, or a range such as 2..8\n",
    },
    {
      args: ["config", "-c", "key.json"],
      code: 20,
      stderr: `tsgi: ${cwd}/key.json: unknown key worker (did you mean workers?)\n`,
    },
    {
      args: ["config", "-c", "broken.json"],
      code: 20,
      stderr: `tsgi: ${cwd}/broken.json:1:2: not JSON: expected a key in double quotes\n`,
    },
    {
      args: ["config", "--chdir", "no"],
      code: 21,
      stderr: `tsgi: cannot change to ${cwd}/no (flag --chdir): no such file or folder\n`,
    },
    {
      args: ["config", "--env-file", "no"],
      code: 22,
      stderr: `tsgi: cannot read the env file ${cwd}/no (flag --env-file): no such file or folder\n`,
    },
    {
      args: ["app:application"],
      code: 2,
      stderr: "tsgi: app:application is no command; to serve it: tsgi serve app:application\n",
    },
  ];
  for (const { args, code, stderr } of cases) {
    const run = await runCli(args, { cwd });
    assert.deepEqual({ code: run.code, stdout: run.stdout, stderr: run.stderr }, { code, stdout: "", stderr });
  }
});

test("TSGI_CMD_ARGS and variables of the environment are heard", async (t) => {
  const run = await runCli(["config"], {
    cwd: tempFolder(t),
    env: { TSGI_CMD_ARGS: `--name "my app" app:x`, TSGI_BACKLOG: "7", PORT: "80" },
  });
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^app +app:x +TSGI_CMD_ARGS argument$/m);
  assert.match(run.stdout, /^name +my app +TSGI_CMD_ARGS --name$/m);
  assert.match(run.stdout, /^backlog +7 +variable TSGI_BACKLOG$/m);
  assert.match(run.stdout, /^bind +0\.0\.0\.0:80 +variable PORT$/m);
});

test("help and version end with 0, and nothing at all with 2 and the short help on standard error", async (t) => {
  const cwd = tempFolder(t);
  assert.deepEqual(
    { ...(await runCli(["--version"], { cwd })) },
    { code: 0, signal: null, stdout: `${VERSION}\n`, stderr: "" },
  );
  const help = await runCli(["serve", "--help"], { cwd });
  assert.deepEqual([help.code, help.stderr], [0, ""]);
  assert.match(help.stdout, /^Usage: tsgi serve/);
  const bare = await runCli([], { cwd });
  assert.deepEqual([bare.code, bare.stdout], [2, ""]);
  assert.match(bare.stderr, /tsgi serve app:application/);
});
