// What `tsc --watch` says, in one saying a run; which TypeScript is meant; and that it never outlives the server.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { findProject, TscReader, TypeCheck } from "../../src/master/type-check.ts";
import { tempFolder } from "../support/temp-folder.ts";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));
const MODULE = new URL("../../src/master/type-check.ts", import.meta.url).href;

const begin = ["[\x1b[90m09:27:34 PM\x1b[0m] Starting compilation in watch mode...", ""];
const again = ["[\x1b[90m09:27:35\x1b[0m] File change detected. Starting incremental compilation...", ""];
const end = (count: number): string =>
  `[\x1b[90m9:27:36 PM\x1b[0m] Found ${count} error${count === 1 ? "" : "s"}. Watching for file changes.`;
const wrong = ["\x1b[96ma.ts\x1b[0m:1:1 - \x1b[91merror\x1b[0m TS1: no", "", "1 x", "  ~", "", ""];

const read = (reader: TscReader, lines: readonly string[]) =>
  lines.map((line) => reader.read(line)).filter((one) => one !== null);

test("each run of the checker is one saying, without its colours; what is as it was is not said again", () => {
  const reader = new TscReader();
  const errors = { level: "warn", message: "1 type error\na.ts:1:1 - error TS1: no\n\n1 x\n  ~" };
  const none = { level: "info", message: "no type errors" };
  assert.deepEqual(read(reader, [...begin, ...wrong, "Found 1 error in a.ts:1", "", end(1)]), [errors]);
  assert.deepEqual(read(reader, [...again, ...wrong, end(1)]), []);
  assert.deepEqual(read(reader, [...again, end(0)]), [none]);
  assert.deepEqual(read(reader, [...again, end(0)]), []);
  const [two] = read(reader, [...again, ...wrong, ...wrong, end(2)]);
  assert.match(two!.message, /^2 type errors\n/);
});

test("the nearest tsconfig.json and TypeScript of the application's folder are meant; without one, what to do is said", (t) => {
  const cwd = tempFolder(t, {
    "tsconfig.json": "{}",
    "packages/api/tsconfig.json": "{}",
    "packages/api/src/app.ts": "",
  });
  assert.match(String(findProject("packages/api/src/app:application", cwd)), /npm install --save-dev typescript/);
  symlinkSync(MODULES, join(cwd, "node_modules"));
  const inner = findProject("packages/api/src/app:application", cwd);
  assert.ok(typeof inner === "object");
  assert.deepEqual([inner.config, inner.folder], [join(cwd, "packages/api/tsconfig.json"), join(cwd, "packages/api")]);
  assert.ok(existsSync(inner.tsc));
  const outer = findProject("some-package", cwd);
  assert.ok(typeof outer === "object" && outer.config === join(cwd, "tsconfig.json"));
  // What is no target is for the worker to say.
  assert.deepEqual(findProject("app:1x", cwd), outer);
  const bare = tempFolder(t);
  assert.match(String(findProject("app", bare)), /tsconfig\.json in .* npx tsc --init/);
});

test("the project's type errors are said, and tsc ends with the server, also when that is killed", async (t) => {
  const cwd = tempFolder(t, {
    "tsconfig.json": `{ "compilerOptions": { "noEmit": true, "types": [] }, "files": ["app.ts"] }`,
    "app.ts": `export const x: number = "x";\n`,
  });
  symlinkSync(MODULES, join(cwd, "node_modules"));
  const code = `
    import { TypeCheck } from ${JSON.stringify(MODULE)};
    const say = (level, message) => console.log(JSON.stringify({ level, message }));
    new TypeCheck({ app: "app", chdir: ${JSON.stringify(cwd)}, say }).start();`;
  const server = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => server.kill("SIGKILL"));
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  const said = JSON.parse(String(line));
  assert.match(said.message, /^1 type error\napp\.ts:1:14 - error TS2322: /);
  const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, "utf8").trim().split(" ");
  // The service of tsx is a child too.
  const guards = children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--watch"));
  assert.equal(guards.length, 1);
  server.kill("SIGKILL");
  await once(server, "exit");
  while (existsSync(`/proc/${guards[0]}`)) await new Promise((resolve) => setTimeout(resolve, 5));
});

test("a tsc that does not watch where the project is, is started anew at each change, and that is no death", async (t) => {
  const files = {
    "tsconfig.json": "{}",
    "node_modules/typescript/package.json": `{ "version": "7.0.2", "bin": { "tsc": "./tsc.js" } }`,
    "node_modules/typescript/tsc.js": `
      const { readFileSync } = require("node:fs");
      console.log("[10:00:00] Starting compilation in watch mode...\\n" + readFileSync("word", "utf8"));
      console.log("[10:00:00] Found 1 error. Watching for file changes.");
      setInterval(() => {}, 1000);`,
    word: "one",
  };
  const cwd = tempFolder(t, files);
  const project = findProject("app", cwd);
  assert.ok(typeof project === "object");
  assert.equal(project.isDeaf, cwd.split("/").length - 1 < 4);
  const awake = setInterval(() => {}, 1_000);
  t.after(() => clearInterval(awake));
  const said: string[] = [];
  await new Promise<void>((done) => {
    const check = new TypeCheck({
      ...{ app: "app", chdir: cwd },
      say: (_level, message) => {
        said.push(message);
        writeFileSync(join(cwd, "word"), "two");
        if (said.length === 2 || !project.isDeaf) done();
        else check.changed();
      },
    });
    t.after(() => check.close());
    check.start();
  });
  assert.deepEqual(said, project.isDeaf ? ["1 type error\none", "1 type error\ntwo"] : ["1 type error\none"]);
});

test("a tsc that ends by itself is started once more, with what it said last, and then no more", async (t) => {
  const cwd = tempFolder(t, {
    "tsconfig.json": "{}",
    "node_modules/typescript/package.json": `{ "bin": { "tsc": "./tsc.js" } }`,
    "node_modules/typescript/tsc.js": `console.log("it is " + process.argv.includes("--noEmit")); process.exitCode = 3;`,
  });
  mkdirSync(join(cwd, "src"));
  const awake = setInterval(() => {}, 1_000);
  t.after(() => clearInterval(awake));
  const said: string[] = [];
  await new Promise<void>((done) => {
    const check = new TypeCheck({
      ...{ app: "src/app", chdir: cwd },
      say: (_level, message) => {
        said.push(message);
        if (said.length === 2) done();
      },
    });
    t.after(() => check.close());
    check.start();
  });
  assert.equal(said[0], "tsc ended with code 3\nit is true");
  assert.match(said[1]!, /^tsc ended with code 3\nit is true\nit is not started again/);
});
