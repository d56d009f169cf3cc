// What tsgi init writes beside the application: held against the pages on deployment, against systemd's own program and against what is there.
// That the applications run, and pass their own tests, is shown by scripts/check-templates.js, with the packed package.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { TEMPLATE_NAMES, TEMPLATES } from "../../src/cli/project.ts";
import { FAILURES } from "../../src/errors.ts";
import { appFolder, block, noAnalyze } from "../support/systemd.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const common = (path: string): string => fs.readFileSync(join(ROOT, "templates/common", path), "utf8");
const unit = (kind: string): string => common(`deploy/__name__.${kind}`);
const directives = (text: string): readonly string[] => text.split("\n").filter((line) => /^[[\w]/.test(line));

test("the units are those of docs/deploy/systemd.md, and a file of variables", () => {
  const here = (kind: string): readonly string[] => directives(unit(kind).replaceAll("__name__", "app"));
  assert.deepEqual(here("socket"), directives(block("socket")));
  const page = directives(block("service")).map((line) => line.replace(/^(ExecStart=.*)/, "$1 --workers auto"));
  assert.deepEqual(
    here("service").filter((line) => line !== "EnvironmentFile=-/etc/app.env"),
    page,
  );
});

test("systemd finds no fault in them", { skip: noAnalyze }, (t) => {
  const folder = appFolder(t, {});
  const own = (kind: string): string => unit(kind).replaceAll("/srv/__name__", folder).replaceAll("__name__", "notes");
  const units = tempFolder(t, { "notes.service": own("service"), "notes.socket": own("socket") });
  const { status, stdout, stderr } = spawnSync(
    "systemd-analyze",
    ["verify", "--man=no", join(units, "notes.socket"), join(units, "notes.service")],
    { encoding: "utf8" },
  );
  assert.deepEqual([stdout + stderr, status], ["", 0]);
});

test("the image starts the server as docs/deploy/containers.md does, as a user, and without what it does not need", () => {
  const file = common("Dockerfile");
  const page = fs.readFileSync(join(ROOT, "docs/deploy/containers.md"), "utf8");
  const command = /^CMD \[.*\]$/m.exec(page)?.[0];
  assert.ok(command !== undefined && file.trimEnd().endsWith(`\n${command}`), command);
  const last = file.slice(file.lastIndexOf("\nFROM ")).split("\n");
  assert.ok(last.includes("USER node"));
  assert.equal(last.filter((line) => line.startsWith("RUN ")).length, 0);
  assert.match(file, /^RUN npm ci --omit=dev$/m);
  // Each stage on the same Node, which is one that tsgi runs on.
  const nodes = [...file.matchAll(/^FROM node:(\d+)-slim/gm)].map(([, version]) => Number(version));
  assert.ok(nodes.length === 2 && nodes[0] === nodes[1] && nodes[0]! >= 20);
  // What is copied from the context is there, but for the lockfile, which npm install writes.
  for (const [, words] of file.matchAll(/^COPY (?!--from)(.*)$/gm)) {
    for (const name of words!.split(" ").slice(0, -1))
      assert.ok([".", "package.json", "package-lock.json"].includes(name));
  }
  for (const name of ["node_modules", ".env", ".git"])
    assert.ok(common("_dockerignore").split("\n").includes(name), name);
});

test("the check of health in the image is a program that runs, and tells an answer from none", () => {
  const words = JSON.parse(/^HEALTHCHECK .*?CMD (\[.*\])$/m.exec(common("Dockerfile"))?.[1] ?? "") as readonly string[];
  const script = words[2]!;
  const ask = (url: string) =>
    spawnSync(process.execPath, ["-e", script.replace("http://127.0.0.1:8000/healthz", () => url)]).status;
  assert.deepEqual(words.slice(0, 2), ["node", "-e"]);
  assert.deepEqual([ask("data:,ok"), ask("http://127.0.0.1:1/")], [0, 1]);
});

test("what is asked for health, and what the units and the image name, is what each application has", () => {
  assert.match(common("tsgi.config.ts"), /readyPath: "\/healthz"/);
  for (const template of TEMPLATE_NAMES) {
    const folder = join(ROOT, "templates", template);
    const sources = fs
      .readdirSync(join(folder, "src"))
      .map((name) => fs.readFileSync(join(folder, "src", name), "utf8"));
    assert.match(sources.join("\n"), /["/]healthz"/, template);
    assert.ok(fs.existsSync(join(folder, "test/app.test.ts")), template);
  }
});

test("no file of a template has a name that npm leaves out of a package or changes", () => {
  const names = fs.readdirSync(join(ROOT, "templates"), { recursive: true, encoding: "utf8" });
  assert.deepEqual(
    names.filter((name) => /(?:^|\/)(?:\.[^/]*|package(?:-lock)?\.json|node_modules)$/.test(name)),
    [],
  );
});

test("docs/starting.md has every template as the help has it, the exit code, and the commands of the project's README", () => {
  const page = fs.readFileSync(join(ROOT, "docs/starting.md"), "utf8");
  for (const name of TEMPLATE_NAMES) assert.ok(page.includes(`| \`${name}\` | ${TEMPLATES[name].summary}`), name);
  assert.ok(page.includes(`the exit code is ${FAILURES.init.exit};`));
  const commands = /## Under systemd\n\n(```sh[\s\S]*?```)/.exec(common("README.md"))?.[1] ?? "none";
  assert.ok(page.includes(commands.replaceAll("__name__", "notes")));
});
