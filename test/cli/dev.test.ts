import assert from "node:assert/strict";
import { test } from "node:test";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("tsgi dev without an application is refused with its own name in the example", async (t) => {
  const run = await runCli(["dev"], { cwd: tempFolder(t) });
  assert.equal(run.code, 2);
  assert.match(run.stderr, /^tsgi: no application is named[\s\S]*\n {2}tsgi dev app:application\n/);
});

test("a configuration file is evaluated with NODE_ENV=development, or with what was said before", async (t) => {
  const file = `console.log("it is " + process.env.NODE_ENV); export default { app: "x", bind: "unix:no-such-folder/x" };`;
  const cwd = tempFolder(t, { "tsgi.config.mjs": file });
  const run = await runCli(["dev"], { cwd, env: { NODE_ENV: "" } });
  assert.equal(run.code, 32, run.stderr);
  assert.match(run.stderr, /^it is development$/m);
  const said = await runCli(["dev"], { cwd, env: { NODE_ENV: "staging" } });
  assert.match(said.stderr, /^it is staging$/m);
});
