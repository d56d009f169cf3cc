// With each value of --accept, the workers may be replaced, be more and be fewer, and leave: no request is lost.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { freeze, MODES } from "../support/accepting.ts";
import { get, RawClient } from "../support/client.ts";
import { Load } from "../support/load.ts";
import { Server } from "../support/server.ts";

for (const { accept, options } of MODES) {
  test(`${accept}: HUP, TTIN and TTOU under load lose no request`, options, async (t) => {
    const server = await Server.start(t, ["echo:application", "--workers", "2", "--accept", accept]);
    const load = await Load.start(t, { where: server.port, perSecond: 400 });
    for (const generation of [2, 3]) {
      const before = server.serving();
      server.signal("SIGHUP");
      await server.says(new RegExp(`^generation ${generation} serves`));
      await server.untilServing(2, before);
      await load.more(50);
    }
    for (const [signal, count] of [
      ["SIGTTIN", 3],
      ["SIGTTOU", 2],
      ["SIGTTIN", 3],
    ] as const) {
      server.signal(signal);
      await server.untilServing(count);
      await load.more(50);
    }
    const { failures } = await load.stop();
    assert.deepEqual(failures, []);
  });

  test(`${accept}: what waits when TERM comes is answered, and the server ends with 0`, options, async (t) => {
    const server = await Server.start(t, ["site:application", "--workers", "2", "--accept", accept]);
    const workers = server.serving();
    for (const pid of workers) freeze(t, pid);
    const waiting = await Promise.all(Array.from({ length: 12 }, () => RawClient.connect(server.port)));
    for (const client of waiting) client.send(get("/"));
    server.signal("SIGTERM");
    await server.says(/^stopping on SIGTERM/);
    for (const pid of workers) process.kill(pid, "SIGCONT");
    for (const client of waiting) {
      assert.equal((await client.response()).status, 200);
      client.close();
    }
    assert.equal((await server.ended).code, 0);
    assert.deepEqual(server.processes(), []);
  });
}
