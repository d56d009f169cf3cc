// The generated pages of docs/reference are what the tables say. The script itself is run, as CI runs it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { errorsPage, settingsPage } from "../src/config/render.ts";
import { tempFolder } from "./support/temp-folder.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

test("docs/reference is what the tables say; npm run docs writes it", () => {
  assert.equal(readFileSync(join(ROOT, "docs/reference/settings.md"), "utf8"), settingsPage());
  assert.equal(readFileSync(join(ROOT, "docs/reference/errors.md"), "utf8"), errorsPage());
});

test("the script with --check writes nothing, and names the page that differs; without it, it writes", (t) => {
  const folder = tempFolder(t);
  for (const part of ["src", "docs/reference"]) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  mkdirSync(join(folder, "scripts"));
  for (const file of ["scripts/docs.ts", "package.json", "tsconfig.json"])
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
