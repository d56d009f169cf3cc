// `tsgi cgi` as a command: what it says to a person, and what a web server puts behind its words. How a request is answered is in
// test/worker/cgi.test.ts.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { promisify } from "node:util";
import { runCgi } from "../support/cgi.ts";
import { cleanEnv, runCli } from "../support/run-cli.ts";
import { BIN } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const APP = `exports.application = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [process.env.WHO + " in " + process.cwd().split("/").at(-1)];
};`;

test("in a shell it says what a CGI program needs, and how to try one", async () => {
  const { code, stdout, stderr } = await runCli(["cgi", "app:application"]);
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /^tsgi: there is no request: a CGI program finds it in variables such as REQUEST_METHOD/);
  assert.match(stderr, /\n {2}GATEWAY_INTERFACE=CGI\/1\.1 REQUEST_METHOD=GET PATH_INFO=\/ tsgi cgi app:application\n/);
});

test("settings come from the command line, variables and the configuration file: the folder, variables, the application", async (t) => {
  const cwd = tempFolder(t, {
    "inner/app.cjs": APP,
    "tsgi.config.json": '{ "app": "app:application", "chdir": "inner", "envFile": [".env"] }',
    "inner/.env": "WHO=file\n",
  });
  assert.equal((await runCgi(t, { cwd, args: [] })).body, "file in inner");
  assert.equal((await runCgi(t, { cwd, args: ["--env", "WHO=flag"] })).body, "flag in inner");
});

test("a configuration file that is wrong is a 500 for the client, its message on standard error, and its own exit code", async (t) => {
  const cwd = tempFolder(t, { "app.cjs": APP, "tsgi.config.json": '{ "worker": 4 }' });
  const { code, head, body, stderr } = await runCgi(t, { cwd, args: ["app:application"] });
  assert.deepEqual([code, head[0], body], [20, "Status: 500 Internal Server Error", "Internal Server Error\n"]);
  assert.match(stderr, /unknown key worker/);
});

test("a script whose first line names tsgi cgi is started by the system, which puts its path behind the options", async (t) => {
  const cwd = tempFolder(t, { "app.cjs": APP });
  const script = join(cwd, "site");
  writeFileSync(script, `#!/usr/bin/env -S "${process.execPath}" -- "${BIN}" cgi app:application --env WHO=script\n`, {
    mode: 0o755,
  });
  const env = cleanEnv({ GATEWAY_INTERFACE: "CGI/1.1", REQUEST_METHOD: "GET" });
  const { stdout } = await promisify(execFile)(script, ["-c", "nothing.json"], { cwd, env });
  assert.match(stdout, /^Status: 200 OK\r\n[\s\S]*\r\n\r\nscript in /);
});

test("what stands behind the script's name configures nothing: a client chooses it", async (t) => {
  const cwd = tempFolder(t, { "app.cjs": APP, "evil.json": '{ "env": { "WHO": "evil" } }' });
  const args = ["app:application", "--env", "WHO=me", "/cgi-bin/site", "-c", "evil.json", "--env=WHO=evil", "word"];
  assert.match((await runCgi(t, { cwd, args })).body, /^me in /);
});
