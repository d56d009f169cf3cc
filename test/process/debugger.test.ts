// --inspect on the real server: an editor's way to a breakpoint in a line of TypeScript, across restarts, and as long as one likes.

import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ask, get } from "../support/client.ts";
import { Debugger } from "../support/debugger.ts";
import { freePort } from "../support/free-port.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** What is answered is on line 6; the types above it are not in the code that runs. */
const textOf = (version: string): string => `interface Thing {
  readonly name: string;
}

export const application = (environ: { PATH_INFO: string }, start: (status: string, fields: [string, string][]) => void) => {
  const thing: Thing = { name: "${version} " + environ.PATH_INFO };
  start("200 OK", [["content-type", "text/plain"]]);
  return [thing.name];
};
`;
const LINE = 6;

/** Longer than --timeout, and than the watchdog needs to be certain. */
const TIMEOUT = "200ms";
const AT_BREAKPOINT_MS = 1_500;

/** As an editor does that is told to attach again. */
async function attach(t: TestContext, port: number, before?: string): Promise<Debugger> {
  for (;;) {
    const attached = await Debugger.attach(port, before);
    if (attached !== undefined) {
      t.after(() => attached.close());
      return attached;
    }
    await sleep(20);
  }
}

test("a breakpoint in a line of TypeScript hits before and after a restart, at the same address, and may last", async (t) => {
  const folder = tempFolder(t, { "package.json": '{ "type": "module" }', "app.ts": textOf("first") });
  const port = await freePort();
  const args = ["app:application", "--reload", "--inspect", `127.0.0.1:${port}`, "--timeout", TIMEOUT];
  const server = await Server.start(t, args, { cwd: folder });
  const file = join(folder, "app.ts");

  const first = await attach(t, port);
  await first.breakAt("/app.ts", LINE);
  const reached = first.reached();
  const waiting = ask(server.port, get("/a"));
  assert.equal(await reached, LINE);
  await sleep(AT_BREAKPOINT_MS);
  await first.resume();
  assert.equal((await waiting).body, "first /a");

  writeFileSync(file, textOf("second"));
  await first.closed;
  const second = await attach(t, port, first.target);
  await server.says(/^restarted in /);
  await second.breakAt("/app.ts", LINE);
  const again = second.reached();
  const held = ask(server.port, get("/b"));
  assert.equal(await again, LINE);
  await second.resume();
  assert.equal((await held).body, "second /b");

  // Nobody but the debugger could make it go on, so it is not waited for.
  const last = second.reached();
  const cut = ask(server.port, get("/c")).catch(() => null);
  await last;
  writeFileSync(file, textOf("third"));
  await second.closed;
  await cut;
  assert.equal((await ask(server.port, get("/d"))).body, "third /d");

  const said = server.records.filter(({ msg }) => /a debugger may attach/.test(msg));
  assert.deepEqual(
    said.map(({ level }) => level),
    ["info", "debug", "debug"],
  );
  assert.ok(said[0]!.msg.includes(` 127.0.0.1:${port}: `));
  assert.ok(!server.lines.some((line) => line.includes("ws://")), "Node says nothing of it");
  const killed = server.records.filter(({ msg }) => /was killed/.test(msg));
  assert.ok(killed.length <= 1, "one stood at a breakpoint when the file was saved");
  await server.stop();
});

test("an address that somebody else has costs the restart nothing, is named, and is had when it is free", async (t) => {
  const folder = tempFolder(t, { "package.json": '{ "type": "module" }', "app.ts": textOf("only") });
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  t.after(() => other.close());
  const server = await Server.start(t, ["app:application", "--inspect", String(port), "--workers", "2"], {
    cwd: folder,
  });
  const warned = server.records.filter(({ level }) => level === "warn").map(({ role, msg }) => [role, msg]);
  assert.deepEqual(warned, [
    [
      "worker 1",
      `--inspect: cannot listen on 127.0.0.1:${port}: another process listens there (\`ss -ltnp 'sport = :${port}'\` shows which); it is tried again until that is free`,
    ],
  ]);
  assert.ok(server.records.some(({ role, msg }) => role === "worker 1" && /is for one worker/.test(msg)));
  other.close();
  await server.says(new RegExp(`^a debugger may attach to worker 1 at 127\\.0\\.0\\.1:${port}: `));
  const attached = await attach(t, port);
  // Node itself would wait for the debugger to leave.
  await server.stop();
  await attached.closed;
});
