import assert from "node:assert/strict";
import { realpathSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { compiled, program, run } from "../support/compiled.ts";

let source = "";
const folders: string[] = [];
before(async () => {
  source = await compiled(["modules/import.ts", "modules/loaded.ts"]);
  folders.push(dirname(source));
});
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function made(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(program(files));
  folders.push(folder);
  return folder;
}

interface Told {
  /** The code of the failure, or null. */
  readonly failed: string | null;
  readonly loaded: readonly string[];
  readonly missing: readonly string[];
}

/** What is told of each entry after the other in one process, relative to the folder; `first` runs before anybody listens. */
function tell(folder: string, entries: readonly string[], first = ""): readonly Told[] {
  const { stdout, stderr } = run(
    `import { importUserModule } from ${JSON.stringify(join(source, "modules/import.js"))};
    import { noteLoadedFiles } from ${JSON.stringify(join(source, "modules/loaded.js"))};
    import { useTsx } from ${JSON.stringify(join(source, "modules/tsx.js"))};
    const root = ${JSON.stringify(`${folder}/`)};
    ${first}
    let loaded = [], missing = [];
    let wake = () => {};
    // A server has something else that keeps it alive.
    setInterval(() => {}, 1_000);
    globalThis.heard = (wanted) => new Promise((done) => { wake = () => { if (loaded.includes(root + wanted)) done(); }; wake(); });
    const files = noteLoadedFiles((noted) => { loaded.push(...noted.loaded); missing.push(...noted.missing); wake(); });
    const told = [];
    const here = (paths) => paths.map((path) => path.replace(root, "")).sort();
    for (const entry of ${JSON.stringify(entries)}) {
      let failed = null;
      try {
        const exported = await importUserModule(root + entry);
        // Nothing is flushed for what is imported later.
        await (exported.later ?? exported.default?.later)?.();
      } catch (error) { failed = String(error.code ?? error); }
      files.flush();
      told.push({ failed, loaded: here(loaded), missing: here(missing) });
      loaded = [], missing = [];
    }
    process.stdout.write(JSON.stringify(told), () => process.exit(0));`,
    { cwd: folder },
  );
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout) as readonly Told[];
}

const typed = '{ "type": "module" }';
const value = "export const value: number = 1;";

/** By folder and entry: its files, and those that are told beside the package.json. */
const LOADS: readonly {
  readonly entry: string;
  readonly files: Readonly<Record<string, string>>;
  readonly loaded: readonly string[];
}[] = [
  {
    entry: "ts/app.ts",
    files: {
      "package.json": "{}",
      "app.ts":
        'import { value } from "./b"; import json from "./c.json"; import "./d.cjs"; console.error(value, json);',
      "b.ts": `import "./app"; ${value}`,
      "c.json": "{}",
      "d.cjs": 'require("./e.cjs");',
      "e.cjs": "",
      "unused.ts": "",
    },
    loaded: ["app.ts", "b.ts", "c.json", "d.cjs", "e.cjs"],
  },
  {
    entry: "typed/app.ts",
    files: {
      "package.json": typed,
      "app.ts":
        'import { value } from "./b.js"; import json from "./c.json" with { type: "json" }; import "./d.cjs"; import "./f.mjs"; import "./g.ts"; console.error(value, json);',
      "b.ts": value,
      "c.json": "{}",
      "d.cjs": 'require("./e.json");',
      "e.json": "{}",
      "f.mjs": "",
      "g.ts": 'import "./app.ts"; export {};',
    },
    loaded: ["app.ts", "b.ts", "c.json", "d.cjs", "e.json", "f.mjs", "g.ts"],
  },
  {
    entry: "mts/app.mts",
    files: {
      "package.json": "{}",
      "app.mts": 'import "./b.mts"; import "./c.cts";',
      "b.mts": value,
      "c.cts": 'import d = require("./d.cts"); export const c: number = d.d;',
      "d.cts": "export const d: number = 1;",
    },
    loaded: ["app.mts", "b.mts", "c.cts", "d.cts"],
  },
  {
    entry: "cts/app.cts",
    files: {
      "package.json": "{}",
      "app.cts": 'import d = require("./d.cts"); export const c: number = d.d;',
      "d.cts": "export const d: number = 1;",
    },
    loaded: ["app.cts", "d.cts"],
  },
  {
    entry: "top/app.ts",
    files: {
      "package.json": "{}",
      "app.ts": 'import { value } from "./b"; await 1; export const x: number = value;',
      "b.ts": value,
    },
    loaded: ["app.ts", "b.ts"],
  },
  {
    entry: "alias/src/app.ts",
    files: {
      "package.json": '{ "type": "module", "imports": { "#own": "./src/own.ts" } }',
      "tsconfig.json":
        '{ /* all */ "extends": "./base.json", "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] }, }, }',
      "base.json": "{}",
      "src/app.ts": 'import "@lib/a"; import "#own";',
      "lib/a.ts": value,
      "src/own.ts": value,
    },
    loaded: ["base.json", "lib/a.ts", "src/app.ts", "src/own.ts", "tsconfig.json"],
  },
  {
    entry: "js/app.js",
    files: {
      "package.json": "{}",
      "app.js": 'require("./b"); require("./c.json");',
      "b.js": 'require("./app.js");',
      "c.json": "{}",
    },
    loaded: ["app.js", "b.js", "c.json"],
  },
  {
    entry: "mjs/app.mjs",
    files: {
      "package.json": "{}",
      "app.mjs":
        'import "./b.mjs"; import json from "./c.json" with { type: "json" }; import "linked"; import "kept"; import "./d.cjs";',
      "b.mjs": 'import "./app.mjs";',
      "c.json": "{}",
      "d.cjs": "",
      "packages/linked/package.json": '{ "name": "linked", "main": "main.js" }',
      "packages/linked/main.js": "",
      "node_modules/kept/index.js": "",
    },
    loaded: ["app.mjs", "b.mjs", "c.json", "d.cjs", "packages/linked/main.js", "packages/linked/package.json"],
  },
  {
    entry: "later/app.mjs",
    files: {
      "package.json": "{}",
      "app.mjs":
        'export const later = async () => { await import("./below.mjs"); await heard("later/below.mjs"); await import("./common.cjs"); await heard("later/common.cjs"); };',
      "below.mjs": "",
      "common.cjs": "",
    },
    loaded: ["app.mjs", "below.mjs", "common.cjs"],
  },
];

