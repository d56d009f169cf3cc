import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { defineConfig, findConfigFile, loadConfigFile } from "../../src/config/file.ts";
import { TsgiError } from "../../src/errors.ts";
import { tempFolder } from "../support/temp-folder.ts";

const refused = async (loading: Promise<unknown>): Promise<string> => {
  try {
    await loading;
  } catch (error) {
    assert.ok(error instanceof TsgiError, String(error));
    assert.equal(error.code, "config-file");
    return error.message;
  }
  assert.fail("it was accepted");
};

const MODULE = `{ "type": "module" }`;

test("each form of the file gives the same settings, with and without type module in package.json", async (t) => {
  const object = "{ workers: 3 }";
  const forms: Record<string, string> = {
    "ts/tsgi.config.ts": `const workers: number = 3;\nexport default { workers };`,
    "mts/tsgi.config.mts": `export default ${object} as { workers: number };`,
    "mjs/tsgi.config.mjs": `export default ${object};`,
    "cjs/tsgi.config.cjs": `module.exports = ${object};`,
    "js/tsgi.config.js": `module.exports = ${object};`,
    "json/tsgi.config.json": `\uFEFF{ "workers": 3 }`,
    "esm/js/tsgi.config.js": `export default ${object};`,
    "esm/ts/tsgi.config.ts": `export default ${object};`,
    "await/tsgi.config.ts": `export default await Promise.resolve(${object});`,
    "function/tsgi.config.mjs": `export default () => (${object});`,
    "async/tsgi.config.cjs": `module.exports = async () => (${object});`,
    "import/tsgi.config.ts": `import { workers } from "./workers.ts";\nexport default { workers };`,
    "import/workers.ts": "export const workers = 3;",
    "esm/package.json": MODULE,
    "package.json": "{}",
  };
  const folder = tempFolder(t, forms);
  for (const path of Object.keys(forms).filter((name) => name.includes("tsgi.config"))) {
    assert.deepEqual({ ...(await loadConfigFile(join(folder, path))) }, { workers: 3 }, path);
  }
});

test("the file is found by its name, a folder of that name is not it, and two of them are an error that names both", (t) => {
  const folder = tempFolder(t, {
    "tsgi.config.ts/x": "",
    "one/tsgi.config.json": "{}",
    "two/tsgi.config.ts": "",
    "two/tsgi.config.json": "{}",
  });
  assert.equal(findConfigFile(folder), undefined);
  assert.equal(findConfigFile(join(folder, "one")), join(folder, "one/tsgi.config.json"));
  assert.throws(() => findConfigFile(join(folder, "two")), {
    code: "config-file",
    message: `tsgi.config.ts and tsgi.config.json are both in ${join(folder, "two")}: keep one, or name it with --config`,
  });
});

test("the file is read again each time, with the files that it imports", async (t) => {
  const folder = tempFolder(t, {
    "package.json": MODULE,
    "a.ts": `import { workers } from "./b.ts";\nexport default { workers };`,
    "b.ts": "export const workers = 1;",
    "c.json": `{ "workers": 1 }`,
  });
  for (const path of ["a.ts", "c.json"]) assert.equal((await loadConfigFile(join(folder, path)))["workers"], 1, path);
  writeFileSync(join(folder, "b.ts"), "export const workers = 2;");
  writeFileSync(join(folder, "c.json"), `{ "workers": 2 }`);
  for (const path of ["a.ts", "c.json"]) assert.equal((await loadConfigFile(join(folder, path)))["workers"], 2, path);
});

test("a file that is not JSON is refused with line and column", async (t) => {
  const path = join(tempFolder(t, { "x.json": '{\n  "workers": 3,\n  bind: []\n}' }), "x.json");
  assert.equal(await refused(loadConfigFile(path)), `${path}:3:3: not JSON: expected a key in double quotes`);
});

test("an unknown key is refused with the key that was meant, and one that is inherited is none", async (t) => {
  const folder = tempFolder(t, {
    "a.json": `{ "worker": 3 }`,
    "b.json": `{ "constructor": 1 }`,
    "c.json": `{ "__proto__": {} }`,
  });
  const message = (name: string) => refused(loadConfigFile(join(folder, name)));
  assert.equal(await message("a.json"), `${folder}/a.json: unknown key worker (did you mean workers?)`);
  assert.equal(await message("b.json"), `${folder}/b.json: unknown key constructor`);
  assert.equal(await message("c.json"), `${folder}/c.json: unknown key __proto__`);
});

test("what is no object of settings is refused with what it is", async (t) => {
  const folder = tempFolder(t, {
    "list.json": "[]",
    "null.json": "null",
    "text.mjs": `export default "x";`,
    "returns.mjs": "export default () => {};",
    "named.mjs": "export const workers = 3;",
    "nothing.mjs": "",
    "other.yaml": "",
  });
  const expected = "expected an object of settings, or a function that returns one, got";
  for (const [name, message] of [
    ["list.json", "expected an object of settings, got a list"],
    ["null.json", "expected an object of settings, got null"],
    ["text.mjs", `${expected} x`],
    ["returns.mjs", `${expected} undefined`],
    ["named.mjs", "has no default export (an object of settings, or a function that returns one); it exports workers"],
    ["nothing.mjs", "has no default export (an object of settings, or a function that returns one)"],
    ["other.yaml", "expected a file that ends in .ts, .mts, .js, .mjs, .cjs, .json"],
  ] as const) {
    assert.equal(await refused(loadConfigFile(join(folder, name))), `${folder}/${name}: ${message}`);
  }
});

test("a file that is not there, does not parse, throws, or whose function throws, says which and where", async (t) => {
  const folder = tempFolder(t, {
    "parse.ts": "export default {\n  workers: = 3,\n};",
    "throws.mjs": `throw new Error("no database");`,
    "function.mjs": `export default async () => {\n  throw new Error("no secret");\n};`,
  });
  const message = (name: string) => refused(loadConfigFile(join(folder, name)));
  assert.match(await message("no.ts"), /no\.ts: no such file/);
  assert.match(await message("no.json"), /no\.json: cannot be read: no such file/);
  assert.match(await message("parse.ts"), /parse\.ts:2/);
  assert.match(await message("throws.mjs"), /no database[\s\S]*throws\.mjs:1/);
  assert.match(await message("function.mjs"), /its function failed\n\nError: no secret[\s\S]*function\.mjs:2/);
});

test("a function that never settles is given up after the deadline", async (t) => {
  const path = join(tempFolder(t, { "x.mjs": "export default () => new Promise(() => {});" }), "x.mjs");
  assert.equal(await refused(loadConfigFile(path, { deadlineMs: 20 })), `${path}: not loaded after 0.02 seconds`);
});

test("defineConfig gives back what it is given, and its argument is typed", () => {
  const given = { workers: "auto", bind: [":80"] } as const;
  assert.equal(defineConfig(given), given);
  const make = async () => ({ timeout: "30s" });
  assert.equal(defineConfig(make), make);
  // @ts-expect-error: a key that does not exist
  defineConfig({ worker: 1 });
});
