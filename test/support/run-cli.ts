// The command line as a real process, from its source: what it printed and how it ended.

import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

export interface CliRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const ENTRY = fileURLToPath(new URL("tsgi.ts", import.meta.url));

/** Node's arguments that run the command line from its source; "--" for the reason that stands in bin/tsgi.js. */
export const CLI_ARGV: readonly string[] = ["--import", import.meta.resolve("tsx"), "--", ENTRY];

/** The environment of this process without anything that would configure tsgi. */
export function cleanEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !name.startsWith("TSGI_") && !["PORT", "WEB_CONCURRENCY", "NODE_OPTIONS", "NODE_TEST_CONTEXT"].includes(name),
  );
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...extra };
}

/** Runs `tsgi` with these arguments to its end. */
export function runCli(args: readonly string[], { cwd = process.cwd(), env = {} }: CliOptions = {}): Promise<CliRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...CLI_ARGV, ...args], {
      cwd,
      env: cleanEnv(env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