for (const [when, first] of [
  ["after", ""],
  ["before", 'await useTsx(root + "ts/app.ts");'],
] as const) {
  test(`every local file of each flavour is told with what decides how it loads, when tsx comes ${when} the notes`, () => {
    const files: Record<string, string> = {};
    for (const load of LOADS) {
      const folder = load.entry.slice(0, load.entry.indexOf("/"));
      for (const [name, text] of Object.entries(load.files)) files[`${folder}/${name}`] = text;
    }
    const root = made(files);
    symlinkSync(join(root, "mjs/packages/linked"), join(root, "mjs/node_modules/linked"));
    const told = tell(
      root,
      LOADS.map(({ entry }) => entry),
      first,
    );
    for (const [index, { entry, loaded }] of LOADS.entries()) {
      const folder = entry.slice(0, entry.indexOf("/"));
      const expected = [...loaded, "package.json"].sort().map((name) => `${folder}/${name}`);
      assert.deepEqual(told[index], { failed: null, loaded: expected, missing: [] }, entry);
    }
  });
}

test("what an import that fails looked for is told with the failure, in each flavour", () => {
  const root = made({
    "package.json": "{}",
    "typed/package.json": '{ "type": "module", "imports": { "#own": "./own.ts" } }',
    "typed/tsconfig.json": '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }',
    "ok.mjs": "",
    "esm.mjs": 'import "./ok.mjs"; import "./gone.mjs";',
    "cjs.cjs": 'require("./gone");',
    "common.ts": 'import "./lost";',
    "typed/app.ts": 'import "./away.js";',
    "typed/alias.ts": 'import "@lib/a";',
    "typed/own.mjs": 'import "#own";',
    "typed/package.mjs": 'import "absent/sub";',
    "typed/tried.ts": 'import "./nearly.js"; try { await import("./maybe.ts"); } catch {}',
    "typed/nearly.ts": "",
  });
  const told = tell(root, [
    "esm.mjs",
    "cjs.cjs",
    "common.ts",
    "typed/app.ts",
    "typed/alias.ts",
    "typed/own.mjs",
    "typed/package.mjs",
    "typed/tried.ts",
    "none/app.ts",
  ]);
  const has = (index: number, ...names: readonly string[]): void => {
    for (const name of names) assert.ok(told[index]!.missing.includes(name), `${name} in ${told[index]!.missing}`);
  };
  assert.deepEqual(
    told.map(({ failed }) => failed),
    [...Array(7).fill("no-module"), null, "no-module"],
  );
  assert.deepEqual(told[0]!.loaded, ["esm.mjs", "ok.mjs", "package.json"]);
  has(0, "gone.mjs", "gone.mts");
  has(1, "gone", "gone.js", "gone.json", "gone/index.js", "gone/package.json");
  has(2, "lost.ts", "lost/index.ts");
  has(3, "typed/away.js", "typed/away.ts");
  has(4, "typed/lib/a.ts", "typed/lib/a/index.ts", "typed/node_modules/.package-lock.json");
  assert.deepEqual(told[5]!.missing, ["typed/own.ts"]);
  has(6, "typed/node_modules/absent", "node_modules/absent/package.json");
  assert.deepEqual(told[7], {
    failed: null,
    loaded: ["typed/nearly.ts", "typed/tried.ts"],
    missing: ["typed/maybe.ts"],
  });
  assert.deepEqual(told[8]!.missing, ["none/app.ts"]);
});

test("a module that does not parse, or throws, and all that was loaded before it, are loaded files", () => {
  const root = made({
    "package.json": "{}",
    "typed/package.json": typed,
    "esm.mjs": 'import "./bad.mjs";',
    "bad.mjs": "const = ;",
    "common.ts": 'import "./bad";',
    "bad.ts": "const = ;",
    "typed/app.ts": 'import "./bad.ts";',
    "typed/bad.ts": "const = ;",
    "throws.mjs": 'import "./throws.cjs";',
    "throws.cjs": 'require("./below.cjs"); throw new Error("here");',
    "below.cjs": "",
    "config/tsconfig.json": '{ "extends": "@tsconfig/not-installed" }',
    "config/app.ts": "",
  });
  const told = tell(root, ["esm.mjs", "common.ts", "typed/app.ts", "throws.mjs", "config/app.ts"]);
  assert.deepEqual(
    told.map(({ failed, loaded }) => [failed, ...loaded]),
    [
      ["syntax-error", "bad.mjs", "esm.mjs", "package.json"],
      ["syntax-error", "bad.ts", "common.ts"],
      ["syntax-error", "typed/app.ts", "typed/bad.ts", "typed/package.json"],
      ["import-throws", "below.cjs", "throws.cjs", "throws.mjs"],
      ["syntax-error", "config/app.ts", "config/tsconfig.json"],
    ],
  );
  assert.ok(told[4]!.missing.includes("node_modules/@tsconfig/not-installed"), told[4]!.missing.join());
});
