// With each value of --accept, a worker that dies costs what it held, and nobody else anything.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { MODES } from "../support/accepting.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { Load } from "../support/load.ts";
import { Server } from "../support/server.ts";

for (const { accept, options } of MODES) {
  test(`${accept}: kill -9 of a worker costs its own connections only`, options, async (t) => {
    const server = await Server.start(t, ["echo:application", "--workers", "3", "--accept", accept]);
    const load = await Load.start(t, { where: server.port, keepAlive: 9, closing: 9, perSecond: 400 });
    const killed: number[] = [];
    for (let round = 0; round < 2; round += 1) {
      const [victim = 0] = server.serving();
      killed.push(victim);
      process.kill(victim, "SIGKILL");
      await server.untilServing(3, killed);
      await load.more(50);
    }
    const { failures } = await load.stop();
    assert.deepEqual(
      failures.filter(({ pid, why }) => (pid !== undefined && !killed.includes(pid)) || why === "hangs"),
      [],
    );
    // Those that nobody had answered yet were the victim's, if they failed; each client had one at most.
    assert.ok(failures.length <= 2 * 18, JSON.stringify(failures));
  });

  test(`${accept}: with every worker killed, connections wait and are answered`, options, async (t) => {
    const server = await Server.start(t, ["site:application", "--workers", "2", "--accept", accept]);
    const before = server.serving();
    for (const pid of before) process.kill(pid, "SIGSTOP");
    const early = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(server.port)));
    for (const client of early) client.send(get("/"));
    for (const pid of before) process.kill(pid, "SIGKILL");
    const late = await Promise.all(Array.from({ length: 20 }, () => ask(server.port, get("/"))));
    for (const { status } of late) assert.equal(status, 200);
    for (const client of early) {
      assert.equal((await client.response()).status, 200);
      client.close();
    }
  });
}
