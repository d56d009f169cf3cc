// bin/tsgi.js as it is installed, with a stand-in for the compiled command line behind it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { cleanEnv } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

const BIN = fileURLToPath(new URL("../../bin/tsgi.js", import.meta.url));
const PRINT = "export const start = async (argv) => { console.log(JSON.stringify(argv)); };";

function install(t: TestContext, main: string): string {
  const folder = tempFolder(t, { "package.json": `{ "type": "module" }`, "dist/cli/start.js": main });
  mkdirSync(join(folder, "bin"));
  copyFileSync(BIN, join(folder, "bin/tsgi.js"));
  return folder;
}

const run = (cwd: string, file: string, args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, encoding: "utf8", env: cleanEnv() });
  return { status, stdout, stderr };
};

test("it hands its arguments over as they are, through a link too, and Node takes none of them", (t) => {
  const folder = install(t, PRINT);
  symlinkSync("bin/tsgi.js", join(folder, "tsgi"));
  const args = ["serve", "--env-file", "no such file", "--env-file=no", "-w", "4", "--inspect", "", "$HOME"];
  for (const file of ["bin/tsgi.js", "tsgi"]) {
    assert.deepEqual(run(folder, join(folder, file), args), {
      status: 0,
      stdout: `${JSON.stringify(args)}\n`,
      stderr: "",
    });
  }
});

test("SIGUSR1 has a handler before anything is loaded, so that Node opens no debugger on it", (t) => {
  const folder = install(t, `console.log(process.listenerCount("SIGUSR1"));\nexport const start = async () => {};`);
  assert.deepEqual(run(folder, "./bin/tsgi.js", []), { status: 0, stdout: "1\n", stderr: "" });
});

test("without the compiled files it says how to build them", (t) => {
  const folder = install(t, PRINT);
  rmSync(join(folder, "dist"), { recursive: true });
  assert.deepEqual(run(folder, "./bin/tsgi.js", []), {
    status: 1,
    stdout: "",
    stderr: "tsgi: it is not built yet: run npm run build\n",
  });
});

test("a Node before 20.19 is named, with the one that is needed; 20.19 and later pass", (t) => {
  const folder = install(t, PRINT);
  const as = (version: string) => {
    const preload = `data:text/javascript,Object.defineProperty(process.versions, "node", { value: "${version}" })`;
    return run(folder, process.execPath, ["--import", preload, "bin/tsgi.js"]);
  };
  for (const version of ["16.20.2", "20.18.9"]) {
    const stderr = `tsgi: this is Node ${version}; tsgi needs 20.19 or later\n`;
    assert.deepEqual(as(version), { status: 1, stdout: "", stderr });
  }
  for (const version of ["20.19.0", "22.0.0"]) assert.equal(as(version).status, 0);
});
