import assert from "node:assert/strict";
import { test } from "node:test";
import type { Application } from "../../src/gateway/types.ts";
import { Connection } from "../../src/worker/connection.ts";
import { Departures } from "../../src/worker/departures.ts";
import { MemoryTransport } from "../fuzz/memory-transport.ts";
import { get } from "../support/client.ts";
import { Random } from "../support/random.ts";
import { serveInProcess } from "../support/worker.ts";

const nextTurn = () => new Promise((next) => setImmediate(next));

test("one leaves in a turn of the loop, in the order in which they came, and each once", async () => {
  const departures = new Departures();
  const left: string[] = [];
  const leaver = (name: string) => ({ leave: () => void left.push(name) });
  const [one, two, three, gone] = ["one", "two", "three", "gone"].map(leaver);
  for (const each of [one, two, gone, two, three]) departures.add(each!);
  departures.delete(gone!);
  const seen: string[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    await nextTurn();
    seen.push(left.join());
  }
  assert.deepEqual(new Set(seen), new Set(["one", "one,two", "one,two,three"]));
  departures.add(one!);
  await nextTurn();
  assert.deepEqual(left, ["one", "two", "three", "one"]);
});

test("one that is gone before its turn keeps nobody from leaving", async () => {
  const departures = new Departures();
  const left: number[] = [];
  const [first, second] = [1, 2].map((number) => ({ leave: () => void left.push(number) }));
  departures.add(first!);
  departures.delete(first!);
  departures.add(second!);
  while (left.length === 0) await nextTurn();
  assert.deepEqual(left, [2]);
});

test("a connection leaves only if no request is there that it has not read", async (t) => {
  const application: Application = (_environ, startResponse) => {
    startResponse("200 OK", []);
    return ["answered"];
  };
  // Nobody waits for anything: each is at the end of its time.
  const server = serveInProcess(application, { headTimeout: 0 });
  t.after(() => server.close());
  for (const [pieces, outcome, answers] of [
    [[], "ended", 0],
    [[Buffer.from(get("/"))], "open", 1],
    [[Buffer.from("\r\n")], "ended", 0],
    [[Buffer.from("GET / HT")], "open", 0],
  ] as const) {
    const transport = new MemoryTransport(pieces, new Random(1));
    const connection = new Connection(transport, server.worker);
    transport.open(connection);
    connection.leave();
    assert.equal(transport.outcome, outcome);
    assert.equal(transport.wire.split("answered").length - 1, answers);
    connection.onClose();
  }
});
