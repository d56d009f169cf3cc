// Workers that die: the log says of what, only what they held is lost, somebody else takes their place, and nobody is turned away.

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

test("an application that ends its process costs its own connections only", async (t) => {
  const server = await Server.start(t, ["site:application"]);
  const client = await RawClient.connect(server.port);
  client.send(get("/exit?7"));
  assert.equal(await client.rest(), "");
  await server.says(
    /worker 1 \(pid \d+\) exited with code 7: the application ended its process; .*; a successor starts at once/,
  );
  assert.equal((await ask(server.port, get("/"))).status, 200);
});

test("a worker that dies again and again is started with a growing delay", async (t) => {
  const server = await Server.start(t, ["site:application"]);
  for (let deaths = 0; deaths < 4; deaths += 1) {
    const { body: pid } = await ask(server.port, get("/"));
    process.kill(Number(pid), "SIGKILL");
    await server.says(new RegExp(`\\(pid ${pid}\\) was killed by SIGKILL`));
  }
  const delays = server.records.flatMap(({ msg }) => /a successor starts (at once|in [\d.]+ s)/.exec(msg)?.[1] ?? []);
  const seconds = delays.map((delay) => Number(/[\d.]+/.exec(delay)?.[0] ?? 0));
  for (const [i, least] of [0, 0.25, 0.5, 1].entries()) {
    assert.ok(seconds[i]! >= least && seconds[i]! <= least * 1.2, delays.join());
  }
});
