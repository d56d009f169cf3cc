// Compiles the files beside it as a user's project would, once against the sources and once against the types that the package ships. A
// mistake that the types no longer catch is an unused @ts-expect-error, which fails too.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tempFolder } from "../support/temp-folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HERE = join(ROOT, "test/types");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const FILES = readdirSync(HERE).filter((name) => !name.endsWith(".test.ts"));

const OPTIONS = {
  target: "es2023",
  module: "nodenext",
  strict: true,
  noEmit: true,
  types: ["node"],
  typeRoots: [join(ROOT, "node_modules/@types")],
};

/** What the compiler says of a project; "" when it is content. */
async function compile(folder: string): Promise<string> {
  const run = promisify(execFile)(process.execPath, [TSC, "-p", folder]);
  return run.then(
    () => "",
    (failed: { readonly stdout: string }) => failed.stdout,
  );
}

test("users' applications and configurations compile against the sources by the package's names", async (t) => {
  const paths = {
    tsgi: [join(ROOT, "src/index.ts")],
    "tsgi/application": [join(ROOT, "src/application/index.ts")],
    "tsgi/asgi": [join(ROOT, "src/interfaces/asgi-api.ts")],
    "tsgi/fetch": [join(ROOT, "src/interfaces/fetch-api.ts")],
    "tsgi/gateway": [join(ROOT, "src/gateway/index.ts")],
    "tsgi/handlers": [join(ROOT, "src/gateway/handlers.ts")],
    "tsgi/headers": [join(ROOT, "src/gateway/headers.ts")],
    "tsgi/node": [join(ROOT, "src/interfaces/node-api.ts")],
    "tsgi/protocol": [join(ROOT, "src/protocol/index.ts")],
    "tsgi/simple-server": [join(ROOT, "src/worker/simple-server.ts")],
    "tsgi/util": [join(ROOT, "src/gateway/util.ts")],
    "tsgi/validate": [join(ROOT, "src/gateway/validate.ts")],
  };
  const folder = tempFolder(t, {
    "tsconfig.json": JSON.stringify({
      compilerOptions: { ...OPTIONS, allowImportingTsExtensions: true, paths },
      files: FILES.map((name) => join(HERE, name)),
    }),
  });
  assert.equal(await compile(folder), "");
});

/** A project that has tsgi, and nothing but tsgi, installed. */
function project(t: TestContext, compilerOptions: object): string {
  const folder = tempFolder(t, {
    "package.json": '{ "private": true, "type": "module" }',
    "tsconfig.json": JSON.stringify({ compilerOptions: { ...OPTIONS, ...compilerOptions }, include: ["*.ts"] }),
  });
  for (const name of FILES) writeFileSync(join(folder, name), readFileSync(join(HERE, name)));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ROOT, join(folder, "node_modules/tsgi"));
  return folder;
}

test("they compile against the types that the package ships, which are checked themselves", async (t) => {
  assert.equal(await compile(project(t, { skipLibCheck: false })), "");
});

test("they compile with the strictest options and for a bundler", async (t) => {
  const strictest = { noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, verbatimModuleSyntax: true };
  assert.equal(await compile(project(t, strictest)), "");
  assert.equal(await compile(project(t, { module: "esnext", moduleResolution: "bundler" })), "");
});
