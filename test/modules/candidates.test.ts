import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { candidatesOf } from "../../src/modules/candidates.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ask = (specifier: string, rest: Partial<Parameters<typeof candidatesOf>[0]> = {}): readonly string[] =>
  candidatesOf({ specifier, importer: "/p/src/app.ts", lookedAt: null, aliases: [], ...rest });

test("a path is looked for as it stands, as what TypeScript makes of it, with endings and as a folder", () => {
  assert.deepEqual(ask("./a.js"), ["/p/src/a.js", "/p/src/a.ts", "/p/src/a.tsx"]);
  assert.deepEqual(ask("../b.mjs?x=1"), ["/p/b.mjs", "/p/b.mts"]);
  assert.deepEqual(ask("file:///q/c%20d.cjs"), ["/q/c d.cjs", "/q/c d.cts"]);
  for (const found of ["/p/src/e", "/p/src/e.ts", "/p/src/e.json", "/p/src/e/index.ts", "/p/src/e/package.json"]) {
    assert.ok(ask("./e").includes(found), found);
  }
  assert.ok(ask("./e.service").includes("/p/src/e.service.ts"));
  assert.ok(ask(".").includes("/p/src/index.ts"));
});

test("an alias is looked for where it leads, and what the loader looked at last with it", () => {
  const aliases = [
    { pattern: "@lib/*", targets: ["/p/lib/*", "/p/more/*"] },
    { pattern: "exact", targets: ["/p/exact.ts"] },
  ];
  const found = ask("@lib/a$&.js", { aliases });
  assert.ok(found.includes("/p/lib/a$&.ts") && found.includes("/p/more/a$&.js"), found.join());
  assert.ok(ask("exact", { aliases }).includes("/p/exact.ts"));
  assert.deepEqual(ask("#own", { lookedAt: "/p/own.ts" }), ["/p/own.ts"]);
});

test("a package is looked for beside each package.json above, and with npm's list of what is installed", (t) => {
  const folder = tempFolder(t, {
    "package.json": "{}",
    "site/package.json": "{}",
    "node_modules/x/package.json": "{}",
  });
  const at = (name: string): string => join(folder, name);
  const beside = (name: string): string[] => [name, `${name}/package.json`].map((path) => `node_modules/${path}`);
  const all = (name: string, ...roots: readonly string[]): string[] =>
    roots.flatMap((root) => [...beside(name), "node_modules/.package-lock.json"].map((path) => at(root + path)));
  assert.deepEqual(ask("@s/absent/sub", { importer: at("site/src/app.ts") }), all("@s/absent", "site/", ""));
  assert.deepEqual(ask("peer", { importer: at("node_modules/x/index.js") }), all("peer", ""));
});

test("a file of a package that is a link is looked for at the package's own place, and one of an installed package nowhere", (t) => {
  const folder = tempFolder(t, { "packages/lib/package.json": "{}", "node_modules/real/package.json": "{}" });
  const at = (name: string): string => join(folder, name);
  symlinkSync("../packages/lib", at("node_modules/lib"));
  const missing = (name: string): readonly string[] =>
    ask(name, { importer: at("app.ts"), lookedAt: at(`node_modules/${name}/src/new.ts`) });
  assert.deepEqual(missing("lib"), [at("packages/lib/src/new.ts")]);
  assert.deepEqual(missing("real"), []);
});

test("what is no file of the project is looked for nowhere", () => {
  for (const specifier of ["node:nothing", "https://x.example/a.js", "data:text/javascript,"]) {
    assert.deepEqual(ask(specifier), [], specifier);
  }
  assert.deepEqual(ask("./build/addon.node", { importer: "/p/node_modules/x/index.js" }), []);
});
