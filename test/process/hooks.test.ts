// The hooks of a configuration file in a real server: their order, which is the one of docs/hooks.md.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { HOOKS, type HookName } from "../../src/config/hooks.ts";
import { ask, get } from "../support/client.ts";
import { APPS, Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const PAGE = readFileSync(fileURLToPath(new URL("../../docs/hooks.md", import.meta.url)), "utf8");

/** What the page says of an event, in the table of the order. */
function documented(event: string): readonly string[] {
  const row = PAGE.split("\n").find((line) => line.startsWith(`| ${event}`));
  assert.ok(row !== undefined, `docs/hooks.md has no row for ${event}`);
  return [...row.split("|")[2]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
}

/** A configuration whose hooks append their names to a file, and then say so on stderr, so that they can be waited for. */
const RECORDING = `import { appendFileSync, writeSync } from "node:fs";
const names = ${JSON.stringify(Object.keys(HOOKS))};
const record = (name) => () => {
  appendFileSync(new URL("./calls", import.meta.url), name + "\\n");
  writeSync(2, "hook " + name + "\\n");
};
export default {
  app: process.env["TEST_APP"] ?? "site:application",
  chdir: ${JSON.stringify(APPS)},
  settle: 0,
  hooks: Object.fromEntries(names.map((name) => [name, record(name)])),
};`;

class Recorded {
  readonly server: Server;
  readonly #file: string;
  #read = 0;
  #heard = 0;

  constructor(server: Server, file: string) {
    this.server = server;
    this.#file = file;
  }

  static spawn(t: TestContext, env: Readonly<Record<string, string>> = {}): Recorded {
    const folder = tempFolder(t, { "tsgi.config.mjs": RECORDING, calls: "" });
    return new Recorded(Server.spawn(t, [], { cwd: folder, env }), join(folder, "calls"));
  }

  /** Waits until a hook was called once more than at the last question; all that were called since then, in their order. */
  async until(name: HookName): Promise<readonly string[]> {
    const isSaid = (line: string): boolean => line === `hook ${name}`;
    await this.server.until(() => this.server.lines.slice(this.#heard).some(isSaid), `${name} was never called`);
    this.#heard = this.server.lines.length;
    return this.rest();
  }

  rest(): readonly string[] {
    const calls = readFileSync(this.#file, "utf8").trim().split("\n");
    const since = calls.slice(this.#read);
    this.#read = calls.length;
    return since;
  }
}

test("every hook is called in the documented order, from the start to the end", async (t) => {
  const recorded = Recorded.spawn(t);
  const { server } = recorded;
  assert.deepEqual(await recorded.until("onServing"), documented("start"));

  assert.equal((await ask(server.port, get("/"))).status, 200);
  assert.deepEqual(await recorded.until("postRequest"), documented("request"));

  server.signal("SIGHUP");
  assert.deepEqual(await recorded.until("childExit"), documented("reload"));

  await ask(server.port, get("/throw-later")).catch(() => {});
  const crash = [...documented("request"), ...documented("crash")];
  assert.deepEqual(await recorded.until("postWorkerInit"), crash);

  await server.untilServing(1);
  process.kill(server.serving()[0]!, "SIGKILL");
  assert.deepEqual(await recorded.until("postWorkerInit"), documented("kill"));

  await server.untilServing(1);
  server.signal("SIGTTIN");
  assert.deepEqual(await recorded.until("postWorkerInit"), documented("more workers"));
  await server.untilServing(2);
  server.signal("SIGTTOU");
  assert.deepEqual(await recorded.until("childExit"), documented("fewer workers"));

  const { code } = await server.stop();
  assert.deepEqual([code, recorded.rest()], [0, documented("stop")]);
});

test("a quick stop, and a start that fails, end in the documented order too", async (t) => {
  const quick = Recorded.spawn(t);
  await quick.until("onServing");
  await quick.server.stop("SIGINT");
  assert.deepEqual(quick.rest(), documented("quick stop"));

  const failing = Recorded.spawn(t, { TEST_APP: "site:nothing" });
  assert.equal((await failing.server.ended).code, 43);
  assert.deepEqual(failing.rest(), documented("start that fails"));
});

test("the page has every hook in its table, and where it runs", () => {
  for (const [name, where] of Object.entries(HOOKS)) {
    const row = PAGE.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
    assert.ok(row !== undefined, `docs/hooks.md has no row for ${name}`);
    const cell = row.split("|")[2]!;
    assert.ok(name === "workerAbort" ? cell.includes("thread") : cell.trim() === where, `${name}: ${cell}`);
  }
});
