// With each value of --accept, whoever waits when the server stops is answered.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { freeze, MODES } from "../support/accepting.ts";
import { get, RawClient } from "../support/client.ts";
import { Server } from "../support/server.ts";

for (const { accept, options } of MODES) {
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
