// --accept round-robin: in turn, and nothing is lost with a worker that had not taken it.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { burst, freeze } from "../support/accepting.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

for (const kind of ["tcp", "unix"] as const) {
  test(`round-robin: connections go to the workers in turn (${kind})`, async (t) => {
    const path = `${tempFolder(t)}/s`;
    const bind = kind === "tcp" ? [] : ["--bind", `unix:${path}`];
    const args = ["site:application", "--workers", "3", "--accept", "round-robin", ...bind];
    const server = await Server.start(t, args);
    const where = kind === "tcp" ? server.port : path;
    const answers: string[] = [];
    for (let n = 0; n < 9; n += 1) answers.push((await ask(where, get("/"))).body);
    assert.equal(new Set(answers.slice(0, 3)).size, 3);
    assert.deepEqual(answers.slice(3), [...answers.slice(0, 3), ...answers.slice(0, 3)]);
  });

  test(`round-robin: a stuck worker keeps one client waiting at most, who is answered when it dies (${kind})`, async (t) => {
    const path = `${tempFolder(t)}/s`;
    const bind = kind === "tcp" ? [] : ["--bind", `unix:${path}`];
    const args = ["site:application", "--workers", "2", "--accept", "round-robin", "--timeout", "0", ...bind];
    const server = await Server.start(t, args);
    const where = kind === "tcp" ? server.port : path;
    const [stuck = 0, other = 0] = server.serving();
    freeze(t, stuck);
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(where)));
    for (const client of clients) client.send(get("/"));
    const answered = new Set<RawClient>();
    const all = clients.map(async (client) => {
      const { body } = await client.response();
      answered.add(client);
      return Number(body);
    });
    while (answered.size < 19) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(answered.size, 19);
    process.kill(stuck, "SIGKILL");
    const pids = await Promise.all(all);
    assert.ok(!pids.includes(stuck));
    assert.ok(pids.filter((pid) => pid === other).length >= 19);
    for (const client of clients) client.close();
  });
}

test("round-robin: a full worker is passed over, and nobody is sent away while others have room", async (t) => {
  const limit = ["--worker-connections", "5"];
  const server = await Server.start(t, ["site:application", "--workers", "3", "--accept", "round-robin", ...limit]);
  const { by, close } = await burst(server.port, 15);
  assert.deepEqual([...by.values()], [5, 5, 5]);
  const waits = await RawClient.connect(server.port);
  waits.send(get("/"));
  await server.says(/^5 connections are open, as many as this worker takes/);
  close();
  assert.equal((await waits.response()).status, 200);
  waits.close();
});

test("round-robin: workers whose master is killed finish what they have, and leave", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "2", "--accept", "round-robin"]);
  const client = await RawClient.connect(server.port);
  client.send(get("/later?300"));
  assert.equal((await client.response()).status, 103);
  server.signal("SIGKILL");
  assert.equal((await client.response()).body, "later");
  client.close();
  await server.ended;
  assert.deepEqual(server.processes(), []);
});
