import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  isTemplate,
  type Manifest,
  projectFiles,
  projectName,
  TEMPLATE_NAMES,
  TEMPLATES,
} from "../../src/cli/project.ts";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as Manifest;

for (const [folder, name] of [
  ["journal", "journal"],
  ["My Journal", "my-journal"],
  ["Über_uns.2", "uber-uns-2"],
  ["@scope", "scope"],
  ["--x--", "x"],
  ["2048", "app-2048"],
  ["日記", "app"],
  ["", "app"],
  [`${"a".repeat(29)}-b`, "a".repeat(29)],
  ["tsgi", "tsgi-app"],
  ["hono", "hono-app"],
  ["express", "express"],
  ["root", "root-app"],
  ["node_modules", "node-modules-app"],
] as const) {
  test(`a project with Hono in the folder ${JSON.stringify(folder)} is called ${name}`, () => {
    assert.equal(projectName(folder, "hono"), name);
    assert.match(name, /^[a-z](?:-?[a-z0-9])*$/);
  });
}

test("a template is known by its own name only", () => {
  assert.deepEqual(TEMPLATE_NAMES, ["tsgi", "asgi", "hono", "express", "fastify", "site"]);
  for (const name of TEMPLATE_NAMES) assert.ok(isTemplate(name));
  for (const name of ["", "Hono", "koa", "common", "toString"]) assert.ok(!isTemplate(name), name);
});

test("placeholders are filled in paths and texts, and a stored underscore becomes a dot", () => {
  const texts = new Map([
    ["_gitignore", "x"],
    ["deploy/__name__.service", "User=__name__ in /srv/__name__"],
    ["README.md", "__about__\n"],
  ]);
  const files = projectFiles({ template: "site", name: "journal", texts, manifest });
  assert.deepEqual([...files.keys()], ["package.json", ".gitignore", "deploy/journal.service", "README.md"]);
  assert.equal(files.get("deploy/journal.service"), "User=journal in /srv/journal");
  const readme = files.get("README.md")!;
  assert.match(
    readme,
    /^Pages from the server .*\. Served by tsgi\.\n\n.*\$\(openssl[\s\S]*`\/etc\/journal\.env`\.\n$/,
  );
});

test("package.json asks for this tsgi, and for what tsgi itself is tested with", () => {
  for (const template of TEMPLATE_NAMES) {
    const files = projectFiles({ template, name: "journal", texts: new Map(), manifest });
    const made = JSON.parse(files.get("package.json")!) as Manifest & Record<string, unknown>;
    assert.deepEqual([made["name"], made["private"], made["type"]], ["journal", true, "module"]);
    assert.equal(made.engines.node, manifest.engines.node);
    const { packages, types = {} } = TEMPLATES[template];
    const known: Readonly<Record<string, string>> = {
      ...{ ...types, ...manifest.devDependencies, tsgi: manifest.version },
      ...{ tsx: manifest.dependencies["tsx"]!.slice(1) },
    };
    const ranges = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, `^${known[name]}`]));
    assert.deepEqual(made.dependencies, ranges(["tsgi", ...packages]), template);
    assert.deepEqual(
      made.devDependencies,
      ranges(["@types/node", "tsx", "typescript", ...Object.keys(types)]),
      template,
    );
  }
});

test("a package without a known version is a fault of ours, and said", () => {
  const bare = { ...manifest, devDependencies: {} };
  assert.throws(
    () => projectFiles({ template: "hono", name: "x", texts: new Map(), manifest: bare }),
    /names no version of hono/,
  );
});
