import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { inspectorArgv, titleName, workerArgs, workerEntry, workerExecArgv } from "../../src/master/program.ts";

test("a worker of plain JavaScript gets the master's memory limits and source maps, but no tsx, debugger, script or test run", () => {
  const master = [
    ...["--max-old-space-size=200", "--enable-source-maps", "--import", "./setup.js", "-r", "dotenv/config"],
    ...[
      "--import",
      "tsx",
      "--import=file:///x/node_modules/tsx/dist/loader.mjs",
      "--require",
      "/x/tsx/dist/preflight.cjs",
    ],
    ...[
      "--inspect",
      "--inspect-brk=9230",
      "--inspect-port",
      "--test",
      "--watch-path=src",
      "-e",
      "main()",
      "--title",
      "x",
    ],
  ];
  assert.deepEqual(workerExecArgv(master, "/x/main.js"), [
    ...["--max-old-space-size=200", "--enable-source-maps", "--import", "./setup.js", "-r", "dotenv/config"],
  ]);
});

test("Node is told to say nothing of a debugger's address where there is one", () => {
  assert.deepEqual(inspectorArgv({ inspect: null }), []);
  assert.deepEqual(inspectorArgv({ inspect: { host: "127.0.0.1", port: 9229 } }), ["--inspect-publish-uid=http"]);
});

test("names that only contain tsx are not tsx", () => {
  const argv = ["--import", "./my-tsx-hooks.js", "--import=mytsx", "--max-old-space-size=200"];
  assert.deepEqual(workerExecArgv(argv, "/x/main.js"), argv);
  assert.deepEqual(
    workerExecArgv(["--max-old-space-size=200", "--import"], "/x/main.js"),
    argv.slice(-1).concat("--import"),
  );
});

test("a worker's heap begins with room for bodies, unless somebody has said what room it has", () => {
  assert.match(workerExecArgv([], "/x/main.js").join(" "), /^--initial-old-space-size=\d+$/);
  for (const said of [
    "--initial-old-space-size=9",
    "--max-old-space-size=200",
    "--max_old_space_size=200",
    "--initial-heap-size=9",
  ])
    assert.deepEqual(workerExecArgv([said], "/x/main.js"), [said]);
});

test("a worker of TypeScript gets tsx by its full address, so that it is found from any folder", () => {
  const argv = workerExecArgv(["--import", "tsx"], "/x/main.ts");
  assert.equal(argv.at(-2), "--import");
  assert.match(argv.at(-1)!, /^file:\/\/.*\/tsx\//);
});

test("the worker's program is beside the master, in the master's own language", () => {
  assert.match(workerEntry(), /\/src\/worker\/main\.ts$/);
  assert.ok(existsSync(workerEntry()));
});

test("a process is named after --name, or after its application", () => {
  assert.deepEqual(
    [titleName({ name: "shop", app: "app:main" }), titleName({ name: null, app: "app:main" })],
    ["shop", "app:main"],
  );
  assert.deepEqual(workerArgs({ name: null, app: "app:main" }), ["tsgi-worker", "app:main"]);
});
