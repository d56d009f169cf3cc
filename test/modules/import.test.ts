import assert from "node:assert/strict";
import { cpSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
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

/** Runs lines in which `load(path, options)` imports, `refusal(path)` gives the failure, and `tell(value)` answers and ends. */
function child<T>(lines: string, from = source): T {
  const { stdout, stderr } = run(
    `import { createRequire } from "node:module";
    import { writeFileSync } from "node:fs";
    import { importUserModule as load } from ${JSON.stringify(pathToFileURL(join(from, "modules/import.js")).href)};
    const tell = (value) => process.stdout.write(JSON.stringify(value ?? null), () => process.exit(0));
    const refusal = (path) => load(path).then(() => null, (error) => error);
    ${lines}`,
  );
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout) as T;
}

test("plain JavaScript loads where tsx is not installed, TypeScript does not", () => {
  const bare = made({ "package.json": '{ "type": "module" }' });
  cpSync(source, join(bare, "src"), { recursive: true });
  const cwd = made({
    "a.mjs": "export const value = 1;",
    "b.cjs": "exports.value = 2;",
    "c.js": "exports.value = 3;",
    "d.ts": "export const value = 4;",
  });
  const told = child<unknown[]>(
    `const values = [];
    for (const name of ["a.mjs", "b.cjs", "c.js"]) values.push((await load("${cwd}/" + name)).value);
    values.push(await load("${cwd}/d.ts").catch((error) => error.message));
    tell([...values, process.sourceMapsEnabled ?? false]);`,
    join(bare, "src"),
  );
  assert.deepEqual(told.slice(0, 3), [1, 2, 3]);
  assert.match(String(told[3]), /Cannot find package 'tsx'/);
  assert.equal(told[4], false);
});

test("what is thrown in TypeScript has the lines and columns of the source, in each flavour", () => {
  const text =
    "interface Unseen {\n  readonly a: number;\n}\n\nfunction fail(): never {\n  throw new Error('here');\n}\n\nfail();\nexport {};\n";
  const cwd = made({
    "a.ts": text,
    "b.mts": text,
    "c.cts": text,
    "typed/package.json": '{ "type": "module" }',
    "typed/d.ts": text,
    "e.tsx": text,
  });
  const stacks = child<string[]>(
    `const stacks = [];
    for (const name of ["a.ts", "b.mts", "c.cts", "typed/d.ts", "e.tsx"]) stacks.push((await refusal("${cwd}/" + name)).cause.stack);
    tell(stacks);`,
  );
  for (const stack of stacks) {
    const lines = [...stack.matchAll(/[a-e]\.[cm]?tsx?:(\d+):(\d+)/g)].map((match) => match.slice(1, 3).map(Number));
    assert.deepEqual(
      lines.slice(0, 2),
      [
        [6, 9],
        [9, 1],
      ],
      stack,
    );
  }
});

// The ending of the module, of the module that it imports, and how the one says that it wants the other.
const flavours: readonly (readonly [string, string])[] = [
  ["mjs", "mjs"],
  ["mjs", "cjs"],
  ["cjs", "cjs"],
  ["ts", "ts"],
  ["ts", "mts"],
  ["ts", "cts"],
  ["mts", "ts"],
  ["mts", "mts"],
  ["cts", "cts"],
  ["cts", "ts"],
  ["mts", "mjs"],
  ["ts", "cjs"],
];

for (const [ending, dependency] of flavours) {
  test(`fresh reads a .${ending} file and the .${dependency} file below it again, and without it they are kept`, () => {
    const isCommonJs = (name: string): boolean => name.startsWith("c");
    const below = (value: number): string =>
      isCommonJs(dependency) ? `exports.value = ${value};` : `export const value = ${value};`;
    const above = (name: string): string =>
      isCommonJs(ending)
        ? `const below = require("./below.${dependency}"); exports.told = ["${name}", below.value];`
        : `import { value } from "./below.${dependency}"; export const told = ["${name}", value];`;
    const cwd = made({ [`above.${ending}`]: above("first"), [`below.${dependency}`]: below(1) });
    const told = child(
      `const path = "${cwd}/above.${ending}";
      const told = [(await load(path)).told];
      writeFileSync(path, ${JSON.stringify(above("second"))});
      writeFileSync("${cwd}/below.${dependency}", ${JSON.stringify(below(2))});
      told.push((await load(path)).told, (await load(path, { fresh: true })).told);
      writeFileSync("${cwd}/below.${dependency}", ${JSON.stringify(below(3))});
      told.push((await load(path, { fresh: true })).told);
      tell(told);`,
    );
    assert.deepEqual(told, [
      ["first", 1],
      ["first", 1],
      ["second", 2],
      ["second", 3],
    ]);
  });
}

test("fresh keeps packages", () => {
  const cwd = made({
    "app.mjs": 'import "kept";',
    "node_modules/kept/index.js": "globalThis.loads = (globalThis.loads ?? 0) + 1;",
  });
  assert.equal(
    child(`await load("${cwd}/app.mjs"); await load("${cwd}/app.mjs", { fresh: true }); tell(globalThis.loads);`),
    1,
  );
});

