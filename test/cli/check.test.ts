import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

const APP = `export const application = (environ, startResponse) => { startResponse("200 OK", []); return []; };\n`;
const BY = "served by the tsgi interface (any other function)";

test("an application that loads is one line on standard output and exit code 0, whatever it prints and leaves open", async (t) => {
  const cwd = tempFolder(t, { "app.mjs": `${APP}console.log("hello");\nsetInterval(() => {}, 1000);` });
  const run = await runCli(["check", "app:application"], { cwd });
  assert.deepEqual(
    { code: run.code, stdout: run.stdout, stderr: run.stderr },
    {
      code: 0,
      stdout: `app:application is application of ${join(cwd, "app.mjs")}, a function, ${BY}\n`,
      stderr: "hello\n",
    },
  );
});

test("it loads as a worker would: in chdir, with --env and env files, and names the configuration file", async (t) => {
  const cwd = tempFolder(t, {
    "tsgi.config.json": `{ "app": "app", "chdir": "inner", "env": { "WANTED": "yes" }, "envFile": ".env" }`,
    "inner/.env": "ALSO=yes\n",
    "inner/app.mjs": `import process from "node:process";
if (process.env.WANTED !== "yes" || process.env.ALSO !== "yes") throw new Error("the variables are not there");
if (!process.cwd().endsWith("inner")) throw new Error(process.cwd());
${APP}`,
  });
  const run = await runCli(["check"], { cwd });
  assert.equal(run.stderr, "");
  assert.equal(
    run.stdout,
    `app is application of ${join(cwd, "inner/app.mjs")}, a function, ${BY} (settings from ${join(cwd, "tsgi.config.json")})\n`,
  );
});

test("what keeps a worker from starting has its own exit code and one message, without a stack of tsgi", async (t) => {
  const cwd = tempFolder(t, {
    "parse.mjs": "export const application = 3 +;",
    "throws.mjs": `throw new Error("no database");`,
    "number.mjs": "export const application = 3;",
    "leaves.mjs": `import process from "node:process";\nprocess.exit(0);`,
    "hangs.mjs": "setInterval(() => {}, 1000);\nawait new Promise(() => {});",
    "fine.mjs": APP,
  });
  const cases = [
    { args: ["nothing:application"], code: 40, message: /^tsgi: no module "nothing"/ },
    { args: ["parse"], code: 41, message: /^tsgi: cannot load parse: it has a syntax error/ },
    { args: ["throws"], code: 42, message: /^tsgi: cannot load throws: [\s\S]*no database/ },
    { args: ["fine:app"], code: 43, message: /^tsgi: .*fine\.mjs has no export "app"/ },
    { args: ["number"], code: 44, message: /^tsgi: cannot load number: .* is not a function but 3/ },
    {
      args: ["hangs", "--boot-timeout", "700ms"],
      code: 46,
      message: /^tsgi: hangs was not loaded within 0\.7 seconds \(--boot-timeout\)\n$/,
    },
    {
      args: ["leaves"],
      code: 47,
      message: /^tsgi: the process that was loading leaves exited with 0 before it was loaded\n$/,
    },
    {
      args: ["fine", "--user", "nobody-of-this-name"],
      code: 25,
      message: /^tsgi: --user nobody-of-this-name: no such user/,
    },
    { args: [], code: 2, message: /^tsgi: no application is named[\s\S]*tsgi check app:application/ },
  ];
  for (const { args, code, message } of cases) {
    const run = await runCli(["check", ...args], { cwd });
    assert.match(run.stderr, message);
    assert.deepEqual([run.code, run.stdout], [code, ""], run.stderr);
    assert.doesNotMatch(run.stderr, /src\/cli|src\/worker/);
  }
});
