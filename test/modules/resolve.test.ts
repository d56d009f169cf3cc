import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { listen, type Noted, tell } from "../../src/modules/noted.ts";
import { ENDINGS, nearestAbove, resolveModule } from "../../src/modules/resolve.ts";
import { program } from "../support/compiled.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function made(...files: readonly (string | readonly [string, string])[]): string {
  const folder = program(Object.fromEntries(files.map((file) => (typeof file === "string" ? [file, ""] : file))));
  folders.push(folder);
  return folder;
}

/** The file below the folder; null when there is none. */
const found = (name: string, cwd: string): string | null =>
  resolveModule(name, cwd).file?.slice(cwd.length + 1) ?? null;

test("without an ending the endings are tried in their order, TypeScript first", () => {
  assert.deepEqual(ENDINGS, [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"]);
  for (let first = 0; first < ENDINGS.length; first += 1) {
    const cwd = made(...ENDINGS.slice(first).map((ending) => `app${ending}`));
    assert.equal(found("app", cwd), `app${ENDINGS[first]}`);
    assert.equal(found("./app", cwd), `app${ENDINGS[first]}`);
    assert.equal(found(join(cwd, "app"), cwd), `app${ENDINGS[first]}`);
  }
});

test("with an ending that file is meant and no other", () => {
  const cwd = made("app.ts", "app.js", "v1.2.mjs");
  assert.equal(found("app.js", cwd), "app.js");
  assert.equal(found("app.mjs", cwd), null);
  assert.equal(found("v1.2", cwd), "v1.2.mjs");
});

test("a file comes before a folder of the same name, and a folder before a package", () => {
  assert.equal(found("app", made("app.js", "app/index.ts", "node_modules/app/index.js")), "app.js");
  assert.equal(found("app", made("app/index.ts", "node_modules/app/index.js")), "app/index.ts");
  assert.equal(found("app", made("app/readme.md", "node_modules/app/index.js")), "node_modules/app/index.js");
  assert.equal(found("./app", made("node_modules/app/index.js")), null);
});

test("a folder is its exports, then its main file, then its index", () => {
  const manifest = (value: object): readonly [string, string] => ["app/package.json", JSON.stringify(value)];
  assert.equal(found("app", made(manifest({ exports: "./a.js", main: "b.js" }), "app/a.js", "app/b.js")), "app/a.js");
  assert.equal(found("app", made(manifest({ exports: { ".": { import: "./a.js" } } }), "app/a.js")), "app/a.js");
  assert.equal(found("app/", made(manifest({ main: "lib/b" }), "app/lib/b.ts", "app/index.ts")), "app/lib/b.ts");
  assert.equal(found("app", made(manifest({ main: "lib" }), "app/lib/index.js")), "app/lib/index.js");
  assert.equal(found("app", made(manifest({ main: "gone.js" }), "app/index.cjs")), "app/index.cjs");
  assert.equal(found("app", made(["app/package.json", "{ not json"], "app/index.js")), "app/index.js");
  assert.equal(found(".", made("index.mts")), "index.mts");
});

test("a package is looked for in node_modules of the folder and of those above it, the nearest first", () => {
  const cwd = made(
    "node_modules/near/index.js",
    "site/node_modules/near/index.ts",
    "node_modules/far/index.js",
    "site/a.txt",
  );
  assert.equal(resolveModule("near", join(cwd, "site")).file, join(cwd, "site/node_modules/near/index.ts"));
  assert.equal(resolveModule("far", join(cwd, "site")).file, join(cwd, "node_modules/far/index.js"));
  assert.equal(resolveModule("../../outside", join(cwd, "site")).file, null);
});

test("the exports of a package are read under the conditions of an import, and hide what they do not name", () => {
  const exports = {
    ".": [{ browser: "./browser.js" }, { node: { import: "./node.mjs" }, default: "./any.js" }],
    "./plain": "./src/plain.ts",
    "./parts/*": { types: "./types/*.d.ts", default: "./src/*.js" },
    "./common": { require: "./src/common.cjs" },
    "./outside": "../elsewhere.js",
    "./none": null,
  };
  const root = "node_modules/@scope/pkg";
  const cwd = made(
    [`${root}/package.json`, JSON.stringify({ exports, main: "any.js" })],
    ...["browser.js", "node.mjs", "any.js", "src/plain.ts", "src/one/two.js", "src/common.cjs", "../elsewhere.js"].map(
      (file) => join(root, file),
    ),
  );
  assert.equal(found("@scope/pkg", cwd), `${root}/node.mjs`);
  assert.equal(found("@scope/pkg/plain", cwd), `${root}/src/plain.ts`);
  assert.equal(found("@scope/pkg/parts/one/two", cwd), `${root}/src/one/two.js`);
  assert.equal(found("@scope/pkg/common", cwd), `${root}/src/common.cjs`);
  for (const hidden of ["any.js", "outside", "none", "src/plain"])
    assert.equal(found(`@scope/pkg/${hidden}`, cwd), null);
});

test("what was tried is told in order, once for all the endings", () => {
  const cwd = made("site/readme.md");
  assert.deepEqual(resolveModule("site", cwd), {
    file: null,
    denied: null,
    tried: [
      `${cwd}/site followed by ${ENDINGS.join(" ")}`,
      `${cwd}/site/index followed by ${ENDINGS.join(" ")}`,
      `a package site in node_modules of ${cwd} and the folders above it`,
    ],
  });
  assert.deepEqual(resolveModule("./app.js", cwd).tried, [`${cwd}/app.js`]);
});

test("what would have been the module had it been there is told to whoever listens", () => {
  const cwd = made("other.ts");
  const told: Noted[] = [];
  listen((noted) => told.push(noted));
  assert.equal(found("other", cwd), "other.ts");
  assert.equal(found("app", cwd), null);
  tell();
  assert.equal(told.length, 1);
  for (const name of ["app", "app.ts", "app.mjs", "app/index.ts", "app/package.json"]) {
    assert.ok(told[0]!.missing.includes(join(cwd, name)), name);
  }
});

test("of files of one name the nearest above is found, in the folder itself first", () => {
  const folder = made("marked.json", "a/marked.json", "a/b/c/x.js");
  assert.equal(nearestAbove("marked.json", join(folder, "a")), join(folder, "a/marked.json"));
  assert.equal(nearestAbove("marked.json", join(folder, "a/b/c")), join(folder, "a/marked.json"));
  assert.equal(nearestAbove("marked.json", folder), join(folder, "marked.json"));
  assert.equal(nearestAbove("not-there-by-this-name.json", folder), null);
});
