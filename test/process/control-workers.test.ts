// `tsgi ctl scale` and `tsgi ctl restart`: the number of workers, and one of them, while clients that never tire are counted.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatusData } from "../../src/ipc/control-data.ts";
import { controlled } from "../support/ctl.ts";
import { Load } from "../support/load.ts";

test("scale sets the number of workers up and down, within a range if there is one, and a reload keeps it", async (t) => {
  const { server, ctl, ask } = await controlled(t, ["site:application", "--workers", "1..3", "--settle", "0"]);
  const scaled = await ctl("scale", "3");
  assert.deepEqual([scaled.code, scaled.stdout], [0, "3 workers are wanted\n"]);
  const three = await server.untilServing(3);
  await ask("reload --wait");
  const kept = await server.untilServing(3, three);
  const tooMany = await ctl("scale", "4");
  assert.deepEqual([tooMany.code, tooMany.stderr], [1, "tsgi: 4 is outside --workers 1..3; a number within fits\n"]);
  assert.deepEqual(await ask("scale 1"), { message: "1 worker is wanted" });
  const [left] = await server.untilServing(1);
  assert.ok(kept.includes(left!));
  const { workers } = await ask<StatusData>("status");
  assert.deepEqual([workers.wanted, workers.min, workers.max], [1, 1, 3]);
});

test("restart replaces one worker by a ready one without a lost request, and leaves the others alone", async (t) => {
  const { server, ctl } = await controlled(t, ["echo:application", "--workers", "2"]);
  const [old = 0, other = 0] = server.workers();
  const load = await Load.start(t, { where: server.port, keepAlive: 2, closing: 2, perSecond: 50 });
  const restarted = await ctl("restart", String(old));
  assert.deepEqual([restarted.code, restarted.stderr], [0, ""]);
  assert.match(restarted.stdout, new RegExp(`^worker \\d \\(pid ${old}\\) gets a successor and then leaves\n$`));
  const now = await server.untilServing(2, [old]);
  assert.ok(now.includes(other));
  await load.more(100);
  assert.deepEqual((await load.stop()).failures, []);
  await server.says(new RegExp(`\\(pid ${old}\\) exited with code 0, as it was asked to \\(tsgi ctl restart\\)`));
  const how = /^place \d before, .* ago: the worker exited with code 0, as it was asked to \(tsgi ctl restart\)$/m;
  assert.match((await ctl("workers")).stdout, how);
  const nobody = await ctl("restart", String(old));
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, new RegExp(`^tsgi: no worker has the pid ${old}; there are \\d+, \\d+\n$`));
});