test("a file that failed is read again when it is fresh", () => {
  const cwd = made({ "app.mjs": "export const value = ;" });
  const value = `await refusal("${cwd}/app.mjs"); writeFileSync("${cwd}/app.mjs", "export const value = 1;");
    tell((await load("${cwd}/app.mjs", { fresh: true })).value);`;
  assert.equal(child(value), 1);
});

test("top-level await makes an ES module of a .ts file without a type, once and with its own lines", () => {
  const cwd = made({
    "app.ts":
      'import { count } from "./count";\nenum Kind { Loaded = count }\nexport const value = await Promise.resolve(Kind.Loaded);\n',
    "count.ts":
      "const counter = globalThis as { loads?: number };\ncounter.loads = (counter.loads ?? 0) + 1;\nexport const count = counter.loads;\n",
    "throws.ts": "type Unseen = number;\n\nawait null;\nthrow new Error('here');\n",
  });
  assert.equal(child(`tell((await load("${cwd}/app.ts")).value);`), 1);
  assert.match(
    child<string>(`tell((await refusal("${cwd}/throws.ts")).message);`),
    new RegExp(`^Error: here\n\n${cwd}/throws\\.ts:4:7$`, "m"),
  );
});

test("fresh and top-level await work in a process whose first fresh import was JavaScript", () => {
  const cwd = made({
    "config.mjs": "export const value = 1;",
    "app.ts":
      'import { below } from "./below";\nenum Kind { A = below }\nexport const value = await Promise.resolve(Kind.A);\n',
    "below.ts": "export const below: number = 2;\n",
  });
  const told = child(
    `await load("${cwd}/config.mjs", { fresh: true });
    const told = [(await load("${cwd}/app.ts")).value];
    writeFileSync("${cwd}/below.ts", "export const below: number = 3;\\n");
    told.push((await load("${cwd}/app.ts", { fresh: true })).value);
    tell(told);`,
  );
  assert.deepEqual(told, [2, 3]);
});

test("a symbolic link stands for the file behind it, with the packages and the lines that are there", () => {
  const cwd = made({
    "site/app.ts":
      'import { value } from "kept";\nimport { below } from "./below";\nexport const told = await (value + below);\n',
    "site/below.ts": "export const below = 1;",
    "site/node_modules/kept/index.js": "exports.value = 1;",
    "site/wrong.cts": "let value = ;\n",
    "elsewhere/keep.txt": "",
  });
  symlinkSync(join(cwd, "site/app.ts"), join(cwd, "elsewhere/app.ts"));
  symlinkSync(join(cwd, "site/wrong.cts"), join(cwd, "elsewhere/wrong.cts"));
  assert.equal(child(`tell((await load("${cwd}/elsewhere/app.ts")).told);`), 2);
  const message = child<string>(`tell((await refusal("${cwd}/elsewhere/wrong.cts")).message);`);
  assert.match(message, new RegExp(`^${cwd}/site/wrong\\.cts:1:13$`, "m"));
});

test("a path that is no readable file is refused before anything is run, with a near name", (context) => {
  const cwd = made({ "tsgi.config.ts": "", "folder.js/index.js": "", "secret.mjs": "" });
  const message = (path: string): string =>
    child<string>(`tell(await refusal("${path}").then((error) => error.code + " " + error.message));`);
  assert.equal(
    message(`${cwd}/tsgi.conf.ts`),
    `no-module cannot load ${cwd}/tsgi.conf.ts: no such file\ndid you mean ${cwd}/tsgi.config.ts?`,
  );
  assert.equal(message(`${cwd}/folder.js`), `no-module cannot load ${cwd}/folder.js: ${cwd}/folder.js is no file`);
  if (process.getuid?.() !== 0) return context.skip("the rest needs to be run as root");
  const denied = child<string>(
    `(await import("node:fs")).chmodSync("${cwd}/secret.mjs", 0o600);
    process.setgroups([]), process.setgid(65534), process.setuid(65534);
    tell((await refusal("${cwd}/secret.mjs")).message);`,
  );
  assert.equal(denied, `cannot load ${cwd}/secret.mjs: ${cwd}/secret.mjs may not be read by the user with id 65534`);
});

test("the process outlives a CommonJS module that does not parse below an ES module, but no other rejection", () => {
  const cwd = made({
    "app.mjs": 'import "./wrong.cjs";',
    "wrong.cjs": "module.exports = {;",
    "rejects.mjs": 'Promise.reject(new Error("unheard")); throw new Error("heard");',
  });
  const wait = "await new Promise((resolve) => setImmediate(resolve));";
  assert.equal(child(`const { code } = await refusal("${cwd}/app.mjs"); ${wait} tell(code);`), "syntax-error");
  const { status, stderr } = run(
    `import { importUserModule } from ${JSON.stringify(pathToFileURL(join(source, "modules/import.js")).href)};
    await importUserModule("${cwd}/rejects.mjs").catch(() => {}); ${wait}`,
  );
  assert.equal(status, 1);
  assert.match(stderr, /Error: unheard/);
});
