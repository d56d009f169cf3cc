// A server in the foreground of a terminal, and the terminal closed under it.

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const missing = spawnSync("script", ["--version"]).status !== 0;
const skip = missing && process.env["CI"] === undefined ? "script(1) is not installed" : false;

test("a closed terminal stops the server that runs in it, though HUP is otherwise a reload", { skip }, async (t) => {
  const command = "bin/tsgi.js serve examples/hello/app.ts:application --bind 127.0.0.1:0";
  const terminal: ChildProcess = spawn("script", ["-qfc", command, "/dev/null"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => terminal.kill("SIGKILL"));
  let printed = "";
  while (!/ready in/.test(printed)) printed += String(((await once(terminal.stdout!, "data")) as [Buffer])[0]);
  const master = Number(/\(pid (\d+)\)/.exec(printed)?.[1]);
  assert.ok(existsSync(`/proc/${master}`));
  terminal.kill("SIGKILL");
  await once(terminal, "exit");
  while (existsSync(`/proc/${master}`)) await new Promise((resolve) => setTimeout(resolve, 20));
});
