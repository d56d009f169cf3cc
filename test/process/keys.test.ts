// A development server in the foreground of a shell with job control, on a terminal of script(1): its keys, a stop and its end.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { cleanEnv } from "../support/run-cli.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const missing = ["script", "bash"].some((program) => spawnSync(program, ["--version"]).status !== 0);
const skip = missing && process.env["CI"] === undefined ? "script(1) or bash is not installed" : false;

const MODES = `echo "modes: $(stty -a | grep -oE -- '-?\\b(icanon|isig)\\b' | sort | tr '\\n' ' ')"`;
const SHELL = [
  "set -m",
  "bin/tsgi.js dev examples/hello/app.ts:application --bind 127.0.0.1:0",
  `echo "stopped $?"`,
  MODES,
  "fg",
  `echo "ended $?"`,
  MODES,
].join("; ");

test("keys are heard without Enter; stopped, continued and ended, the terminal is as it was", { skip }, async (t) => {
  const terminal = spawn("script", ["-qfc", `bash -c '${SHELL.replaceAll("'", `'\\''`)}'`, "/dev/null"], {
    ...{ cwd: root, env: cleanEnv({ NODE_ENV: "" }), stdio: ["pipe", "pipe", "inherit"] },
  });
  t.after(() => terminal.kill("SIGKILL"));
  let printed = "";
  const says = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(printed)) printed += String(((await once(terminal.stdout, "data")) as [Buffer])[0]);
    printed = printed.slice(printed.search(pattern));
  };
  await says(/development server for examples\/hello\/app\.ts:application/);
  await says(/press \? for the keys/);
  terminal.stdin.write("?");
  await says(/q {2}quit/);
  terminal.stdin.write("r");
  await says(/restarted in/);
  terminal.stdin.write("\x1a");
  await says(/stopped 1\d\d/);
  await says(/modes: icanon isig/);
  // The shell has said it, and the server takes the terminal a moment later: a key that comes too early waits for Enter.
  await says(/bin\/tsgi\.js dev/);
  const typing = setInterval(() => terminal.stdin.write("?"), 100);
  await says(/q {2}quit/);
  clearInterval(typing);
  terminal.stdin.write("q");
  await says(/ended 0/);
  await says(/modes: icanon isig/);
});
