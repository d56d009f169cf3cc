// The control socket in the hands of others: clients that say too much, too little or the wrong thing, and clients that leave. The
// server goes on serving, and its state is the right one afterwards.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatusData } from "../../src/ipc/control-data.ts";
import { RawClient } from "../support/client.ts";
import { controlled } from "../support/ctl.ts";
import { Load } from "../support/load.ts";

test("garbage, megabytes, a hundred silent clients and clients that leave while they wait: the server serves on", async (t) => {
  const { path, server, ctl, ask } = await controlled(t, ["echo:application", "--workers", "2", "--settle", "0"]);
  const load = await Load.start(t, { where: server.port, keepAlive: 2, closing: 2, perSecond: 50 });
  const from = server.records.length;
  const errorOf = async (text: string): Promise<string> => {
    const client = await RawClient.connect(path);
    client.send(text);
    const lines = (await client.rest()).trim().split("\n");
    client.close();
    assert.equal(lines.length, 1);
    return JSON.parse(lines[0]!).error;
  };
  for (let i = 0; i < 20; i += 1) {
    assert.match(await errorOf(`${"\0\xff\x1b]0;".repeat(20)}${i}\n`), /^unknown command /);
    assert.match(await errorOf(`nonsense ${i}\n`), /^unknown command nonsense; there are status, /);
    assert.match(await errorOf("{ not json\n"), /^not JSON/);
  }
  const megabytes = await RawClient.connect(path);
  megabytes.socket.write(Buffer.alloc(20 * 1_048_576, "x"));
  assert.equal(JSON.parse(await megabytes.rest()).error, "a line may have at most 65536 bytes");
  megabytes.close();

  const silent = await Promise.all(Array.from({ length: 100 }, () => RawClient.connect(path)));
  assert.equal((await ctl("status")).code, 0);
  for (const client of silent) client.close();

  const leavers = await Promise.all(Array.from({ length: 40 }, () => RawClient.connect(path)));
  for (const client of leavers.slice(0, 20)) client.send("reload --wait\n");
  await server.says(/^reloading: generation 2/, from);
  for (const client of leavers) client.close();

  const reload = await ctl("reload", "--wait");
  assert.deepEqual([reload.code, reload.stderr], [0, ""]);
  await load.more(100);
  assert.deepEqual((await load.stop()).failures, []);
  // What those that left had asked for may take one reload more.
  let status = await ask<StatusData>("status");
  while (status.reload !== null || status.workers.leaving > 0) status = await ask<StatusData>("status");
  assert.deepEqual(
    [status.state, status.ready, status.workers, status.reload, status.lastReload?.ok],
    ["serving", true, { wanted: 2, min: 2, max: 2, ready: 2, booting: 0, leaving: 0 }, null, true],
  );
  await server.stop();
  const warned = server.records.slice(from).filter(({ msg }) => msg.startsWith("control socket: "));
  // More than a hundred mishaps of three kinds: each is said once, and then as a number.
  assert.ok(warned.length <= 12, warned.map(({ msg }) => msg).join("\n"));
});
