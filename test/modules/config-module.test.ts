import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { evaluateConfig } from "../../src/modules/config-module.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("the default export is taken, and called when it is a function", async (t) => {
  const folder = tempFolder(t, {
    "object.ts": "const workers: number = 3;\nexport default { workers };",
    "function.mjs": "export default async () => ({ workers: 3 });",
    "common.cjs": "module.exports = () => ({ workers: 3 });",
  });
  for (const name of ["object.ts", "function.mjs", "common.cjs"]) {
    assert.deepEqual({ ...((await evaluateConfig(join(folder, name), false)) as object) }, { workers: 3 }, name);
  }
});

test("what is wrong with it is a fault of the configuration file, with the place", async (t) => {
  const folder = tempFolder(t, {
    "none.mjs": "export const workers = 3;",
    "throws.mjs": `throw new Error("no database");`,
    "function.mjs": `export default () => {\n  throw new Error("no secret");\n};`,
  });
  for (const [name, message] of [
    ["none.mjs", /none\.mjs: has no default export .*; it exports workers$/],
    ["throws.mjs", /no database[\s\S]*throws\.mjs:1/],
    ["function.mjs", /function\.mjs: its function failed\n\nError: no secret[\s\S]*function\.mjs:2/],
    ["no.mjs", /no\.mjs: no such file/],
  ] as const) {
    await assert.rejects(evaluateConfig(join(folder, name), false), { code: "config-file", message });
  }
});

test("it is the same module again, unless it is asked for anew", async (t) => {
  const path = join(tempFolder(t, { "x.mjs": "export default { workers: 1 };" }), "x.mjs");
  const first = await evaluateConfig(path, false);
  writeFileSync(path, "export default { workers: 2 };");
  assert.equal(await evaluateConfig(path, false), first);
  assert.deepEqual(await evaluateConfig(path, true), { workers: 2 });
});
