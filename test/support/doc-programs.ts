// The programs of a page of docs: its blocks of TypeScript, each with a name behind "```ts". Written to a folder where `tsgi` is the sources'
// types for the compiler, and the built package for Node.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The blocks of a page by their names. */
export function programsOf(page: string): ReadonlyMap<string, string> {
  const found = [...readFileSync(join(ROOT, page), "utf8").matchAll(/^```ts(.*)\n([\s\S]*?)^```$/gm)];
  const programs = new Map(found.map(([, name = "", text = ""]) => [name.trim(), text]));
  assert.equal(programs.size, found.length, `${page}: two programs have one name`);
  assert.ok(!programs.has(""), `${page}: a program has no name behind its ts`);
  return programs;
}

/**
 * Makes a project of them.
 *
 * @param folder An empty one.
 * @param beside What they import that is not tsgi: texts by their path, such as `bus.ts` or `node_modules/pg/index.js`.
 */
export function writePrograms(
  folder: string,
  programs: ReadonlyMap<string, string>,
  beside: Readonly<Record<string, string>>,
): void {
  const files = { ...Object.fromEntries([...programs].map(([name, text]) => [`${name}.ts`, text])), ...beside };
  const source = (path: string): readonly [string] => [join(ROOT, "src", path)];
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    exports: Record<string, { types?: string }>;
  };
  const paths = Object.entries(exports).flatMap(([name, { types }]) =>
    types === undefined
      ? []
      : [[join("tsgi", name), source(types.replace("./dist/", "").replace(".d.ts", ".ts"))] as const],
  );
  const config = {
    compilerOptions: {
      ...{ target: "es2023", module: "nodenext", strict: true, noEmit: true, allowImportingTsExtensions: true },
      types: ["node"],
      typeRoots: [join(ROOT, "node_modules/@types")],
      paths: Object.fromEntries(paths),
    },
    files: [...programs.keys()].map((name) => `${name}.ts`),
  };
  const all = { "package.json": '{ "type": "module" }', "tsconfig.json": JSON.stringify(config), ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(ROOT, join(folder, "node_modules/tsgi"));
}

/** What the compiler says of the project; "" when it is content. */
export async function compilePrograms(folder: string): Promise<string> {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  return promisify(execFile)(process.execPath, [tsc, "-p", folder]).then(
    () => "",
    (failed: { readonly stdout: string }) => failed.stdout,
  );
}
