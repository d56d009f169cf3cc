// A real nginx with a folder of its own, in front of the real tsgi, with the configuration that docs/deploy/nginx.md gives to people.
// Without nginx the tests skip and say so; where CI is set they fail, for then nobody would read that they were skipped.

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";
import { Server } from "./server.ts";
import { tempFolder } from "./temp-folder.ts";

const PAGE = fileURLToPath(new URL("../../docs/deploy/nginx.md", import.meta.url));
const FOUND = spawnSync("nginx", ["-v"]).error === undefined;

/** For `test(title, { skip: noNginx })`. */
export const noNginx: string | false =
  FOUND || process.env["CI"] !== undefined ? false : "nginx is not installed (Debian: apt-get install nginx-light)";

/** The text of a block of the page, by the second word after its backticks. */
export function block(name: string): string {
  const found = new RegExp(`^\`\`\`\\w+ ${name}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(readFileSync(PAGE, "utf8"))?.[1];
  assert.ok(found !== undefined, `docs/deploy/nginx.md has no block called ${name}`);
  return found;
}

/** Replaces a text that must be there once, so that no change of the page goes unnoticed. */
export function swap(text: string, from: string, to: string): string {
  assert.equal(text.split(from).length, 2, `docs/deploy/nginx.md should say ${JSON.stringify(from)} once`);
  return text.replace(from, () => to);
}

export interface Nginx {
  readonly port: number;
  /** What it said on stderr: the error log, from "notice" up. */
  readonly lines: readonly string[];
  /** Waits for a line of the error log. */
  says(pattern: RegExp): Promise<string>;
  /** Lets it finish, and tells what it has logged to the last line. */
  quit(): Promise<Logged>;
}

export interface Logged {
  /** One for each request: its status and that of tsgi, such as "200 200", or "413 -" where tsgi was not asked. */
  readonly statuses: readonly string[];
  /** Lines of the error log that are errors or worse. */
  readonly errors: readonly string[];
}

/**
 * @param site What stands in `http {}`, listening on port 80.
 * @param user The value of nginx's "user", where this process is root; default what nginx was built with.
 */
export async function startNginx(t: TestContext, site: string, user?: string): Promise<Nginx> {
  assert.ok(FOUND, "nginx is not installed, and CI is set");
  for (let attempt = 0; ; attempt += 1) {
    const nginx = await tryNginx(t, site, await freePort(), user);
    if (nginx !== undefined) return nginx;
    assert.ok(attempt < 5, "no port stayed free until nginx could take it");
  }
}

async function tryNginx(t: TestContext, site: string, port: number, user?: string): Promise<Nginx | undefined> {
  // nginx's workers are another user where this is root, and must be able to enter.
  const folder = tempFolder(t);
  chmodSync(folder, 0o755);
  const main = [
    "daemon off;",
    "worker_processes 1;",
    "pid nginx.pid;",
    "error_log stderr notice;",
    user === undefined || process.getuid?.() !== 0 ? "" : `user ${user};`,
    "events { worker_connections 512; }",
    "http {",
    'log_format statuses "$status $upstream_status";',
    "access_log access.log statuses;",
    ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${name};`),
    swap(site, "listen 80;", `listen 127.0.0.1:${port};`),
    "}",
  ];
  writeFileSync(join(folder, "nginx.conf"), main.join("\n"));
  mkdirSync(join(folder, "logs"));
  const child = spawn("nginx", ["-p", folder, "-c", "nginx.conf"], { stdio: ["ignore", "ignore", "pipe"] });
  const nginx = new NginxProcess(child, port, folder);
  t.after(() => nginx.end());
  if (await nginx.started()) return nginx;
  await nginx.end();
  return undefined;
}

class NginxProcess implements Nginx {
  readonly port: number;
  readonly lines: string[] = [];
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #over = false;
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess, port: number, folder: string) {
    this.#child = child;
    this.port = port;
    this.#folder = folder;
    createInterface({ input: child.stderr! }).on("line", (line) => {
      this.lines.push(line);
      this.#wake();
    });
    // When stderr is closed, the workers are gone too.
    this.#closed = once(child, "close").then(() => {
      this.#over = true;
      this.#wake();
    });
  }

  /** False when the port was taken meanwhile. It listens before it starts its workers. */
  async started(): Promise<boolean> {
    const line = await this.says(/start worker process \d+|bind\(\) to .* failed|\[emerg\]/);
    if (line.includes("bind()")) return false;
    assert.match(line, /start worker process/, this.lines.join("\n"));
    return true;
  }

  async says(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = this.lines.find((one) => pattern.test(one));
      if (line !== undefined) return line;
      if (this.#over) throw new Error(`nginx never said ${pattern}:\n${this.lines.join("\n")}`);
      await new Promise<void>((heard) => this.#waiting.add(heard));
    }
  }

  async quit(): Promise<Logged> {
    this.#child.kill("SIGQUIT");
    await this.#closed;
    return {
      statuses: readFileSync(join(this.#folder, "access.log"), "utf8").split("\n").filter(Boolean),
      errors: this.lines.filter((line) => /\[(?:error|crit|alert|emerg)\]/.test(line)),
    };
  }

  async end(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#closed;
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const heard of waiting) heard();
  }
}

/** How nginx talks to tsgi. */
export type Front = "tcp" | "unix" | "http10";
export const FRONTS: readonly Front[] = ["tcp", "unix", "http10"];

export const FRONT_TITLES: Readonly<Record<Front, string>> = {
  tcp: "nginx over TCP with keep-alive",
  unix: "nginx over a Unix socket",
  http10: "nginx with HTTP/1.0",
};

export interface Site {
  readonly server: Server;
  readonly nginx: Nginx;
  /** nginx's port. */
  readonly port: number;
}

/** The site of the page for a server at this address of nginx's "server" directive. */
export function siteFor(front: Front, address: string): string {
  if (front === "unix") {
    const upstream = /^upstream app \{[\s\S]*?^\}\n/m.exec(block("site"))?.[0] ?? "";
    return swap(block("site"), upstream, swap(block("unix"), "unix:/run/app/app.sock", address));
  }
  const site = swap(block("site"), "server 127.0.0.1:8000;", `server ${address};`);
  if (front === "tcp") return site;
  return swap(site, 'proxy_http_version 1.1;\n    proxy_set_header Connection "";', block("http10"));
}

/**
 * tsgi with these arguments, two workers unless they say otherwise, and nginx in front of it.
 *
 * @param change Makes the page's site another one, where a test cannot wait for its times.
 */
export async function startSite(
  t: TestContext,
  front: Front,
  args: readonly string[],
  change: (site: string) => string = (site) => site,
): Promise<Site> {
  const folder = tempFolder(t);
  chmodSync(folder, 0o755);
  const socket = join(folder, "app.sock");
  const workers = args.includes("--workers") ? [] : ["--workers", "2"];
  // nginx is another user where this is root.
  const bind = front === "unix" ? ["--bind", `unix:${socket}`, "--socket-mode", "666"] : [];
  const server = await Server.start(t, [...args, ...workers, ...bind]);
  const address = front === "unix" ? `unix:${socket}` : `127.0.0.1:${server.port}`;
  const nginx = await startNginx(t, change(siteFor(front, address)));
  return { server, nginx, port: nginx.port };
}
