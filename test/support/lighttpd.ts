// A real lighttpd with a folder of its own, which starts `tsgi cgi` as docs/cgi.md says. Without lighttpd the tests skip and say so;
// where CI is set they fail, for then nobody would read that they were skipped.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";
import { cleanEnv } from "./run-cli.ts";
import { BIN } from "./server.ts";
import { tempFolder } from "./temp-folder.ts";

const PAGE = readFileSync(fileURLToPath(new URL("../../docs/cgi.md", import.meta.url)), "utf8");
const FOUND = spawnSync("lighttpd", ["-v"]).error === undefined;

/** For `test(title, { skip: noLighttpd })`. */
export const noLighttpd: string | false =
  FOUND || process.env["CI"] !== undefined ? false : "lighttpd is not installed (Debian: apt-get install lighttpd)";

/** The text of a block of docs/cgi.md, by the second word after its backticks, with one text in it replaced. */
function block(name: string, from: string, to: string): string {
  const text = new RegExp(`^\`\`\`\\w+ ${name}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(PAGE)?.[1];
  assert.ok(text !== undefined, `docs/cgi.md has no block called ${name}`);
  assert.equal(text.split(from).length, 2, `docs/cgi.md should say ${from} once in ${name}`);
  return text.replace(from, () => to);
}

export interface Lighttpd {
  readonly port: number;
  /** What it and its programs said on standard error. */
  readonly lines: readonly string[];
  /** Waits for a line. */
  says(pattern: RegExp): Promise<string>;
}

/**
 * Serves `/app` with the two lines of the page.
 *
 * @param files Beside the script.
 * @param args Behind `tsgi cgi app:application`.
 */
export async function startLighttpd(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Lighttpd> {
  assert.ok(FOUND, "lighttpd is not installed, and CI is set");
  const folder = tempFolder(t, files);
  const script = join(folder, "site.cgi");
  const command = `"${process.execPath}" -- "${BIN}"`;
  const text = block("script", "/usr/local/bin/tsgi", command).trimEnd();
  writeFileSync(script, `${[text, ...args].join(" ")}\n`, { mode: 0o755 });
  const site = block("lighttpd", "/srv/site/site.cgi", script);
  for (let attempt = 0; ; attempt += 1) {
    const port = await freePort();
    const main = [`server.document-root = "${folder}"`, 'server.bind = "127.0.0.1"', `server.port = ${port}`, site];
    writeFileSync(join(folder, "lighttpd.conf"), main.join("\n"));
    const lighttpd = await tryLighttpd(t, folder, port);
    if (lighttpd !== undefined) return lighttpd;
    assert.ok(attempt < 5, "no port stayed free until lighttpd could take it");
  }
}

async function tryLighttpd(t: TestContext, folder: string, port: number): Promise<Lighttpd | undefined> {
  const child = spawn("lighttpd", ["-D", "-f", join(folder, "lighttpd.conf")], {
    cwd: folder,
    env: cleanEnv(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const one of waiting) one();
    waiting.clear();
  };
  let over = false;
  createInterface({ input: child.stderr }).on("line", (line) => {
    lines.push(line);
    wake();
  });
  const closed = once(child, "close").then(() => {
    over = true;
    wake();
  });
  t.after(async () => {
    child.kill("SIGTERM");
    await closed;
  });
  const says = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const line = lines.find((one) => pattern.test(one));
      if (line !== undefined) return line;
      if (over) throw new Error(`lighttpd never said ${pattern}:\n${lines.join("\n")}`);
      await new Promise<void>((heard) => waiting.add(heard));
    }
  };
  const first = await says(/server started|can't bind/);
  return first.includes("bind") ? undefined : { port, lines, says };
}
