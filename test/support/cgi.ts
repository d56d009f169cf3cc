// `tsgi cgi` as a web server starts it: the request in the environment and on standard input, the response on standard output.

import { type ChildProcess, spawn } from "node:child_process";
import type { TestContext } from "node:test";
import { testedNode } from "./compiled.ts";
import { cleanEnv } from "./run-cli.ts";
import { APPS, BIN } from "./server.ts";

export interface CgiRequest {
  /** Behind `tsgi cgi`. Default: the application that has every way to answer. */
  readonly args?: readonly string[];
  /** Over REQUEST_METHOD=GET and its like. */
  readonly env?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Without CONTENT_LENGTH: the body ends where standard input does. */
  readonly unannounced?: true;
  readonly cwd?: string;
  /** Called with the process when it runs. */
  readonly meanwhile?: (child: ChildProcess) => void;
}

export interface CgiAnswer {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard output as latin-1. */
  readonly stdout: string;
  readonly stderr: string;
  /** The lines before the first empty one. */
  readonly head: readonly string[];
  readonly body: string;
}

const SERVER = {
  GATEWAY_INTERFACE: "CGI/1.1",
  REQUEST_METHOD: "GET",
  SCRIPT_NAME: "/cgi-bin/site",
  SERVER_NAME: "example.com",
  SERVER_PORT: "80",
  SERVER_PROTOCOL: "HTTP/1.1",
  REMOTE_ADDR: "192.0.2.7",
};

/** Runs it to its end. */
export function runCgi(t: Pick<TestContext, "after">, request: CgiRequest = {}): Promise<CgiAnswer> {
  const { args = ["cgi:application"], env = {}, body = "", cwd = APPS, meanwhile, unannounced } = request;
  const length = body.length === 0 || unannounced ? {} : { CONTENT_LENGTH: String(Buffer.byteLength(body)) };
  const child = spawn(testedNode(), ["--", BIN, "cgi", ...args], {
    cwd,
    env: cleanEnv({ ...SERVER, ...length, ...env }),
    stdio: "pipe",
  });
  t.after(() => child.kill("SIGKILL"));
  // Programs that do not read their body end with it half written.
  child.stdin.on("error", () => {});
  child.stdin.end(body);
  const out: Buffer[] = [];
  let stderr = "";
  child.stdout.on("data", (bytes: Buffer) => out.push(bytes));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  meanwhile?.(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const stdout = Buffer.concat(out).toString("latin1");
      const end = stdout.indexOf("\r\n\r\n");
      const head = end < 0 ? [] : stdout.slice(0, end).split("\r\n");
      resolve({ code, signal, stdout, stderr, head, body: end < 0 ? "" : stdout.slice(end + 4) });
    });
  });
}
