import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { readTsconfig } from "../../src/modules/tsconfig.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("the files are the configuration and all that it extends, packages too, in a circle once; what is not there is missing", (t) => {
  const folder = tempFolder(t, {
    "tsconfig.json": '\uFEFF{ // "no": 1,\n "extends": ["./one", "shared/base", "./gone.json", "absent/base.json"], }',
    "package.json": "{}",
    "one.json": '{ "extends": "./tsconfig.json" }',
    "node_modules/shared/base.json": "{}",
  });
  const { files, missing } = readTsconfig(join(folder, "tsconfig.json"));
  const here = (paths: readonly string[]): readonly string[] => paths.map((path) => path.slice(folder.length + 1));
  assert.deepEqual(here(files), ["tsconfig.json", "one.json", "node_modules/shared/base.json"]);
  assert.deepEqual(here(missing), [
    "gone.json",
    "node_modules/absent",
    "node_modules/absent/package.json",
    "node_modules/.package-lock.json",
  ]);
});

test("aliases are absolute from where they stand, or from the base, and those of the file itself hold", (t) => {
  const folder = tempFolder(t, {
    "tsconfig.json": '{ "extends": "./config/base.json" }',
    "config/base.json": '{ "compilerOptions": { "paths": { "@a/*": ["../a/*", 1], "b": "no list" } } }',
    "own.json":
      '{ "extends": "./config/base.json", "compilerOptions": { /* , } */ "baseUrl": "src", "paths": { "http://x//*": ["y/*",], }, }, }',
    "broken.json": '{ "compilerOptions": ',
  });
  const read = (name: string): unknown => readTsconfig(join(folder, name)).aliases;
  assert.deepEqual(read("tsconfig.json"), [
    { pattern: "@a/*", targets: [join(folder, "a/*")] },
    { pattern: "b", targets: [] },
  ]);
  assert.deepEqual(read("own.json"), [
    { pattern: "http://x//*", targets: [join(folder, "src/y/*")] },
    { pattern: "*", targets: [join(folder, "src/*")] },
  ]);
  assert.deepEqual([read("broken.json"), read("none.json")], [[], []]);
});
