import assert from "node:assert/strict";
import { test } from "node:test";
import { requireApp } from "../../src/cli/serve.ts";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("a server without an application is refused with an example", async (t) => {
  assert.throws(() => requireApp("", "serve"), { code: "usage", message: /tsgi serve app:application/ });
  requireApp("app", "serve");
  const run = await runCli(["serve"], { cwd: tempFolder(t) });
  assert.equal(run.code, 2);
  assert.match(run.stderr, /^tsgi: no application is named[\s\S]*\n {2}tsgi serve app:application\n/);
});

test("an application that the configuration file names is served, as far as its other settings let it", async (t) => {
  const cwd = tempFolder(t, { "tsgi.config.json": `{ "app": "app", "bind": "unix:no-such-folder/x.sock" }` });
  const run = await runCli(["serve"], { cwd });
  assert.equal(run.code, 32, run.stderr);
  assert.match(run.stderr, /^tsgi: .*no-such-folder/);
});
