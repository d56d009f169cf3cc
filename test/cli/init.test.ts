import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { init } from "../../src/cli/init.ts";
import { TEMPLATE_NAMES } from "../../src/cli/project.ts";
import { FAILURES, type FailureCode, TsgiError } from "../../src/errors.ts";
import { CLI_ARGV, cleanEnv, runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

interface Said {
  readonly cwd: string;
  readonly folder?: string;
  readonly template?: string;
}

/** What it printed. */
function run(t: TestContext, { cwd, folder, template }: Said): string {
  const { mock } = t.mock.method(process.stdout, "write", () => true);
  try {
    assert.equal(init({ words: folder === undefined ? [] : [folder], template, cwd }), 0);
    return mock.calls.map((call) => String(call.arguments[0])).join("");
  } finally {
    mock.restore();
  }
}

function refuses(t: TestContext, said: Said, code: FailureCode, message: string | RegExp): void {
  const before = filesIn(said.cwd);
  assert.throws(
    () => run(t, said),
    (error) => {
      assert.ok(error instanceof TsgiError, String(error));
      assert.equal(error.code, code);
      if (typeof message === "string") assert.equal(error.message, message);
      else assert.match(error.message, message);
      return true;
    },
  );
  assert.deepEqual(filesIn(said.cwd), before);
}

const filesIn = (folder: string): readonly string[] =>
  fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();

const COMMON = [
  ...[".dockerignore", ".gitignore", "Dockerfile", "README.md", "deploy", "deploy/notes.service"],
  ...["deploy/notes.socket", "package.json", "src", "src/app.ts", "test", "test/app.test.ts"],
  ...["tsconfig.json", "tsgi.config.ts"],
];

for (const template of TEMPLATE_NAMES) {
  test(`template ${template}: a whole project, with every placeholder filled, and words on what to do next`, (t) => {
    const cwd = tempFolder(t);
    const printed = run(t, { cwd, folder: "my/notes", template });
    const folder = join(cwd, "my/notes");
    const paths = filesIn(folder);
    assert.deepEqual(
      COMMON.filter((path) => !paths.includes(path)),
      [],
    );
    const files = paths.filter((path) => fs.statSync(join(folder, path)).isFile());
    for (const path of files) {
      assert.doesNotMatch(path, /__|^_/);
      assert.doesNotMatch(fs.readFileSync(join(folder, path), "utf8"), /__\w+__/, path);
    }
    assert.equal(
      printed,
      `notes: ${files.length} files in my/notes, from the template ${template}.\n\nNext:\n\n  cd my/notes\n  npm install\n  npm run dev\n`,
    );
  });
}

test("without a folder it is the current one, and without a template it is tsgi; what else is there stays", (t) => {
  const cwd = tempFolder(t, { LICENSE: "mine", "src/other.ts": "mine" });
  const printed = run(t, { cwd });
  assert.match(printed, /files in this folder, from the template tsgi\.\n\nNext:\n\n {2}npm install\n/);
  assert.match(fs.readFileSync(join(cwd, "src/app.ts"), "utf8"), /export const application: Application/);
  assert.equal(fs.readFileSync(join(cwd, "src/other.ts"), "utf8"), "mine");
});

test("a folder whose name a shell would part is quoted; one elsewhere is shown from the root", (t) => {
  const cwd = tempFolder(t, { "here/x": "" });
  assert.match(run(t, { cwd, folder: "it's mine" }), /^ {2}cd 'it'\\''s mine'$/m);
  assert.match(run(t, { cwd, folder: "./-dash" }), /^ {2}cd \.\/-dash$/m);
  assert.match(run(t, { cwd: join(cwd, "here"), folder: "../there" }), new RegExp(`^ {2}cd ${cwd}/there$`, "m"));
});

test("inside of another package it says so, for workspaces", (t) => {
  const cwd = tempFolder(t, { "package.json": "{}" });
  assert.ok(run(t, { cwd, folder: "web" }).includes(`\n${join(cwd, "package.json")} is a package around it; `));
});

test("every file that is in the way is named, and nothing is written", (t) => {
  const cwd = tempFolder(t, { "README.md": "mine", "src/app.ts": "mine" });
  refuses(t, { cwd }, "init", "here is already README.md, src/app.ts: init replaces no file, and has written none.");
  const web = tempFolder(t, { "web/package.json": "{}" });
  refuses(
    t,
    { cwd: web, folder: "web" },
    "init",
    "in web is already package.json: init replaces no file, and has written none. This is a package already: npm install tsgi adds tsgi to it.",
  );
  const odd = tempFolder(t, { src: "a file", deploy: "another" });
  fs.symlinkSync("nowhere", join(odd, "Dockerfile"));
  refuses(t, { cwd: odd }, "init", /^here is already Dockerfile, deploy, src: /);
});

test("a path that is no folder, or goes through a file, is refused", (t) => {
  const cwd = tempFolder(t, { file: "x" });
  fs.symlinkSync("nowhere", join(cwd, "link"));
  refuses(t, { cwd, folder: "file" }, "init", "file is there, and no folder; nothing was written");
  refuses(t, { cwd, folder: "link" }, "init", "link is there, and no folder; nothing was written");
  refuses(t, { cwd, folder: "file/web" }, "init", /file\/web: a part of this path is a file and no folder; nothing/);
  refuses(t, { cwd, folder: "x".repeat(300) }, "init", /: this name is too long; nothing was written$/);
});

test("an unknown template is refused with the one that was meant, or with all of them", (t) => {
  const cwd = tempFolder(t);
  for (const [template, message] of [
    ["expres", '--template: there is no template "expres" (did you mean express?)'],
    ["rails", '--template: there is no template "rails": expected tsgi, asgi, hono, express, fastify, site'],
    ["../common", '--template: there is no template "../common"'],
  ] as const) {
    refuses(t, { cwd, template }, "usage", new RegExp(`^${message.replace(/[()?./]/g, "\\$&")}`));
  }
  assert.throws(() => init({ words: ["a", "b"], template: undefined, cwd }), /one folder is enough/);
});

test("the command: a project, then 27 for the same folder again", async (t) => {
  const cwd = tempFolder(t);
  const first = await runCli(["init", "notes", "--template=asgi"], { cwd });
  assert.deepEqual([first.code, first.stderr], [0, ""]);
  assert.match(first.stdout, /^notes: /);
  const second = await runCli(["init", "notes"], { cwd });
  assert.deepEqual([second.code, second.stdout], [FAILURES.init.exit, ""]);
  assert.match(
    second.stderr,
    /^tsgi: in notes is already \.dockerignore, \.gitignore, Dockerfile, .*tsgi\.config\.ts: /,
  );
});

/** Without any network, too. */
const APART = ["unshare", "--mount", "--net"] as const;
const noMounts =
  spawnSync(APART[0], [...APART.slice(1), "true"]).status !== 0 && "needs root, and a container that allows mounts";

/** Runs it in a file system of its own, then lists what is there. */
function runMounted(t: TestContext, options: string): { readonly stderr: string; readonly left: string } {
  const cwd = tempFolder(t, { "disk/x": "" });
  const script = `mount -t tmpfs -o ${options} none disk || exit 99; "$@"; echo "exit $?"; find disk -mindepth 1`;
  const words = [...APART, "sh", "-c", script, "sh", process.execPath, ...CLI_ARGV, "init", "disk/a/b"];
  const { stdout, stderr } = spawnSync(words[0]!, words.slice(1), { cwd, encoding: "utf8", env: cleanEnv() });
  return { stderr, left: stdout };
}

test("a disk that is full in the middle has nothing of it afterwards, not even the folders", {
  skip: noMounts,
}, (t) => {
  assert.deepEqual(runMounted(t, "size=16k"), {
    stderr: "tsgi: disk/a/b: the disk is full; nothing was written\n",
    left: `exit ${FAILURES.init.exit}\n`,
  });
});

test("it needs no network", { skip: noMounts }, (t) => {
  const { stderr, left } = runMounted(t, "size=1m");
  assert.equal(stderr, "");
  assert.match(left, /^exit 0\n[\s\S]*^disk\/a\/b\/package\.json$/m);
});

test("a folder that is not writable is named", { skip: noMounts }, (t) => {
  const { stderr, left } = runMounted(t, "ro");
  assert.match(stderr, /^tsgi: \/.*\/disk\/a: this file system may only be read; nothing was written\n$/);
  assert.equal(left, `exit ${FAILURES.init.exit}\n`);
});

test("so is one that belongs to somebody else", {
  skip: process.getuid?.() === 0 && "root may write anywhere",
}, (t) => {
  const cwd = tempFolder(t);
  fs.chmodSync(cwd, 0o500);
  t.after(() => fs.chmodSync(cwd, 0o700));
  refuses(t, { cwd, folder: "web" }, "init", /web: this folder may not be written; nothing was written$/);
});
