// --accept shared, the default: connections are spread evenly, past workers that are stuck or gone.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { burst, freeze, middle, unevenness } from "../support/accepting.ts";
import { get, RawClient } from "../support/client.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

for (const kind of ["tcp", "unix"] as const) {
  test(`shared: 200 connections in one burst are spread evenly over 4 workers (${kind})`, async (t) => {
    const path = `${tempFolder(t)}/s`;
    const bind = kind === "tcp" ? [] : ["--bind", `unix:${path}`];
    const server = await Server.start(t, ["site:application", "--workers", "4", ...bind]);
    const where = kind === "tcp" ? server.port : path;
    // A worker that the machine gives no processor for some hundredths of a second cannot have its share: the middle of five counts.
    const spreads: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const { by, close } = await burst(where, 200);
      spreads.push(unevenness(by, 4));
      close();
    }
    assert.ok(middle(spreads) <= 1.5, spreads.join());
  });
}

test("shared: connections that come one by one are spread as evenly, and a new worker gets what comes", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "4"]);
  const clients: RawClient[] = [];
  const open = async (count: number): Promise<Map<string, number>> => {
    const by = new Map<string, number>();
    for (let n = 0; n < count; n += 1) {
      const client = await RawClient.connect(server.port);
      clients.push(client);
      client.send(get("/"));
      const { body } = await client.response();
      by.set(body, (by.get(body) ?? 0) + 1);
    }
    return by;
  };
  const by = new Map<string, number>();
  // On a machine that is busy a worker may come late to the first ones; who has too few then gets the next.
  for (let round = 0; round < 3 && (round === 0 || unevenness(by, 4) > 1.5); round += 1) {
    for (const [pid, count] of await open(80)) by.set(pid, (by.get(pid) ?? 0) + count);
  }
  assert.ok(unevenness(by, 4) <= 1.5, [...by.values()].join());
  const [victim = ""] = by.keys();
  process.kill(Number(victim), "SIGKILL");
  const pids = await server.untilServing(4, [Number(victim)]);
  const successor = String(pids.find((pid) => !by.has(String(pid))));
  // It has nothing yet, and the others have twenty each: with no more than its turn it would not be near them after eighty.
  let come = clients.length - by.get(victim)!;
  let has = 0;
  const isNear = (): boolean => has * 4 * 1.5 >= come;
  for (let round = 0; round < 4 && !isNear(); round += 1) {
    has += (await open(20)).get(successor) ?? 0;
    come += 20;
  }
  assert.ok(isNear(), `${has} of ${come}`);
  for (const client of clients) client.close();
});

test("shared: while workers are stuck the others take everything, also when only one is left", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "3", "--timeout", "0"]);
  const [first = 0, second = 0, third = 0] = server.serving();
  const held = await burst(server.port, 30);
  for (const [stuck, left] of [
    [first, [second, third]],
    [second, [third]],
  ] as const) {
    freeze(t, stuck);
    const { by, close } = await burst(server.port, 100);
    assert.ok(
      [...by.keys()].every((pid) => (left as readonly number[]).includes(Number(pid))),
      [...by].join(" "),
    );
    close();
  }
  held.close();
});
