// Reads the configuration for a reload. A file of code is evaluated in a process of its own (reader.ts), which can leak, block or end
// without harm; JSON, and no file at all, run no code and are read here. Both go through the one resolveSettings.
// Knows that process. Does not know what a reload does with the settings.

import { type ChildProcess, fork } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { CONFIG_DEADLINE_MS } from "../config/file.ts";
import { configFileOf, freeze, type Resolution, resolveSettings, type SettingsInput } from "../config/resolve.ts";
import { TsgiError } from "../errors.ts";
import { isReadAnswer, type ReadAnswer, type ReadCommand } from "../ipc/reading.ts";
import { workerExecArgv } from "./program.ts";

/** Where the reader's program is: beside this one, compiled or not as we are. */
const ENTRY = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./reader.ts" : "./reader.js", import.meta.url));
/** What a process of Node may need before it can read anything, on a machine that is busy. */
const START_MS = 30_000;
/** The reader gives up by itself at the limit, in better words, unless it is blocked. */
const SLACK_MS = 1_000;

export class ConfigurationReader {
  readonly #limitMs: number;
  #end: ((error: Error) => void) | undefined;

  /** @param limitMs For the file; the default is that of the first start. */
  constructor({ limitMs = CONFIG_DEADLINE_MS }: { readonly limitMs?: number | undefined } = {}) {
    this.#limitMs = limitMs;
  }

  /**
   * One at a time: a second call ends the first one.
   *
   * @throws TsgiError as `resolveSettings` does, and `config-file` for a file that ends its process or blocks it.
   */
  async read(input: SettingsInput): Promise<Resolution> {
    this.stop();
    const file = configFileOf(input);
    return file === undefined || file.endsWith(".json") ? resolveSettings(input) : this.#readInChild(input, file);
  }

  /** Nobody waits for the answer any more; the process that was reading is killed. */
  stop(): void {
    this.#end?.(new Error("the configuration is not needed any more"));
  }

  #readInChild(input: SettingsInput, file: string): Promise<Resolution> {
    return new Promise((resolve, reject) => {
      const child = start();
      let timer: NodeJS.Timeout | undefined;
      let over = false;
      const finish = (act: () => void): void => {
        if (over) return;
        over = true;
        this.#end = undefined;
        clearTimeout(timer);
        // It leaves by itself, unless it is blocked.
        child.kill("SIGKILL");
        act();
      };
      const refuse = (why: string): void => finish(() => reject(new TsgiError("config-file", `${file}: ${why}`)));
      const allow = (ms: number, why: string): void => {
        clearTimeout(timer);
        timer = setTimeout(() => refuse(why), ms);
      };
      this.#end = (error) => finish(() => reject(error));
      allow(START_MS, `the process that reads it was not up after ${START_MS / 1_000} seconds`);
      child.on("error", (error) => refuse(`the process that reads it could not be started: ${error.message}`));
      // "close" comes after the last message was delivered; "exit" may come before it.
      child.on("close", (code, signal) => refuse(left(code, signal)));
      child.on("message", (message) => {
        if (over || !isReadAnswer(message)) return;
        if (message.tsgi === "reading") allow(this.#limitMs + SLACK_MS, late(this.#limitMs));
        else finish(() => settle(message, resolve, reject));
      });
      const command: ReadCommand = {
        ...{ tsgi: "read-configuration", input, master: process.pid },
        nodeOptions: process.env["NODE_OPTIONS"] ?? null,
      };
      // Where no process came to be, there is no channel either.
      child.send?.(command, () => {});
    });
  }
}

function start(): ChildProcess {
  const { NODE_OPTIONS, ...env } = process.env;
  return fork(ENTRY, process.argv.slice(2), {
    env: NODE_OPTIONS === undefined ? env : { ...env, NODE_OPTIONS: withoutDebugger(NODE_OPTIONS) },
    execArgv: workerExecArgv(process.execArgv, ENTRY),
    // What the file prints is neither an access log nor the answer of a command.
    stdio: ["ignore", 2, 2, "ipc"],
  });
}

/** `NODE_OPTIONS` for a process that nobody debugs: the port is the master's. */
export const withoutDebugger = (nodeOptions: string): string =>
  nodeOptions.replace(/(?<=^|\s)--inspect(?:-brk|-wait)?(?:=\S*)?(?=\s|$)/g, "").trim();

function settle(
  answer: Exclude<ReadAnswer, { tsgi: "reading" }>,
  resolve: (resolution: Resolution) => void,
  reject: (error: Error) => void,
): void {
  if (answer.tsgi === "no-configuration") reject(new TsgiError(answer.code, answer.message));
  else {
    const { settings, origins, file, watch } = answer;
    resolve(freeze({ settings, origins, file, watch }));
  }
}

const late = (limitMs: number): string =>
  `not loaded after ${limitMs / 1_000} seconds: it blocks its process, with an endless loop perhaps`;

const left = (code: number | null, signal: string | null): string =>
  signal === null
    ? `it ended the process that was reading it, with code ${code}`
    : `the process that was reading it was killed by ${signal}`;
