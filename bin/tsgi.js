#!/bin/sh
// 2>/dev/null; exec node -- "$0" "$@"
// The line above is a comment to Node and a command to the shell. Node looks for --env-file behind the script too, and
// gives up with a message of its own when there is no such file here; only "--" stops it, which env(1) cannot pass on
// everywhere. What follows must run on Node 14 too, to say that it is too old.

import { existsSync } from "node:fs";
import process from "node:process";

// Without a handler, Node opens a debugger on this signal, which log rotation sends to reopen the log files.
process.on("SIGUSR1", () => {});

const MAIN = new URL("../dist/cli/start.js", import.meta.url);

const version = process.versions.node.split(".").map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  fail(`tsgi: this is Node ${process.versions.node}; tsgi needs 20.19 or later\n`);
} else if (!existsSync(MAIN)) {
  fail("tsgi: it is not built yet: run npm run build\n");
} else {
  import(MAIN.href).then(({ start }) => start(process.argv.slice(2)));
}

function fail(message) {
  process.stderr.write(message);
  process.exitCode = 1;
}
