// Workers that die: only what they held is lost, somebody else takes their place, and nobody is turned away meanwhile.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { ask, get, RawClient } from "../support/client.ts";
import { Load } from "../support/load.ts";
import { type LogRecord, Server } from "../support/server.ts";

const timeOf = ({ time }: LogRecord): number => Date.parse(time);

test("kill -9 of a worker under load costs its own connections only, and the pool is whole within a second", async (t) => {
  const server = await Server.start(t, ["echo:application", "--workers", "4"]);
  const load = await Load.start(t, { where: server.port, keepAlive: 12, closing: 4 });
  const before = server.serving();
  await load.until(() => before.every((pid) => load.pids.has(pid)));
  const victim = before[1]!;
  process.kill(victim, "SIGKILL");
  const died = await server.says(new RegExp(`worker \\d \\(pid ${victim}\\) was killed by SIGKILL`));
  assert.match(died.msg, /a successor starts at once/);
  const successor = (await server.untilServing(4, [victim])).find((pid) => !before.includes(pid));
  await load.until(() => load.pids.has(successor!));
  const result = await load.stop();
  assert.deepEqual(
    result.failures.filter(({ pid }) => pid !== undefined && pid !== victim),
    [],
  );
  // A connection that nobody had answered yet was the victim's if it failed; each client had one at most.
  assert.ok(result.failures.length <= 16, JSON.stringify(result.failures));
  assert.deepEqual([...server.serving()].sort(), [...before.filter((pid) => pid !== victim), successor].sort());
  // A machine too busy to start anything within a second has taken longer for the start itself.
  const backAt = server.records.find(({ pid, msg }) => pid === successor && msg === "accepting connections")!;
  const startMs = Number(/\d+/.exec((await server.says(/^ready in/)).msg)?.[0]);
  const tookMs = timeOf(backAt) - timeOf(died);
  assert.ok(tookMs < Math.max(1_000, startMs), `${tookMs} ms; the start took ${startMs} ms`);
});

test("with every worker killed, new connections wait and are answered", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "2"]);
  const before = server.workers();
  // Stopped, so that none of them can accept before both are dead.
  for (const pid of before) process.kill(pid, "SIGSTOP");
  const early = await RawClient.connect(server.port);
  for (const pid of before) process.kill(pid, "SIGKILL");
  const waiting = await Promise.all(Array.from({ length: 20 }, () => ask(server.port, get("/"))));
  assert.deepEqual(new Set(waiting.map(({ status }) => status)), new Set([200]));
  for (const { body } of waiting) assert.ok(!before.includes(Number(body)));
  early.send(get("/"));
  assert.equal((await early.response()).status, 200);
});

test("a thrown error that no request awaits is in the log with its line, and the worker is replaced", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "2"]);
  const [one, other] = await oneEach(server);
  one.send(get("/throw-later"));
  const record = await server.says(/^uncaught exception/);
  assert.equal(record.level, "fatal");
  const err = record["err"] as { readonly stack: string };
  assert.match(err.stack, /^TypeError: thrown by nobody's request\n\s+at .*site\.js:\d+:\d+/);
  await server.says(new RegExp(`worker \\d \\(pid ${record.pid}\\) exited with code 1`));
  await server.untilServing(2, [record.pid]);
  other.send(get("/"));
  assert.notEqual(Number((await other.response()).body), record.pid);
});

test("a rejected promise that nobody handles is in the log with its line, and the worker is replaced", async (t) => {
  const server = await Server.start(t, ["site:application"]);
  const [pid] = server.workers();
  const client = await RawClient.connect(server.port);
  client.send(get("/reject-later"));
  const record = await server.says(/^a promise was rejected and nobody handled it/);
  assert.equal(record.pid, pid);
  assert.match(
    (record["err"] as { readonly stack: string }).stack,
    /^RangeError: rejected and forgotten\n\s+at .*site\.js:\d+/,
  );
  assert.notEqual(Number((await ask(server.port, get("/"))).body), pid);
});

test("an application that ends its process costs its own connections only", async (t) => {
  const server = await Server.start(t, ["site:application"]);
  const client = await RawClient.connect(server.port);
  client.send(get("/exit?7"));
  assert.equal(await client.rest(), "");
  await server.says(/worker 1 \(pid \d+\) exited with code 7 after .*; a successor starts at once/);
  assert.equal((await ask(server.port, get("/"))).status, 200);
});

test("a worker whose loop is blocked is killed and replaced, while the other serves", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "2", "--timeout", "1"]);
  const [stuck, other] = await oneEach(server);
  stuck.send(get("/block"));
  assert.equal((await stuck.response()).status, 103);
  // The kernel gives new connections to whoever accepts: none of them waits for the blocked worker.
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(server.port, get("/"))));
  other.send(get("/"));
  const pid = (await other.response()).body;
  assert.deepEqual(new Set(answers.map(({ body }) => body)), new Set([pid]));
  const died = await server.says(/^worker \d \(pid \d+\) was killed by SIGKILL/);
  assert.match(died.msg, /it gave no sign of life for 1 s \(--timeout\): its event loop is blocked$/);
  assert.equal(await stuck.rest(), "");
  await server.untilServing(2);
  assert.ok(server.serving().includes(Number(pid)));
});

test("a worker that dies again and again is started with a growing delay", async (t) => {
  const server = await Server.start(t, ["site:application"]);
  for (let deaths = 0; deaths < 4; deaths += 1) {
    const { body: pid } = await ask(server.port, get("/"));
    process.kill(Number(pid), "SIGKILL");
    await server.says(new RegExp(`\\(pid ${pid}\\) was killed by SIGKILL`));
  }
  const delays = server.records.flatMap(({ msg }) => /a successor starts (at once|in [\d.]+ s)/.exec(msg)?.[1] ?? []);
  assert.deepEqual(delays, ["at once", "in 0.25 s", "in 0.5 s", "in 1 s"]);
});

/** Two kept connections that different workers have taken. */
async function oneEach(server: Server): Promise<readonly [RawClient, RawClient]> {
  const first = await RawClient.connect(server.port);
  first.send(get("/"));
  const { body } = await first.response();
  for (;;) {
    const second = await RawClient.connect(server.port);
    second.send(get("/"));
    if ((await second.response()).body !== body) return [first, second];
    second.close();
  }
}
