// The first thing of the command: `tsgi dev` starts a worker's process before anything else is imported. Knows that one word of the command
// line; what the rest means is main.ts's business.

import * as nodeModule from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** Told to print something, or part of a server whose parts are handed to it by others. */
const NOT_AHEAD = ["-h", "--help", "-V", "--version"];
const GIVEN = ["LISTEN_PID", "NOTIFY_SOCKET", "TSGI_HEIR_OF"];

/** The whole life of the process: runs the command and ends with its code. */
export async function start(argv: readonly string[]): Promise<void> {
  if (
    argv[0] === "dev" &&
    !argv.some((word) => NOT_AHEAD.includes(word)) &&
    !GIVEN.some((name) => name in process.env)
  ) {
    // As dev.ts has it; said before there is a process that has it otherwise.
    process.env["NODE_ENV"] ||= "development";
    keepCompiled();
    const { startAhead } = await import("../master/ahead.ts");
    startAhead(argv[1]?.startsWith("-") === false ? argv[1] : undefined);
  }
  const { start: begin } = await import("./main.ts");
  await begin(argv);
}

/**
 * What V8 has compiled of a file is kept for the next process, in the folder that is Node's default for it (Node 22.1 and later): a start takes
 * a seventh less, and so do the packages of an application in each restart. A person who has set the variable knows better.
 */
function keepCompiled(): void {
  // Not in the types of Node 20, where it does not exist.
  const { enableCompileCache } = nodeModule as { readonly enableCompileCache?: () => unknown };
  if (enableCompileCache === undefined) return;
  process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "node-compile-cache");
  enableCompileCache();
}
