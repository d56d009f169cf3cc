// Websockets of real workers: what they hear when these are replaced, when the server stops, and when another worker dies.

import assert from "node:assert/strict";
import { once } from "node:events";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import type { StatusData, WorkersData } from "../../src/ipc/control-data.ts";
import { get, ask as plainly } from "../support/client.ts";
import { Crowd } from "../support/crowd.ts";
import { controlled } from "../support/ctl.ts";
import { Server } from "../support/server.ts";

const APP = "websocket:application";

/** A websocket that is open, and the process that has it. */
async function opened(t: TestContext, server: Server): Promise<{ client: WebSocket; pid: number }> {
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  t.after(() => client.terminate());
  await once(client, "open");
  client.send("x");
  const [said] = await once(client, "message");
  return { client, pid: Number(String(said).split(" ")[0]) };
}

test("an idle websocket hears 1012 on HUP and 1001 on TERM", async (t) => {
  const server = await Server.start(t, [APP, "--workers", "2", "--settle", "0"]);
  const first = await opened(t, server);
  server.signal("SIGHUP");
  const [replaced] = await once(first.client, "close");
  assert.equal(replaced, 1012);
  await server.untilServing(2, [first.pid]);
  const second = await opened(t, server);
  server.signal("SIGTERM");
  const [stopped] = await once(second.client, "close");
  assert.equal(stopped, 1001);
  assert.equal((await server.ended).code, 0);
});

test("200 idle websockets on two workers: kill -9 of one of them touches none of the other's, which all hear 1012 on HUP", async (t) => {
  const { server, ask } = await controlled(t, [APP, "--workers", "2", "--settle", "0"]);
  const crowd = await Crowd.open(server.port, 200);
  t.after(() => crowd.close());
  const [victim, other] = server.serving() as [number, number];
  const [lost, kept] = [crowd.of(victim), crowd.of(other)];
  assert.deepEqual([lost.length + kept.length, lost.length > 0, kept.length > 0], [200, true, true]);
  const { load } = await untilData<StatusData>(
    () => ask("status"),
    ({ load }) => load.websockets === 200,
  );
  assert.deepEqual([load.connections, load.inFlight, load.served], [200, 0, 200]);
  const { workers } = await ask<WorkersData>("workers");
  const counts = new Map(workers.map(({ pid, websockets }) => [pid, websockets]));
  assert.deepEqual([counts.get(victim), counts.get(other)], [lost.length, kept.length]);
  process.kill(victim, "SIGKILL");
  await crowd.over(lost);
  assert.deepEqual(new Set(lost.map(({ code }) => code)), new Set([undefined]));
  await server.untilServing(2, [victim]);
  assert.deepEqual(
    kept.filter(({ ended, code }) => ended || code !== undefined),
    [],
  );
  server.signal("SIGHUP");
  await crowd.over(kept);
  assert.deepEqual(new Set(kept.map(({ code }) => code)), new Set([1012]));
});

test("a worker that has had its --max-requests tells its websockets 1012, and one told to leave by itself too", async (t) => {
  const server = await Server.start(t, [APP, "--workers", "2", "--max-requests", "1", "--settle", "0"]);
  const one = await opened(t, server);
  const [code] = await once(one.client, "close");
  assert.equal(code, 1012);
  const two = await Server.start(t, [APP, "--workers", "2"]);
  const { client, pid } = await opened(t, two);
  process.kill(pid, "SIGTERM");
  const [own] = await once(client, "close");
  assert.equal(own, 1012);
});

test("a quick stop says 1001 too, and so does a worker whose master is gone", async (t) => {
  for (const signal of ["SIGQUIT", "SIGKILL"] as const) {
    const server = await Server.start(t, [APP, "--workers", "1"]);
    const { client } = await opened(t, server);
    server.signal(signal);
    const [code] = await once(client, "close");
    assert.equal(code, 1001, signal);
  }
});

test("more than --limit-websockets are answered with 503 and a line in the log; plain requests and a freed place are not", async (t) => {
  const server = await Server.start(t, [APP, "--workers", "1", "--limit-websockets", "2"]);
  const crowd = await Crowd.open(server.port, 2);
  t.after(() => crowd.close());
  await assert.rejects(Crowd.open(server.port, 1), /refused: HTTP\/1\.1 503 /);
  const { level } = await server.says(/--limit-websockets/);
  assert.equal(level, "warn");
  assert.equal((await plainly(server.port, get("/"))).status, 200);
  crowd.idlers[0]!.close();
  for (let open = false; !open; ) {
    open = await Crowd.open(server.port, 1).then(
      (more) => {
        t.after(() => more.close());
        return true;
      },
      () => false,
    );
  }
});

/** Asks until it is so: figures come with the beats, once a second. */
async function untilData<Data>(ask: () => Promise<Data>, isSo: (data: Data) => boolean): Promise<Data> {
  for (;;) {
    const data = await ask();
    if (isSo(data)) return data;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
