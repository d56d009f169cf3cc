// With each value of --accept, the workers may be replaced, be more and be fewer: no request is lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MODES } from "../support/accepting.ts";
import { Load } from "../support/load.ts";
import { Server } from "../support/server.ts";

for (const { accept, options } of MODES) {
  test(`${accept}: HUP, TTIN and TTOU under load lose no request`, options, async (t) => {
    const server = await Server.start(t, ["echo:application", "--workers", "2", "--accept", accept, "--settle", "0"]);
    const load = await Load.start(t, { where: server.port, keepAlive: 4, closing: 4, perSecond: 200 });
    const before = server.serving();
    server.signal("SIGHUP");
    await server.says(/^generation 2 serves/);
    await server.untilServing(2, before);
    await load.more(50);
    for (const [signal, count] of [
      ["SIGTTIN", 3],
      ["SIGTTOU", 2],
      ["SIGTTIN", 3],
    ] as const) {
      server.signal(signal);
      await server.untilServing(count);
      await load.more(30);
    }
    const { failures } = await load.stop();
    assert.deepEqual(failures, []);
  });
}
