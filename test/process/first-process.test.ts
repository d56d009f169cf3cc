// A server that is process 1, as in a container without an init: signals reach it, nothing is left behind, and it says what it cannot do.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { ask, get } from "../support/client.ts";
import { Server, titleOf } from "../support/server.ts";

const ALONE = ["unshare", "--pid", "--fork", "--mount-proc"];
const skip =
  spawnSync(ALONE[0]!, [...ALONE.slice(1), "true"]).status !== 0 &&
  "needs root, and a container that allows pid namespaces";

const childrenOf = (pid: number): readonly number[] =>
  fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);

test("as process 1 it reloads, replaces a worker that was killed, refuses an upgrade, and ends with 0 on TERM", {
  skip,
}, async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "2", "--settle", "0"], { through: ALONE });
  const [master = 0] = childrenOf(server.pid);
  const workers = () => childrenOf(master).filter((pid) => titleOf(pid).startsWith("tsgi: worker"));
  const said = await server.says(/^this is process 1, /);
  assert.deepEqual([said.level, said.pid], ["info", 1]);
  assert.equal(server.records.filter(({ msg }) => /^this is process 1, /.test(msg)).length, 1);
  const answers = async () => assert.equal((await ask(server.port, get("/"))).status, 200);
  await answers();

  const old = workers();
  process.kill(master, "SIGHUP");
  await server.says(/^generation 2 serves with/);
  await answers();
  const [victim = 0] = workers().filter((pid) => !old.includes(pid));
  process.kill(victim, "SIGKILL");
  await server.says(/was killed by SIGKILL/);
  await answers();
  process.kill(master, "SIGUSR2");
  await server.says(/^SIGUSR2 is ignored: this master is process 1/);
  await answers();

  process.kill(master, "SIGTERM");
  const { code } = await server.ended;
  assert.deepEqual([code, server.processes()], [0, []]);
});
