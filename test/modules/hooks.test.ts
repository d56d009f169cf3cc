import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { compiled, program, run } from "../support/compiled.ts";

let source = "";
const folders: string[] = [];
before(async () => {
  source = await compiled(["modules/hooks.ts"]);
  folders.push(dirname(source));
});
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Runs lines in which the hooks can be used and `here(name)` is the URL of a file of the program; `tell` answers. */
function child(files: Readonly<Record<string, string>>, lines: string): unknown {
  const cwd = program(files);
  folders.push(cwd);
  const { stdout, stderr } = run(
    `import { createRequire } from "node:module";
    import { ESM_QUERY, FRESH_QUERY, forgetRequired, markImports } from ${JSON.stringify(pathToFileURL(join(source, "modules/hooks.js")).href)};
    const here = (name) => new URL(name, ${JSON.stringify(`${pathToFileURL(cwd).href}/`)}).href;
    const require = createRequire(here("index.js"));
    const tell = (value) => process.stdout.write(JSON.stringify(value), () => process.exit(0));
    ${lines}`,
  );
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout);
}

const count = "globalThis.loads = (globalThis.loads ?? 0) + 1;";

test("the number of a fresh import goes down to local modules, and imports without one are untouched", () => {
  const files = { "app.mjs": 'import "./below.mjs"; export const url = import.meta.url;', "below.mjs": count };
  const told = child(
    files,
    `markImports();
    markImports();
    const loads = [];
    for (const query of ["", "", \`?\${FRESH_QUERY}=1\`, \`?\${FRESH_QUERY}=1\`, \`?\${FRESH_QUERY}=2\`, ""]) {
      await import(here("app.mjs") + query);
      loads.push(globalThis.loads);
    }
    tell(loads);`,
  );
  assert.deepEqual(told, [1, 1, 2, 2, 3, 3]);
});

test("the number stops at packages and at Node's own modules", () => {
  const files = { "app.mjs": 'import "kept"; import "node:fs";', "node_modules/kept/index.js": count };
  const told = child(
    files,
    `markImports(); for (const n of [1, 2]) await import(here("app.mjs") + \`?\${FRESH_QUERY}=\${n}\`); tell(globalThis.loads);`,
  );
  assert.equal(told, 1);
});

test("a module that is marked as one is an ES module in a CommonJS package", () => {
  const files = { "package.json": '{ "type": "commonjs" }', "app.js": "export const value = await 1;" };
  const told = child(
    files,
    `markImports();
    const before = await import(here("app.js")).catch((error) => error.name);
    tell([before, (await import(here("app.js") + \`?\${ESM_QUERY}=\`)).value]);`,
  );
  assert.deepEqual(told, ["SyntaxError", 1]);
});

test("required modules are forgotten, those of packages are not", () => {
  const files = { "local.cjs": count, "node_modules/kept/index.js": count };
  const told = child(
    files,
    `require("./local.cjs"), require("kept");
    forgetRequired();
    require("./local.cjs"), require("kept");
    tell(globalThis.loads);`,
  );
  assert.equal(told, 3);
});
