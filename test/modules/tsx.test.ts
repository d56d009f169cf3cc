import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { compiled, program, run } from "../support/compiled.ts";

let source = "";
const folders: string[] = [];
before(async () => {
  source = await compiled(["modules/tsx.ts"]);
  folders.push(dirname(source));
});
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Runs lines in a folder of a program in which `useTsx(name)` and `load(name)` take its files; `tell` answers. */
function child(files: Readonly<Record<string, string>>, lines: string, below = "."): unknown {
  const cwd = program(files);
  folders.push(cwd);
  const { stdout, stderr } = run(
    `import * as tsx from ${JSON.stringify(pathToFileURL(join(source, "modules/tsx.js")).href)};
    const root = ${JSON.stringify(cwd)};
    const useTsx = (name) => tsx.useTsx(root + "/" + name);
    const load = (name) => import(${JSON.stringify(`${pathToFileURL(cwd).href}/`)} + name);
    const tell = (value) => process.stdout.write(JSON.stringify(value ?? null), () => process.exit(0));
    ${lines}`,
    { cwd: join(cwd, below) },
  );
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout);
}

const aliased = (folder: string): string =>
  JSON.stringify({ compilerOptions: { paths: { "@lib/*": [`./${folder}/*`] } } });
const app = 'import { value } from "@lib/value";\nexport const told = value;\n';
const typed = '{ "type": "module" }';

test("the tsconfig.json nearest to the module holds for ES modules and for CommonJS, not that of the server's folder", () => {
  const files = {
    "server/tsconfig.json": aliased("wrong"),
    "site/tsconfig.json": aliased("lib"),
    "site/lib/value.ts": "export const value: number = 1;",
    "site/esm/package.json": typed,
    "site/esm/app.ts": app,
    "site/cjs/app.ts": app,
  };
  const lines = `await useTsx("site/esm/app.ts"); await useTsx("site/cjs/app.ts");
    const common = await load("site/cjs/app.ts");
    tell([(await load("site/esm/app.ts")).told, common.told ?? common.default.told]);`;
  assert.deepEqual(child(files, lines, "server"), [1, 1]);
});

test("a module without a tsconfig.json gets none, also where the server's folder has one", () => {
  const files = {
    "server/tsconfig.json": JSON.stringify({ compilerOptions: { paths: { "@lib/*": ["../lib/*"] } } }),
    "lib/value.ts": "export const value = 1;",
    "esm/package.json": typed,
    "esm/app.ts": app,
    "cjs/app.ts": app,
  };
  const lines = `await useTsx("esm/app.ts");
    tell([await load("esm/app.ts").catch((error) => error.code), await load("cjs/app.ts").catch((error) => error.code)]);`;
  assert.deepEqual(child(files, lines, "server"), ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"]);
});

test("another tsconfig.json takes over from the one before", () => {
  const site = (folder: string, value: number): Record<string, string> => ({
    [`${folder}/package.json`]: typed,
    [`${folder}/tsconfig.json`]: aliased("lib"),
    [`${folder}/lib/value.ts`]: `export const value: number = ${value};`,
    [`${folder}/app.ts`]: app,
  });
  const lines = `const told = [];
    for (const name of ["one/app.ts", "two/app.ts"]) { await useTsx(name); told.push((await load(name)).told); }
    tell(told);`;
  assert.deepEqual(child({ ...site("one", 1), ...site("two", 2) }, lines), [1, 2]);
});

test("a tsconfig.json that the user names in TSX_TSCONFIG_PATH goes before the nearest, and the variable is left as it was", () => {
  const files = {
    "package.json": typed,
    "tsconfig.json": aliased("wrong"),
    "other.json": aliased("lib"),
    "lib/value.ts": "export const value = 1;",
    "app.ts": app,
  };
  const lines = `process.env.TSX_TSCONFIG_PATH = root + "/other.json";
    await useTsx("app.ts");
    tell([(await load("app.ts")).told, process.env.TSX_TSCONFIG_PATH === root + "/other.json"]);`;
  assert.deepEqual(child(files, lines), [1, true]);
  assert.equal(child(files, `await useTsx("app.ts"); tell("TSX_TSCONFIG_PATH" in process.env);`), false);
});

test("a tsconfig.json that cannot be read is a syntax error that names it, and is no reason to fail for ever", () => {
  const files = {
    "tsconfig.json": '{ "extends": "@tsconfig/not-installed" }',
    "app.ts": "export const told: number = 1;",
  };
  const lines = `const told = await useTsx("app.ts").catch((error) => [error.code, error.message]);
    (await import("node:fs")).writeFileSync(root + "/tsconfig.json", "{}");
    await useTsx("app.ts");
    const common = await load("app.ts");
    tell([...told, common.told ?? common.default.told]);`;
  const [code, message, told] = child(files, lines) as [string, string, number];
  assert.equal(code, "syntax-error");
  assert.match(
    message,
    /app\.ts: its TypeScript configuration cannot be read\n\n.*\/tsconfig\.json\n.*@tsconfig\/not-installed/,
  );
  assert.equal(told, 1);
});

test("what translates TypeScript can be started before there is anything to translate", () => {
  const told = child(
    { "package.json": typed, "app.ts": "export const told: number = 7;" },
    `await useTsx("app.ts");
    tsx.startTranslator();
    tell((await load("app.ts")).told);`,
  );
  assert.equal(told, 7);
});
