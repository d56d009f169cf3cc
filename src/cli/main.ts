// From argv to an exit code: reads the command line, gathers what settings are resolved from, runs the command.

import { Console } from "node:console";
import process from "node:process";
import { passedSockets } from "../config/passed.ts";
import type { SettingsInput } from "../config/resolve.ts";
import { explain } from "./fail.ts";
import { readCommandLine, type Said } from "./program.ts";

/**
 * @param argv Without the program: `["serve", "app:application"]`.
 * @returns The exit code. Nothing is thrown: every failure is explained on standard error.
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const intent = readCommandLine(argv, { width: process.stdout.columns ?? 80 });
    if (intent.do === "run") return await run(intent.said);
    process[intent.stream].write(intent.text);
    return intent.exitCode;
  } catch (error) {
    const { text, exitCode } = explain(error);
    process.stderr.write(text);
    return exitCode;
  }
}

/** The whole life of the process: runs the command and ends with its code. */
export async function start(argv: readonly string[]): Promise<void> {
  // What a configuration file or a hook prints is neither the answer of a command nor an access log.
  globalThis.console = new Console(process.stderr, process.stderr);
  const code = await main(argv);
  // A configuration file may have left a timer or a connection behind, which must not keep the process.
  const leave = () => process.exit(code);
  if (process.stdout.writableLength === 0) leave();
  process.stdout.once("error", leave).write("", leave);
}

async function run(said: Said): Promise<number> {
  if (said.command === "init") {
    const template = said.flags["template"] as string | undefined;
    return (await import("./init.ts")).init({ words: said.words, template, cwd: process.cwd() });
  }
  const input: SettingsInput = {
    flags: said.flags,
    app: said.app,
    configFile: said.configFile,
    cmdArgs: process.env["TSGI_CMD_ARGS"],
    variables: { ...process.env },
    cwd: process.cwd(),
    isTerminal: process.stderr.isTTY === true,
    passed: passedSockets(process.env, process.pid),
  };
  switch (said.command) {
    case "serve":
      return (await import("./serve.ts")).serve(input);
    case "dev":
      return (await import("./dev.ts")).dev(input);
    case "check":
      return (await import("./check.ts")).check(input);
    case "cgi":
      return (await import("./cgi.ts")).cgi(input);
    case "config":
      return (await import("./config.ts")).config(input, { json: said.own.includes("--json") });
    case "ctl":
      return (await import("./ctl.ts")).ctl(input, said);
  }
}
