// The paste service as it is run: the real command line, two workers on one folder, real clients.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, watch } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CLI_ARGV, cleanEnv, runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

const APP = fileURLToPath(new URL("../../examples/paste/app.ts", import.meta.url));
const ARGS = ["serve", `${APP}:application`, "--workers", "2", "--bind", "127.0.0.1:0", "--log-format", "json"];

interface Server {
  readonly url: string;
  kill(): void;
  /** Ends it with TERM and answers its exit code. */
  stop(): Promise<number | null>;
}

/** Starts it in a folder and waits until it serves. The caller ends it. */
async function serve(cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Server> {
  const child: ChildProcess = spawn(process.execPath, [...CLI_ARGV, ...ARGS], {
    cwd,
    env: cleanEnv(env),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said: string[] = [];
  let url = "";
  for await (const line of createInterface({ input: child.stderr! })) {
    said.push(line);
    url = /listening on (http:\/\/[\d.:]+)/.exec(line)?.[1] ?? url;
    if (/ready in/.test(line)) break;
  }
  assert.ok(url !== "", `it did not start:\n${said.join("\n")}`);
  child.stderr!.resume();
  return {
    url,
    kill: () => child.kill("SIGKILL"),
    async stop() {
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      const [code] = await exit;
      return code as number | null;
    },
  };
}

/** Waits until the names in a folder are as wanted; each change is a reason to look again. */
async function folderWhere(folder: string, wanted: (names: readonly string[]) => boolean): Promise<void> {
  const watcher = watch(folder);
  try {
    // The first look comes after the watch began, so that no change is missed.
    for (let change = once(watcher, "change"); !wanted(readdirSync(folder)); change = once(watcher, "change")) {
      await change;
    }
  } finally {
    watcher.close();
  }
}

test("what two workers have kept in ./paste-data is listed by both, and is there after a restart", async (t) => {
  const cwd = tempFolder(t);
  const first = await serve(cwd);
  t.after(() => first.kill());
  const urls: string[] = [];
  for (let i = 0; i < 10; i += 1) {
    const answer = await fetch(`${first.url}/note-${i}.txt`, {
      method: "PUT",
      body: `note ${i}`,
      headers: { connection: "close" },
    });
    assert.equal(answer.status, 201);
    urls.push((await answer.text()).trim());
  }
  for (let i = 0; i < 10; i += 1) {
    const page = await (await fetch(first.url, { headers: { connection: "close" } })).text();
    assert.equal(page.match(/>note-\d\.txt</g)?.length, 10);
  }
  assert.equal(await first.stop(), 0);
  assert.equal(readdirSync(join(cwd, "paste-data")).length, 10);
  const second = await serve(cwd);
  t.after(() => second.kill());
  for (const [i, url] of urls.entries()) {
    const raw = await fetch(`${second.url}${new URL(url).pathname}/raw`);
    assert.equal(await raw.text(), `note ${i}`);
  }
  assert.equal(await second.stop(), 0);
});

describe("a service with a folder and a limit of its own", () => {
  const cwd = mkdtempSync(join(tmpdir(), "tsgi-paste-"));
  const folder = join(cwd, "elsewhere");
  let server: Server | undefined;
  let url = "";

  before(async () => {
    server = await serve(cwd, { PASTE_DIR: "elsewhere", PASTE_LIMIT: "5000000" });
    url = server.url;
  });
  after(() => {
    server?.kill();
    rmSync(cwd, { recursive: true, force: true });
  });

  test("a form with a file of 5 MB goes in by a real client and comes out the same, and is not sent twice", async () => {
    const bytes = Buffer.alloc(5_000_000);
    for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE(Math.imul(i, 2_654_435_761) >>> 0, i);
    const form = new FormData();
    form.set("title", "Five megabytes");
    form.set("file", new Blob([bytes]), "five.bin");
    const created = await fetch(url, { method: "POST", body: form, redirect: "manual" });
    assert.equal(created.status, 303);
    const address = new URL(created.headers.get("location") ?? "", `${url}/`).href;
    assert.match(await (await fetch(address)).text(), /<h1>Five megabytes<\/h1>/);
    const raw = await fetch(`${address}/raw`);
    assert.equal(raw.headers.get("content-length"), "5000000");
    const sha = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");
    assert.equal(sha(new Uint8Array(await raw.arrayBuffer())), sha(bytes));
    const etag = raw.headers.get("etag") ?? "";
    const again = await fetch(`${address}/raw`, { headers: { "if-none-match": etag, "cache-control": "no-cache" } });
    assert.equal(again.status, 304);
    assert.equal((await fetch(address, { method: "DELETE" })).status, 204);
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(existsSync(join(cwd, "paste-data")), false);
  });

  test("a client that leaves in the middle of an upload leaves no file behind", async () => {
    const upload = request(`${url}/half.bin`, { method: "PUT", headers: { "content-length": 1_000_000 } });
    const failed = once(upload, "error").then(([error]) => Promise.reject(error));
    failed.catch(() => {}); // that of destroy() is expected
    upload.write(Buffer.alloc(300_000));
    const begun = folderWhere(folder, (names) => names.some((name) => name.startsWith(".incoming-")));
    await Promise.race([begun, failed]);
    upload.destroy();
    await folderWhere(folder, (names) => names.length === 0);
  });

  test("an upload over the limit is answered with 413 in words, announced or not", async () => {
    const put = (body: Uint8Array | ReadableStream) =>
      fetch(`${url}/x`, { method: "PUT", body, duplex: "half" } as RequestInit);
    const large = Buffer.alloc(5_000_001);
    for (const body of [large, new Blob([large]).stream()]) {
      const answer = await put(body);
      assert.deepEqual([answer.status, await answer.text()], [413, "An item may have at most 4.8 MB.\n"]);
    }
    assert.deepEqual(readdirSync(folder), []);
  });
});

test("a limit that is no size stops the start with a message that names it", async (t) => {
  const { code, stderr } = await runCli(ARGS, { cwd: tempFolder(t), env: { PASTE_LIMIT: "0" } });
  assert.notEqual(code, 0);
  const message = 'PASTE_LIMIT="0": expected a number of bytes such as 500K, 100M or 2G';
  assert.ok(stderr.includes(message), `nothing of it in ${stderr}`);
});
