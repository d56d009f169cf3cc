import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { findSyntaxError } from "../../src/modules/diagnose.ts";
import { program } from "../support/compiled.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function made(files: Readonly<Record<string, string>>): string {
  const folder = program(files);
  folders.push(folder);
  return folder;
}

const wrong = "// a line\nexport const value = {;\n";
const message = "Unexpected token ';'";

test("the place is found in the module itself and below static, dynamic and package imports", async () => {
  const cwd = made({
    "direct.mjs": wrong,
    "static.mjs": 'import "node:fs";\nimport "./fine.mjs";\nexport * from "./direct.mjs";',
    "fine.mjs": "export {};",
    "deep.mjs": 'import "./static.mjs";',
    "dynamic.mjs": 'export const load = () => import("./direct.mjs");',
    "package.mjs": 'import "broken";',
    "node_modules/broken/package.json": '{ "type": "module", "main": "lib.js" }',
    "node_modules/broken/lib.js": wrong,
  });
  for (const entry of ["direct.mjs", "static.mjs", "deep.mjs", "dynamic.mjs"]) {
    assert.deepEqual(
      await findSyntaxError(join(cwd, entry), message),
      { file: join(cwd, "direct.mjs"), line: 2, column: 23 },
      entry,
    );
  }
  assert.equal(
    (await findSyntaxError(join(cwd, "package.mjs"), message))?.file,
    join(cwd, "node_modules/broken/lib.js"),
  );
});

test("TypeScript and CommonJS on the way are looked through", async () => {
  const cwd = made({
    "app.mts": 'import type { A } from "./types.ts";\nimport { b } from "./between.js";\nb satisfies A;',
    "types.ts": "export type A = number;",
    "between.ts": 'export * from "./common.cjs";',
    "common.cjs": 'exports.load = () => import("./folder/index.mjs");',
    "folder/index.mjs": wrong,
  });
  assert.equal((await findSyntaxError(join(cwd, "app.mts"), message))?.file, join(cwd, "folder/index.mjs"));
});

test("a .js file is an ES module by its package, or because it does not parse as CommonJS", async () => {
  const cwd = made({
    "typed/package.json": '{ "type": "module" }',
    "typed/a.js": wrong,
    "a.js": wrong,
    "sloppy.js": "with (module) {} return;",
    "entry.mjs": 'import "./sloppy.js"; import "./a.js";',
  });
  assert.equal((await findSyntaxError(join(cwd, "typed/a.js"), message))?.line, 2);
  assert.equal((await findSyntaxError(join(cwd, "entry.mjs"), message))?.file, join(cwd, "a.js"));
});

test("no place is given for another message, for modules that parse, or for a file that is gone", async () => {
  const cwd = made({ "wrong.mjs": wrong, "right.mjs": 'import "./gone.mjs";' });
  assert.equal(await findSyntaxError(join(cwd, "wrong.mjs"), "Unexpected identifier 'x'"), null);
  assert.equal(await findSyntaxError(join(cwd, "right.mjs"), message), null);
  assert.equal(await findSyntaxError(join(cwd, "gone.mjs"), message), null);
});

test("nothing of the modules is run, and nothing that NODE_OPTIONS would preload", async () => {
  const cwd = made({
    "runs.mjs":
      'import "./wrong.mjs"; import { writeFileSync } from "node:fs"; writeFileSync(new URL("ran", import.meta.url), "");',
    "wrong.mjs": wrong,
    "preload.cjs": "process.exit(7);",
  });
  const before = process.env["NODE_OPTIONS"];
  process.env["NODE_OPTIONS"] = `--require ${join(cwd, "preload.cjs")}`;
  try {
    assert.equal((await findSyntaxError(join(cwd, "runs.mjs"), message))?.file, join(cwd, "wrong.mjs"));
  } finally {
    if (before === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = before;
  }
  await assert.rejects(import("node:fs/promises").then(({ stat }) => stat(join(cwd, "ran"))));
});
