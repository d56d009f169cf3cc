import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { explainMissing, nearFile } from "../../src/modules/missing.ts";
import { compiled, program, run } from "../support/compiled.ts";

let source = "";
const folders: string[] = [];
before(async () => {
  source = await compiled(["modules/import.ts"]);
  folders.push(dirname(source));
});
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function made(files: Readonly<Record<string, string>>): string {
  const folder = program(files);
  folders.push(folder);
  return folder;
}

/** The message of a real import that fails for a module that is not there, without its first words. */
function missing(cwd: string, name: string): string {
  const { stdout, stderr } = run(
    `import { importUserModule } from ${JSON.stringify(pathToFileURL(join(source, "modules/import.js")).href)};
    const told = await importUserModule("${cwd}/${name}").then(() => "loaded", (error) => error.code + " " + error.message);
    process.stdout.write(told, () => process.exit(0));`,
  );
  assert.ok(stdout.startsWith(`no-module cannot load ${cwd}/${name}: `), stdout + stderr);
  return stdout.slice(`no-module cannot load ${cwd}/${name}: `.length);
}

// The file, its text, the specifier, its line and column.
const flavours: readonly (readonly [string, string, string, string])[] = [
  ["a.mjs", '// import "./gone.js";\nimport "./gone.js";', "./gone.js", "2:8"],
  ["b.js", 'import fs from "node:fs";\nexport * from "gone-package/sub";', "gone-package/sub", "2:15"],
  ["c.cjs", '\nrequire("./gone");', "./gone", "2:9"],
  ["d.cjs", 'require("@gone/package");', "@gone/package", "1:9"],
  ["e.ts", 'import type { A } from "./types";\nimport { b } from "./gone";\nb();', "./gone", "2:19"],
  ["f.mts", 'import { b } from "gone-package";\nb();', "gone-package", "1:19"],
  ["g.cts", 'import gone = require("gone-package");\ngone();', "gone-package", "1:23"],
  ["h.mjs", 'await import("./gone.js");', "./gone.js", "1:14"],
  ["typed/i.ts", 'import { b } from "../gone.js";\nb();', "../gone.js", "1:19"],
];

for (const [file, text, specifier, place] of flavours) {
  test(`${specifier} that ${file} imports and that is not there is named with its line and column`, () => {
    const cwd = made({ [file]: text, "typed/package.json": '{ "type": "module" }' });
    const message = missing(cwd, file);
    assert.ok(
      message.startsWith(`"${specifier}", imported from ${cwd}/${file}, was not found\n\n${cwd}/${file}:${place}\n\n`),
      message,
    );
    const install = /^Try: npm install (.*)$/m.exec(message)?.[1];
    assert.equal(install, specifier.startsWith(".") ? undefined : specifier.replace("/sub", ""));
  });
}

test("the importing file is the one that holds the import, not the one that was asked for", () => {
  const cwd = made({
    "app.mjs": 'import "./below.mjs";',
    "below.mjs": 'import "gone-package";',
    "app.cjs": 'require("./below.cjs");',
    "below.cjs": 'require("gone-package");',
  });
  assert.match(missing(cwd, "app.mjs"), /^"gone-package", imported from .*\/below\.mjs, was not found/);
  assert.match(missing(cwd, "app.cjs"), /^"gone-package", imported from .*\/below\.cjs, was not found/);
});

test("the hint fits what is wrong: an ending, a near name, a folder, a package without the file, an alias", () => {
  const cwd = made({
    "ending.mjs": 'import "./lib/helper";',
    "near.mjs": 'import "./lib/helpr.js";',
    "folder.mjs": 'import "./lib";',
    "lib/helper.js": "",
    "subpath.mjs": 'import "kept/nothing.js";',
    "exports.mjs": 'import "closed/inner.js";',
    "node_modules/kept/package.json": "{}",
    "node_modules/closed/package.json": '{ "exports": "./index.js" }',
    "alias.mjs": 'import "@/lib/helper";',
    "own.mjs": 'import "#lib";',
    "package.json": '{ "imports": {} }',
    "builtin.mjs": 'import "node:htttp";',
    "node_modules/gutted/package.json": '{ "main": "gone.js" }',
    "main.mjs": 'import "gutted";',
    "common.cjs": 'require("./lib/typed");',
    "lib/typed.ts": "",
    "computed.cjs": 'require("./" + "gone");',
  });
  assert.match(
    missing(cwd, "ending.mjs"),
    /\n\ndid you mean "\.\/lib\/helper\.js"\? An ES module must write the ending\.$/,
  );
  assert.match(missing(cwd, "near.mjs"), /\n\ndid you mean "\.\/lib\/helper\.js"\?$/);
  assert.match(
    missing(cwd, "folder.mjs"),
    /^"\.\/lib", [\s\S]*\/lib is a folder: an ES module must name the file in it\.$/,
  );
  assert.match(
    missing(cwd, "subpath.mjs"),
    /^"kept\/nothing\.js", [\s\S]*The package kept is there, but has no such file\.$/,
  );
  assert.match(
    missing(cwd, "exports.mjs"),
    /^"closed\/inner\.js", [\s\S]*exports\.mjs:1:8\n[\s\S]*does not export that path\.$/,
  );
  assert.match(missing(cwd, "alias.mjs"), /^"@\/lib\/helper", [\s\S]*If it is a path alias/);
  assert.match(missing(cwd, "own.mjs"), /^"#lib", [\s\S]*"imports" in the nearest package\.json\.$/);
  assert.match(missing(cwd, "builtin.mjs"), /^"node:htttp", [\s\S]*Did you mean "node:http"\?$/);
  assert.match(
    missing(cwd, "computed.cjs"),
    /^"\.\/gone", imported from .*computed\.cjs, was not found\n\n.*computed\.cjs:1:1\n/,
  );
});

test("an error with such a code and other words is shown as it is", () => {
  const error = Object.assign(new Error("plugin x is not there"), { code: "MODULE_NOT_FOUND" });
  const [first, second] = explainMissing(error).parts;
  assert.equal(first, "a module that it imports was not found");
  assert.match(second ?? "", /^Error: plugin x is not there\n/);
});

test("a near file is one of the same folder, compared without endings when the name has none", () => {
  const cwd = made({ "application.ts": "", "site/index.js": "" });
  assert.equal(nearFile(join(cwd, "aplication")), join(cwd, "application.ts"));
  assert.equal(nearFile(join(cwd, "application.js")), join(cwd, "application.ts"));
  assert.equal(nearFile(join(cwd, "sites")), join(cwd, "site"));
  assert.equal(nearFile(join(cwd, "elsewhere")), null);
  assert.equal(nearFile(join(cwd, "gone/application.ts")), null);
});
