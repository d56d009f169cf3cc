// What a worker died of, in one line of the log, from evidence: its last words, what V8 wrote down, what the kernel counted, its signal.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { blamed } from "../support/blame.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { holdRequest } from "../support/hold.ts";
import { memoryGroup } from "../support/memory-group.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** What tsx keeps in a temporary folder is not ours. */
const ours = (folder: string): readonly string[] => readdirSync(folder).filter((name) => !name.startsWith("tsx-"));

test("an error that nobody caught is one line: what, where in the TypeScript, which requests were in flight; a successor serves", async (t) => {
  const server = await Server.start(t, ["stuck:application"]);
  for (const [way, what, stack] of [
    [
      "/throw",
      "uncaught exception: TypeError: thrown by nobody's request",
      /\ncaused by: Error: the cause of it\n\s+at /,
    ],
    [
      "/reject",
      "unhandled rejection: RangeError: rejected and forgotten",
      /^RangeError: rejected and forgotten\n\s+at /,
    ],
  ] as const) {
    const from = server.records.length;
    const held = await RawClient.connect(server.port);
    held.send(get("/hold"));
    assert.equal((await held.response()).status, 103);
    const client = await RawClient.connect(server.port);
    client.send(get(way));
    const record = await server.says(/^worker 1 .* crashed/, from);
    const flight = `2 requests in flight: GET /hold \\([\\d.]+ s\\), GET ${way} \\([\\d.]+ s\\); it had been there for`;
    assert.match(record.msg, new RegExp(`crashed: ${what} \\(${blamed(way)}:\\d+\\); ${flight}`));
    assert.deepEqual([record.role, record.level], ["master", "error"]);
    assert.match((record["err"] as { readonly stack: string }).stack, stack);
    assert.equal((await ask(server.port, get("/"))).status, 200);
  }
  // One line each, and none of the worker's own.
  assert.equal(server.records.filter(({ level }) => level === "error" || level === "fatal").length, 2);
});

test("an error that nobody caught while the application was loaded is told with its stack, and ends the start", async (t) => {
  const folder = tempFolder(t, {
    "package.json": '{ "type": "module" }',
    "app.js": 'setImmediate(() => {\n  throw new Error("too early");\n});\nawait new Promise(() => {});\n',
  });
  const server = Server.spawn(t, ["app:application"], { cwd: folder });
  const { code, stderr } = await server.ended;
  assert.equal(code, 47);
  const place = `${folder}/app.js:2:9`;
  assert.match(
    stderr,
    new RegExp(
      `^tsgi: worker 1 \\(pid \\d+\\) crashed: uncaught exception: Error: too early \\(${place}\\); no request was in flight; .* and was not ready yet\n\nError: too early\n    at .*${place}`,
      "m",
    ),
  );
});

test("a worker whose master is gone has the last word of its own error itself", async (t) => {
  const server = await Server.start(t, ["stuck:application"]);
  const [pid] = server.serving();
  const held = await holdRequest(server.port, "", "/throw");
  server.signal("SIGKILL");
  await server.says(/the master is gone/);
  void held.finish().catch(() => {});
  const record = await server.says(/^uncaughtException: TypeError: thrown by nobody's request/);
  assert.deepEqual([record.pid, record.level], [pid, "fatal"]);
  assert.match(String(record["place"]), new RegExp(`^${blamed("/throw")}:`));
});

test("a heap that is full is told by what V8 wrote down, and nothing is left behind", async (t) => {
  const tmp = tempFolder(t);
  const server = await Server.start(t, ["stuck:application"], {
    env: { NODE_OPTIONS: "--max-old-space-size=48", TMPDIR: tmp },
  });
  const client = await RawClient.connect(server.port);
  client.send(get("/heap"));
  const { msg } = await server.says(/^worker 1 .* ran out/);
  assert.match(
    msg,
    /ran out of JavaScript heap: Allocation failed - JavaScript heap out of memory; \d+ MiB were in use, and \d+ MiB is the limit \(--max-old-space-size in NODE_OPTIONS\); it had been there for [\d.]+ s; a successor starts at once$/,
  );
  assert.equal(await client.rest(), "");
  assert.equal((await ask(server.port, get("/"))).status, 200);
  assert.deepEqual(ours(tmp), []);
});

test("a temporary folder that cannot be written costs nothing but this evidence", async (t) => {
  const server = await Server.start(t, ["site:application"], { env: { TMPDIR: "/proc/none" } });
  assert.equal((await ask(server.port, get("/"))).status, 200);
});

// Made before the tests: whether it can be is the reason to skip.
const group = memoryGroup(320 * 1_048_576);

test("the OOM killer of a control group is told from an operator by the kernel's own count", {
  skip: typeof group === "string" && group,
}, async (t) => {
  const { procs, remove } = typeof group === "string" ? assert.fail(group) : group;
  const through = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', procs];
  const server = await Server.start(t, ["stuck:application"], { through });
  const client = await RawClient.connect(server.port);
  client.send(get("/memory"));
  const { msg } = await server.says(/^worker 1 .* was killed/);
  assert.match(
    msg,
    /was killed by the kernel's OOM killer: the memory limit of its control group was reached, and the kernel's count of OOM kills rose; /,
  );
  const { body: pid } = await ask(server.port, get("/"));
  process.kill(Number(pid), "SIGKILL");
  const killed = await server.says(new RegExp(`\\(pid ${pid}\\) was killed`));
  assert.match(killed.msg, /by an operator or another program: it was not tsgi, and the kernel counted no OOM kill; /);
  await server.stop();
  remove();
});

test("a crash in native code is told by its signal", async (t) => {
  const server = await Server.start(t, ["stuck:application"]);
  for (const [way, said] of [
    ["/signal?SIGSEGV", "SIGSEGV: it used memory that it does not have"],
    ["/abort", "SIGABRT: abort\\(\\) was called, by Node, V8, an addon, or the application with process.abort\\(\\)"],
    ["/signal?SIGABRT", "SIGABRT: abort\\(\\) was called"],
  ] as const) {
    const { body: pid } = await ask(server.port, get("/"));
    const client = await RawClient.connect(server.port);
    client.send(get(way));
    await server.says(new RegExp(`\\(pid ${pid}\\) crashed in native code: ${said}`));
    assert.equal(await client.rest(), "");
  }
});
