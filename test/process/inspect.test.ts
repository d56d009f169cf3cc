// A worker that is asked where it stands and what it holds: idle, busy, blocked, importing, leaving. It lives on, and prints nothing.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Whereabouts } from "../../src/ipc/messages.ts";
import { blamed } from "../support/blame.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { node } from "../support/compiled.ts";
import { cleanEnv } from "../support/run-cli.ts";
import { APPS } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const PROGRAM = fileURLToPath(new URL("../programs/master/inspector.js", import.meta.url));

interface Line {
  readonly is: string;
  readonly [name: string]: unknown;
}

/** One worker and who asks it. */
class Asked {
  stderr = "";
  readonly lines: Line[] = [];
  readonly #child: ChildProcess;
  #wake = (): void => {};

  constructor(t: TestContext, app: string, cwd = APPS, flags: readonly string[] = []) {
    this.#child = spawn(node, [PROGRAM, app, cwd, ...flags], { env: cleanEnv(), stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    // It may leave by itself before it is told to.
    this.#child.stdin!.on("error", () => {});
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.#wake();
    });
    // The worker leaves with its master: what blocks is ended by the order below.
    t.after(async () => {
      this.order("kill");
      if (this.#child.exitCode === null) await once(this.#child, "exit");
    });
  }

  order(what: "stack" | "requests" | "quit" | "kill"): void {
    if (this.#child.stdin!.writable) this.#child.stdin!.write(`${what}\n`);
  }

  /** The next line of this kind that was not taken yet. */
  async next(is: string): Promise<Line> {
    for (;;) {
      const at = this.lines.findIndex((line) => line.is === is);
      if (at >= 0) return this.lines.splice(at, 1)[0]!;
      await new Promise<void>((heard) => {
        this.#wake = heard;
      });
    }
  }

  async inspect(what: "stack" | "requests"): Promise<Whereabouts | null> {
    this.order(what);
    return (await this.next("answer"))["at"] as Whereabouts | null;
  }

  async port(): Promise<number> {
    return Number(new URL(String((await this.next("ready"))["url"])).port);
  }
}

const targets = (at: Whereabouts | null): readonly string[] | undefined =>
  at?.requests?.map(({ method, target }) => `${method} ${target}`);

test("an idle worker says that it is idle, with the requests that wait, and goes on serving", async (t) => {
  const worker = new Asked(t, "stuck:application");
  const port = await worker.port();
  const idle = { frames: null, place: null, note: "idle: no code of the application is running", requests: [] };
  assert.deepEqual(await worker.inspect("stack"), idle);
  assert.deepEqual(await worker.inspect("requests"), { ...idle, note: null });
  const held = await RawClient.connect(port);
  held.send(get("/hold?who=me"));
  assert.equal((await held.response()).status, 103);
  for (let times = 0; times < 5; times += 1) {
    const at = await worker.inspect("stack");
    assert.deepEqual([at?.frames, at?.note, targets(at)], [null, idle.note, ["GET /hold?who=me"]]);
    assert.deepEqual(targets(await worker.inspect("requests")), ["GET /hold?who=me"]);
    assert.equal((await ask(port, get("/"))).status, 200);
  }
  held.close();
  assert.equal(worker.stderr, "");
});

test("a busy worker says where it is and is not held up; a blocked one does so as long as it is asked", async (t) => {
  const worker = new Asked(t, "stuck:application");
  const port = await worker.port();
  const client = await RawClient.connect(port);
  client.send(get("/burn?5000"));
  let at = await worker.inspect("stack");
  // The request may still be under way.
  while (at?.place === null) at = await worker.inspect("stack");
  assert.match(String(at?.place), new RegExp(`^${blamed("/burn")}:\\d+$`));
  assert.deepEqual(targets(at), ["GET /burn?5000"]);
  assert.equal((await client.response()).status, 200);
  client.send(get("/spin"));
  for (let times = 0; times < 3; times += 1) {
    at = await worker.inspect("stack");
    while (at?.place === null) at = await worker.inspect("stack");
    assert.match(String(at?.place), new RegExp(`^${blamed("/spin")}:\\d+$`));
    assert.equal(at?.frames?.find(({ file }) => file.endsWith("stuck.ts"))?.function, "spinForEver");
    assert.deepEqual(targets(await worker.inspect("requests")), ["GET /spin"]);
  }
  assert.equal(worker.stderr, "");
});

test("a worker in a native call tells what it had noted before", async (t) => {
  const worker = new Asked(t, "stuck:application");
  const port = await worker.port();
  const held = await RawClient.connect(port);
  held.send(get("/hold"));
  await held.response();
  // Noted with the next sweep.
  await worker.next("beat");
  await worker.next("beat");
  const client = await RawClient.connect(port);
  client.send(get("/exec"));
  let at = await worker.inspect("requests");
  while (at?.note === null) at = await worker.inspect("requests");
  assert.match(String(at?.note), /^its requests are those it had noted [\d.]+ s ago, and the one that was read last$/);
  assert.deepEqual(targets(at), ["GET /hold", "GET /exec"]);
});

test("a worker that imports for ever says so, and one that loops in its import says where", async (t) => {
  const folder = tempFolder(t, {
    "package.json": '{ "type": "module" }',
    "waits.js": "await new Promise(() => {});\n",
    "loops.js": "for (;;);\n",
  });
  for (const [app, where, note] of [
    ["waits", null, "the event loop is idle, and the application's module is still being imported"],
    ["loops", `${join(folder, "loops.js")}:1:`, null],
  ] as const) {
    const worker = new Asked(t, `${app}:application`, folder);
    await worker.next("hello");
    let at = await worker.inspect("stack");
    // Before that it is on its way to the module.
    while (at === null || (where === null ? at.note !== note : at.place === null)) at = await worker.inspect("stack");
    assert.equal(at.note, note);
    assert.ok(where === null || at.place?.startsWith(where), String(at.place));
    worker.order("kill");
    await worker.next("exit");
  }
});

test("a worker that leaves while it is looked at leaves at once and in silence", async (t) => {
  for (let times = 0; times < 5; times += 1) {
    const worker = new Asked(t, "site:application");
    await worker.port();
    worker.order("stack");
    worker.order("quit");
    assert.deepEqual(await worker.next("exit"), { is: "exit", code: 0, signal: null });
    assert.equal(worker.stderr, "");
  }
});

test("beats carry how busy and how late the loop was, and what went wrong", async (t) => {
  const worker = new Asked(t, "stuck:application");
  const port = await worker.port();
  const quiet = await worker.next("beat");
  assert.deepEqual([quiet["served"], quiet["errors"], quiet["inFlight"]], [0, 0, 0]);
  assert.equal((await ask(port, get("/burn?600"))).status, 200);
  assert.equal((await ask(port, get("/signal?NONE"))).status, 500);
  const figures = { served: 0, errors: 0, delayMs: 0, utilization: 0 };
  while (figures.served < 2) {
    const beat = (await worker.next("beat")) as unknown as typeof figures & { rss: number };
    figures.served = beat.served;
    figures.errors = beat.errors;
    figures.delayMs = Math.max(figures.delayMs, beat.delayMs);
    figures.utilization = Math.max(figures.utilization, beat.utilization);
    assert.ok(beat.rss > 1_048_576);
  }
  assert.equal(figures.errors, 1);
  assert.ok(figures.delayMs >= 300, String(figures.delayMs));
  assert.ok(figures.utilization > 0.2 && figures.utilization <= 1, String(figures.utilization));
});
