// The generated pages are what the tables say. The script itself is run, as CI runs it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { PAGES } from "../scripts/pages.ts";
import { settingsPage } from "../src/config/render.ts";
import { tempFolder } from "./support/temp-folder.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

for (const { path, text } of PAGES) {
  test(`${path} is what the tables say; npm run docs writes it`, () => {
    const now = readFileSync(join(ROOT, path), "utf8");
    assert.equal(now, text(now));
  });
}

test("the README names the dependencies that package.json has, and no others", () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { dependencies: object };
  const section = /## Dependencies\n([\s\S]*?)\n## /.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1] ?? "";
  const named = [...section.matchAll(/npmjs\.com\/package\/([\w@/-]+)/g)].map(([, name]) => name);
  assert.deepEqual(named, Object.keys(dependencies));
});

test("the README says how many packages an installation brings: those of the lockfile that are for users of one platform", () => {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; os?: string[]; cpu?: string[] }>;
  };
  const installed = Object.entries(lock.packages).filter(
    ([path, { dev, os, cpu }]) =>
      path !== "" && dev !== true && (os === undefined || (os.includes("linux") && cpu?.includes("x64") === true)),
  );
  // And tsgi itself.
  const said = /\| packages installed +\| (\S+)/.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1];
  assert.equal(said, String(installed.length + 1));
});

test("the rooms in the README, in CONTRIBUTING and in docs/design.md are the folders of src", () => {
  const rooms = readdirSync(join(ROOT, "src"), { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? [e.name] : [],
  );
  const readme = /has one room for each box: ([^.]*)\./.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1] ?? "";
  assert.deepEqual([...readme.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort(), rooms.sort());
  for (const page of ["CONTRIBUTING.md", "docs/design.md"]) {
    const text = readFileSync(join(ROOT, page), "utf8");
    for (const room of rooms) assert.ok(text.includes(`src/${room}/`), `${page} does not show src/${room}/`);
  }
});

test("links between the pages of the project lead somewhere", () => {
  const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...markdownIn("docs"), ...markdownIn("examples")];
  const broken = pages.flatMap((page) => {
    const links = [...readFileSync(join(ROOT, page), "utf8").matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)];
    return links.flatMap(([, to]) => (existsSync(join(ROOT, dirname(page), to!)) ? [] : [`${page}: ${to}`]));
  });
  assert.deepEqual(broken, []);
});

function markdownIn(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
    .map((name) => join(folder, name));
}

test("the script with --check writes nothing, and names the page that differs; without it, it writes", (t) => {
  const folder = tempFolder(t);
  for (const part of ["src", "docs/reference", "bench", "test/differential"])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  mkdirSync(join(folder, "scripts"));
  for (const file of [
    "docs/differences.md",
    "scripts/docs.ts",
    "scripts/pages.ts",
    "package.json",
    "tsconfig.json",
    "README.md",
    "docs/performance.md",
  ])
    copyFileSync(join(ROOT, file), join(folder, file));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const script = (...args: string[]) =>
    spawnSync(process.execPath, ["--import", import.meta.resolve("tsx"), "scripts/docs.ts", ...args], {
      cwd: folder,
      encoding: "utf8",
    });
  const page = join(folder, "docs/reference/settings.md");
  writeFileSync(page, "stale");
  const check = script("--check");
  assert.deepEqual(
    [check.status, check.stderr],
    [1, "docs/reference/settings.md is not what the tables say: run npm run docs\n"],
  );
  assert.equal(readFileSync(page, "utf8"), "stale");
  assert.equal(script().status, 0);
  assert.equal(readFileSync(page, "utf8"), settingsPage());
  assert.equal(script("--check").status, 0);
});
