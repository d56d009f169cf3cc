// A master as a real process, with the tiny workers of test/programs/master. What it logs is waited for, never slept for.

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { cleanEnv } from "./run-cli.ts";
import { tempFolder } from "./temp-folder.ts";

const RUN = fileURLToPath(new URL("../programs/master/run.js", import.meta.url));

/** What a worker answers about itself. */
export interface WhoAnswered {
  readonly pid: number;
  readonly slot: number;
  readonly generation: number;
  readonly maxRequests: number;
  readonly env: string;
  readonly mark?: string;
}

export class MasterProcess {
  readonly folder: string;
  /** The messages of the log, and whatever else was said on stderr. */
  readonly said: string[] = [];
  readonly pid: number;
  readonly exited: Promise<number | string>;
  readonly #waiting = new Set<() => void>();
  readonly #child;

  private constructor(t: TestContext, folder: string, inherit: readonly number[], args: readonly string[]) {
    this.folder = folder;
    this.#child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), RUN, folder, ...args], {
      stdio: ["ignore", "pipe", "pipe", ...inherit],
      env: cleanEnv(),
    });
    this.pid = this.#child.pid!;
    t.after(() => this.#child.kill("SIGKILL"));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream! }).on("line", (line) => this.#hear(line));
    }
    this.exited = once(this.#child, "close").then(([code, signal]) => {
      this.#hear("(the master is gone)");
      return code ?? signal;
    });
  }

  /** Starts one with a configuration, and does not wait for it. */
  static spawn(
    t: TestContext,
    config: object,
    options: { readonly folder?: string; readonly inherit?: readonly number[]; readonly args?: readonly string[] } = {},
  ): MasterProcess {
    const folder = options.folder ?? tempFolder(t);
    writeConfig(folder, config);
    return new MasterProcess(t, folder, options.inherit ?? [], options.args ?? []);
  }

  /** Starts one and waits until it serves. */
  static async start(
    t: TestContext,
    config: object = {},
    options: { readonly inherit?: readonly number[]; readonly args?: readonly string[] } = {},
  ): Promise<MasterProcess> {
    const master = MasterProcess.spawn(t, config, options);
    await master.says(/^ready in \d+ ms$/);
    return master;
  }

  configure(config: object): void {
    writeConfig(this.folder, config);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for a line; fails when the master ends without it. */
  async says(pattern: RegExp, from = 0): Promise<string> {
    for (;;) {
      const line = this.said.slice(from).find((one) => pattern.test(one));
      if (line !== undefined) return line;
      if (this.said.at(-1) === "(the master is gone)")
        throw new Error(`never said ${pattern}:\n${this.said.join("\n")}`);
      await new Promise<void>((heard) => this.#waiting.add(heard));
    }
  }

  /** Where it listens: a path, or a port of 127.0.0.1. */
  get address(): net.NetConnectOpts {
    const url = this.said.find((line) => line.startsWith("listening on "))!.slice("listening on ".length);
    return url.startsWith("unix:") ? { path: url.slice(5) } : { host: "127.0.0.1", port: Number(new URL(url).port) };
  }

  /** One connection with one line; the answer. */
  async ask(line = "who", to = this.address): Promise<WhoAnswered> {
    const client = net.connect(to);
    try {
      client.write(`${line}\n`);
      let text = "";
      for await (const chunk of client) text += String(chunk);
      return JSON.parse(text) as WhoAnswered;
    } finally {
      client.destroy();
    }
  }

  /** A connection that some worker has accepted, and holds until its next line. */
  async hold(): Promise<net.Socket> {
    const client = net.connect(this.address);
    client.write("wait\n");
    await once(client, "data");
    return client;
  }

  /** The workers' process ids, from the kernel. */
  workers(): number[] {
    const text = fs.readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "utf8").trim();
    const children = text === "" ? [] : text.split(" ").map(Number);
    // A child that is dead but not reaped has no command line; tsx has a helper of its own.
    return children.filter((pid) => commandLine(pid).startsWith("tsgi: worker"));
  }

  #hear(line: string): void {
    this.said.push(line.startsWith("{") ? String(JSON.parse(line).msg) : line);
    for (const heard of this.#waiting) heard();
    this.#waiting.clear();
  }
}

export function commandLine(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

function writeConfig(folder: string, config: object): void {
  const base = { app: "app:application", workers: 2, bind: ["127.0.0.1:0"], logFormat: "json", settle: 0 };
  fs.writeFileSync(join(folder, "tsgi.config.json"), JSON.stringify({ ...base, ...config }));
}
