// The life of the server behind nginx: connections that are kept, reloads, stops and dead workers, and what a client sees of each.

import assert from "node:assert/strict";
import { once } from "node:events";
import process from "node:process";
import { test } from "node:test";
import { RawClient } from "../support/client.ts";
import { Load } from "../support/load.ts";
import { FRONT_TITLES, FRONTS, type Front, noNginx, type Site, startSite } from "../support/nginx.ts";

const KEPT: readonly Front[] = ["tcp", "unix"];

test("nginx keeps its connections to tsgi: one serves many requests; over HTTP/1.0 each has its own", {
  skip: noNginx,
}, async (t) => {
  for (const [front, connections] of [
    ["tcp", 1],
    ["http10", 20],
  ] as const) {
    // Believed, nginx would tell who its client is, and the port of its own connection would be nobody's business.
    const { port } = await startSite(t, front, ["proxied:application", "--forwarded-allow", "off"]);
    const ports = new Set<unknown>();
    for (let i = 0; i < 20; i += 1) {
      const client = await RawClient.connect(port);
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      const { fields } = await client.response();
      client.close();
      ports.add((JSON.parse(fields["x-environ"]!) as Record<string, unknown>)["REMOTE_PORT"]);
    }
    assert.equal(ports.size, connections, front);
  }
});

for (const front of FRONTS) {
  test(`${FRONT_TITLES[front]}: five HUPs under load fail no request, and nginx answers no 502`, {
    skip: noNginx,
  }, async (t) => {
    const { server, nginx, port } = await startSite(t, front, ["echo:application", "--settle", "0"]);
    const load = await Load.start(t, { where: port });
    const generations: ReadonlySet<number>[] = [];
    for (let i = 2; i <= 6; i += 1) {
      generations.push(new Set(server.workers()));
      server.signal("SIGHUP");
      await server.says(new RegExp(`^generation ${i} serves`));
      // Until the old generation is gone, and well beyond its last moment.
      const old = generations.at(-1)!;
      await load.until(() => !server.workers().some((pid) => old.has(pid)));
      await load.more(100);
    }
    const { failures, pids, answered } = await load.stop();
    assert.deepEqual(failures, []);
    for (const old of generations) assert.ok([...old].some((pid) => pids.has(pid)));
    const { statuses, errors } = await nginx.quit();
    assert.deepEqual(errors, []);
    assert.equal(statuses.length, answered);
    assert.deepEqual([...new Set(statuses)], ["200 200"]);
  });
}

for (const front of KEPT) {
  test(`${FRONT_TITLES[front]}: TERM lets requests in flight finish, and the server ends with 0`, {
    skip: noNginx,
  }, async (t) => {
    const site = await startSite(t, front, ["proxied:application"]);
    const held = [await hold(site), await hold(site), await hold(site)];
    site.server.signal("SIGTERM");
    await site.server.says(/stopping/i);
    for (const client of held) assert.equal((await release(client)).status, 200);
    assert.equal((await site.server.ended).code, 0);
    assert.deepEqual((await site.nginx.quit()).errors, []);
  });

  test(`${FRONT_TITLES[front]}: kill -9 of a worker costs the requests that it held, each a 502, and no others`, {
    skip: noNginx,
  }, async (t) => {
    const site = await startSite(t, front, ["proxied:application"]);
    const held = [await hold(site), await hold(site), await hold(site), await hold(site)];
    const victim = held[0]!.pid;
    process.kill(victim, "SIGKILL");
    for (const client of held) {
      if (client.pid === victim) assert.equal((await client.client.response()).status, 502);
      else assert.equal((await release(client)).status, 200);
    }
    await site.server.until(() => site.server.workers().length === 2);
    assert.equal((await release(await hold(site))).status, 200);
  });

  test(`${FRONT_TITLES[front]}: kill -9 of a worker under load costs no client more than the request it had open`, {
    skip: noNginx,
  }, async (t) => {
    const { server, port } = await startSite(t, front, ["echo:application"]);
    const clients = { keepAlive: 8, closing: 8 };
    const load = await Load.start(t, { where: port, ...clients });
    const [victim] = server.workers();
    process.kill(victim!, "SIGKILL");
    await load.more(500);
    const { failures } = await load.stop();
    assert.ok(failures.length <= clients.keepAlive + clients.closing, JSON.stringify(failures));
    for (const { why } of failures) assert.match(why, /^answered HTTP\/1\.1 502 /);
  });
}

interface Held {
  readonly client: RawClient;
  /** The worker that has the request. */
  readonly pid: number;
}

/** A request that a worker has, and that lasts until its client sends the rest. */
async function hold({ server, port }: Site): Promise<Held> {
  const seen = server.records.length;
  const client = await RawClient.connect(port);
  client.send("POST /uploads/hash HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  const { msg } = await server.says(/^the first bytes came to \d+/, seen);
  return { client, pid: Number(msg.split(" ").at(-1)) };
}

async function release({ client }: Held) {
  client.send("0\r\n\r\n");
  const response = await client.response();
  client.close();
  await once(client.socket, "close");
  return response;
}
